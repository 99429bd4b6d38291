"""Log every call, and look up keys per tenant when a call is made.

A hook has any of `on_request`, `on_event`, `on_result` and `on_error`. A credentials callable is
asked at each call, so a key may change while the runtime lives.
"""

import os
from collections.abc import Mapping
from contextvars import ContextVar

from model_runtime import InvokeError, LLMResult, ModelRuntime

MODEL = os.environ.get("MODEL", "local/small")
TENANT: ContextVar[str] = ContextVar("TENANT")
KEYS = {"north": "key-of-north", "south": "key-of-south"}


class Log:
    def on_result(self, result: LLMResult) -> None:
        print(f"{TENANT.get()}: {result.usage.total_tokens} tokens")

    def on_error(self, error: InvokeError) -> None:
        print(f"{TENANT.get()}: {type(error).__name__}")


def find_credentials(
    provider: str, model_type: str | None, model: str | None
) -> Mapping[str, str] | None:
    values = {"api_key": KEYS[TENANT.get()]}
    if provider == "local" and "LOCAL_BASE_URL" in os.environ:
        values["base_url"] = os.environ["LOCAL_BASE_URL"]
    return values


def main() -> None:
    with ModelRuntime(credentials=find_credentials, hooks=[Log()]) as runtime:
        llm = runtime.llm(MODEL)
        for tenant in KEYS:
            TENANT.set(tenant)
            print(llm.invoke("Say hello.").text)


if __name__ == "__main__":
    main()
