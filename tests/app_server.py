"""The app under a real server on this machine, before a service that speaks chat."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from chat_server import chat_server
from starlette.types import ASGIApp
from web_helpers import KEY

from model_runtime import AsyncModelRuntime
from model_runtime.credentials.stores import MemoryStore
from model_runtime.web import create_app

SPEC = """\
spec_version: 1
provider: acme
extends: openai_compatible
label: {{en_US: Acme, zh_Hans: 顶点}}
base_url: {url}/v1
help: {{title: Get a key, url: https://acme.example/keys}}
credentials:
  api_key: {{env: ACME_API_KEY, required: true}}
models:
  - model: large
    features: [vision, tool-call]
    pricing: {{input: "1", output: "2", unit: "0.000001", currency: USD}}
    parameter_rules:
      - {{name: temperature, use_template: temperature}}
      - {{name: max_tokens, use_template: max_tokens}}
  - {{model: small, model_type: text-embedding}}
  - {{model: ranker, model_type: rerank}}
  - {{model: ear, model_type: speech2text}}
  - {{model: mouth, model_type: tts}}
  - {{model: judge, model_type: moderation}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A running app: its address, a client of it, and what it keeps."""

    url: str
    http: httpx.Client
    store: MemoryStore
    specs: Path


Serve = Callable[..., Served]


@contextmanager
def serving(folder: Path) -> Iterator[Serve]:
    """Yield what serves an app over one provider, whose specs stand in a folder.

    With `configured` the provider's key is kept already; `url` is where its service is, a chat
    server of ours without it; `specs` are more specs by their file names.
    """
    with ExitStack() as closing:
        service = closing.enter_context(chat_server())

        def start(
            *,
            configured: bool = True,
            url: str | None = None,
            more: Mapping[str, str] | None = None,
            include: Sequence[str] = ("acme",),
            **options: Any,
        ) -> Served:
            specs = folder / "specs"
            specs.mkdir(exist_ok=True)
            for name, text in {"acme.yaml": SPEC, **(more or {})}.items():
                (specs / name).write_text(text.format(url=url or service), encoding="utf-8")
            store = MemoryStore()
            if configured:
                store.write("acme", {"api_key": KEY})
            runtime = AsyncModelRuntime([specs], include=include, credentials=store.read)
            app = create_app(runtime, store=store, specs=specs, **options)
            address, stop = run(app)
            closing.callback(stop)
            client = closing.enter_context(httpx.Client(base_url=address, timeout=30))
            return Served(url=address, http=client, store=store, specs=specs)

        yield start


def run(app: ASGIApp) -> tuple[str, Callable[[], None]]:
    """Serve an app from a thread; returns its address and what stops it."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + 20
    while not server.started:
        assert thread.is_alive() and time.monotonic() < until, "the server did not start"
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]

    def stop() -> None:
        server.should_exit = True
        thread.join(20)

    return f"http://127.0.0.1:{port}", stop
