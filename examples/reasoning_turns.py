"""Keep a model's reasoning over two turns.

Services sign or encrypt reasoning and want it back as it came. It travels in `provider_state` of
the parts: put `result.message` into the next turn and nothing is lost. State goes only to the
provider that made it, so a conversation may move to another provider.
"""

import os

from model_runtime import Message, ModelRuntime, Reasoning

MODEL = os.environ.get("REASONING_MODEL", "anthropic/claude-sonnet-4-5")


def main() -> None:
    messages = [Message("user", "Is 1001 a prime number?")]
    with ModelRuntime() as runtime:
        llm = runtime.llm(MODEL, base_url=os.environ.get("REASONING_BASE_URL"))
        # A setting that only this service has goes into extra_body.
        thinking = {"thinking": {"type": "enabled", "budget_tokens": 1024}}
        first = llm.invoke(messages, extra_body=thinking)
        print("thought:", first.reasoning)
        print("said:", first.text)
        for part in first.message.parts:
            if isinstance(part, Reasoning):
                print("has state:", part.provider_state is not None)

        messages += [first.message, Message("user", "And 1009?")]
        second = llm.invoke(messages, extra_body=thinking)
        print("said:", second.text)


if __name__ == "__main__":
    main()
