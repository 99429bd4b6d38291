"""Call a provider that seven lines of YAML describe: see specs/acme.yaml.

Any server that speaks Chat Completions will do. Set ACME_BASE_URL when yours does not listen at
http://127.0.0.1:8080/v1, and ACME_API_KEY when it asks for a key.
"""

import os
from pathlib import Path

from model_runtime import ModelRuntime

SPECS = Path(__file__).parent / "specs"


def main() -> None:
    with ModelRuntime(specs=[SPECS]) as runtime:
        llm = runtime.llm("acme/large", base_url=os.environ.get("ACME_BASE_URL"))
        result = llm.invoke("What is the capital of France?")
        print(result.text)


if __name__ == "__main__":
    main()
