"""Ask several questions at the same time with the async runtime."""

import asyncio
import os

from model_runtime import AsyncModelRuntime

MODEL = os.environ.get("MODEL", "local/small")
COUNTRIES = ("France", "Japan", "Peru")


async def main() -> None:
    async with AsyncModelRuntime() as runtime:
        llm = runtime.llm(MODEL)
        questions = [f"What is the capital of {country}?" for country in COUNTRIES]
        results = await asyncio.gather(*(llm.invoke(question) for question in questions))
    for country, result in zip(COUNTRIES, results, strict=True):
        print(f"{country}: {result.text}")


if __name__ == "__main__":
    asyncio.run(main())
