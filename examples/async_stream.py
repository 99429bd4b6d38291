"""Print an answer while it is written, and stop early when enough has come.

Leaving the block closes the connection at once, so the service stops writing too.
"""

import asyncio
import os

from model_runtime import AsyncModelRuntime

MODEL = os.environ.get("MODEL", "local/small")
ENOUGH = 40


async def main() -> None:
    written = 0
    async with AsyncModelRuntime() as runtime:
        llm = runtime.llm(MODEL)
        async with llm.stream("Count from one to a hundred in words.") as stream:
            async for event in stream:
                if event.type != "text_delta":
                    continue
                print(event.text, end="", flush=True)
                written += len(event.text)
                if written > ENOUGH:
                    break
    print("\nstopped after", written, "characters")


if __name__ == "__main__":
    asyncio.run(main())
