"""Tell the errors of a call apart, from the narrow ones to the wide ones.

What can be tried again has been tried again by then, as often as the spec or `retries=` says.
"""

import os

from model_runtime import (
    AuthorizationError,
    ContextLengthError,
    InvalidParameter,
    InvokeError,
    LLMResult,
    MissingCredential,
    ModelRuntime,
    ProviderError,
    RateLimitError,
    StreamInterrupted,
)

MODEL = os.environ.get("MODEL", "local/small")


def ask(runtime: ModelRuntime, prompt: str, **parameters: object) -> str:
    try:
        with runtime.llm(MODEL).stream(prompt, parameters=parameters) as stream:
            return stream.result().text
    except (InvalidParameter, MissingCredential) as error:
        return f"nothing was sent: {error}"
    except AuthorizationError as error:
        return f"check the key ({error.kind}): {error.message}"
    except RateLimitError as error:
        return f"try again after {error.retry_after} s" if error.is_retryable else "quota used up"
    except ContextLengthError:
        return "shorten the conversation"
    except ProviderError as error:
        return f"the service said {error.status}, {error.kind}: {error.message}"
    except StreamInterrupted as error:
        text = error.partial.text if isinstance(error.partial, LLMResult) else ""
        return f"broken off after {text!r}"
    except InvokeError as error:
        return f"{type(error).__name__}: {error}"


def main() -> None:
    with ModelRuntime(retries=0) as runtime:
        print(ask(runtime, "Say hello.", heat=1))
        for _ in range(5):
            print(ask(runtime, "Say hello."))


if __name__ == "__main__":
    main()
