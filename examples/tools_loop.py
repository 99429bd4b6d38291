"""Let the model call a function, give it the result, and print the answer.

`result.message` goes into the next turn as it is: it holds the calls, and whatever the service
wants to see again.
"""

import os

from model_runtime import Message, ModelRuntime, Tool, ToolCall, ToolResult

MODEL = os.environ.get("MODEL", "local/small")
MAX_TURNS = 5

WEATHER = Tool(
    name="get_weather",
    description="Tells the weather in a city.",
    parameters={
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
    },
)


def get_weather(city: str) -> str:
    return f"18 degrees and sunny in {city}"


def run(call: ToolCall) -> ToolResult:
    # `arguments` is None when the model wrote something that is no JSON object.
    if call.name != "get_weather" or call.arguments is None or "city" not in call.arguments:
        return ToolResult(id=call.id, content="get_weather takes a city.", is_error=True)
    return ToolResult(id=call.id, content=get_weather(call.arguments["city"]))


def main() -> None:
    messages = [Message("user", "What is the weather in Paris?")]
    with ModelRuntime() as runtime:
        llm = runtime.llm(MODEL)
        for _ in range(MAX_TURNS):
            result = llm.invoke(messages, tools=[WEATHER])
            messages.append(result.message)
            if result.finish_reason != "tool_calls":
                break
            messages += [Message("tool", [run(call)]) for call in result.tool_calls]
    print(result.text)


if __name__ == "__main__":
    main()
