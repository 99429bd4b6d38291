"""Call a service that speaks a dialect of its own: see specs/quill.yaml.

The calls look as for any other provider, and so do the errors. The service is made up; set
QUILL_BASE_URL to the address of a server that speaks its dialect.
"""

import os
from pathlib import Path

from model_runtime import ContextLengthError, Message, ModelRuntime

SPECS = Path(__file__).parent / "specs"


def main() -> None:
    with ModelRuntime(specs=[SPECS]) as runtime:
        llm = runtime.llm("quill/feather", base_url=os.environ.get("QUILL_BASE_URL"))
        messages = [Message("system", "Be brief."), Message("user", "Greet me.")]

        result = llm.invoke(messages, parameters={"temperature": 0.5}, stop="END")
        print(result.text, result.finish_reason, result.usage.total_tokens)

        with llm.stream(messages) as stream:
            for event in stream:
                if event.type == "text_delta":
                    print(event.text)
        print(stream.result().usage.total_tokens)

        try:
            llm.invoke("A very long text.")
        except ContextLengthError as error:
            print(error)


if __name__ == "__main__":
    main()
