"""Send through an httpx client of your own: its proxies, certificates, hooks and transport count.

The runtime uses the client and never closes it. Headers are those of the spec; a hook of the
client can add others, and so can `extra_headers=` of a call.
"""

import os

import httpx

from model_runtime import ModelRuntime

MODEL = os.environ.get("MODEL", "local/small")


def name_team(request: httpx.Request) -> None:
    request.headers["x-team"] = "search"


def tell(response: httpx.Response) -> None:
    print(response.request.method, response.request.url.path, response.status_code)


def main() -> None:
    with httpx.Client(event_hooks={"request": [name_team], "response": [tell]}) as client:
        runtime = ModelRuntime(client=client)
        print(runtime.llm(MODEL).invoke("Say hello.").text)


if __name__ == "__main__":
    main()
