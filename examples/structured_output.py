"""Ask for an answer that fits a JSON Schema, and read it."""

import json
import os

from model_runtime import ModelRuntime

MODEL = os.environ.get("MODEL", "local/small")

PERSON = {
    "title": "person",
    "type": "object",
    "properties": {"name": {"type": "string"}, "born": {"type": "integer"}},
    "required": ["name", "born"],
    "additionalProperties": False,
}


def main() -> None:
    with ModelRuntime() as runtime:
        result = runtime.llm(MODEL).invoke(
            "Ada Lovelace was born in London in 1815.", response_format=PERSON
        )
    if result.finish_reason == "length":
        raise SystemExit("The answer was cut off, so it is no whole JSON. Raise max_tokens.")
    person = json.loads(result.text)
    print(person["name"], person["born"])


if __name__ == "__main__":
    main()
