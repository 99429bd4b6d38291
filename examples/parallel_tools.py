"""Run several tool calls of one turn at the same time, from a stream."""

import asyncio
import os

from model_runtime import AsyncModelRuntime, Message, Tool, ToolCall, ToolResult

MODEL = os.environ.get("MODEL", "local/small")

TIME = Tool(
    name="get_time",
    description="Tells the local time in a city.",
    parameters={
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
    },
)
TIMES = {"Lima": "07:00", "Oslo": "14:00"}


async def run(call: ToolCall) -> ToolResult:
    await asyncio.sleep(0)  # stands for a slow lookup
    city = (call.arguments or {}).get("city", "")
    return ToolResult(id=call.id, name=call.name, content=TIMES.get(city, "unknown city"))


async def main() -> None:
    messages = [Message("user", "What time is it in Lima and in Oslo?")]
    async with AsyncModelRuntime() as runtime:
        llm = runtime.llm(MODEL)
        async with llm.stream(messages, tools=[TIME], tool_choice="required") as stream:
            async for event in stream:
                if event.type == "tool_call_delta":
                    print(f"call {event.index} grows by {event.arguments!r}")
        first = stream.result()
        results = await asyncio.gather(*(run(call) for call in first.tool_calls))
        messages += [first.message, Message("tool", results)]
        last = await llm.invoke(messages, tools=[TIME])
    print(last.text)


if __name__ == "__main__":
    asyncio.run(main())
