"""Call a model and look at all that its answer tells.

The examples call the model that MODEL names, by default one of a server on this machine, whose
address LOCAL_BASE_URL holds. To run them against a service, set MODEL and the key of the service:

    MODEL=groq/llama-3.3-70b-versatile GROQ_API_KEY=... python examples/sync_call.py
"""

import os

from model_runtime import Message, ModelRuntime

MODEL = os.environ.get("MODEL", "local/small")


def main() -> None:
    with ModelRuntime() as runtime:
        llm = runtime.llm(MODEL)
        result = llm.invoke(
            [Message("system", "Answer in one sentence."), Message("user", "Why is the sky blue?")],
            parameters={"temperature": 0.2, "max_tokens": 100},
            timeout=60,
        )
    print(result.text)
    print("finish reason:", result.finish_reason)
    print("tokens:", result.usage.input_tokens, "in,", result.usage.output_tokens, "out")
    for warning in result.warnings:
        print("warning:", warning)


if __name__ == "__main__":
    main()
