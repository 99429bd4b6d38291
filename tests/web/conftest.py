"""The app under a real server on this machine, before a service that speaks chat."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
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


@pytest.fixture
def service() -> Iterator[str]:
    """The address of the service."""
    with chat_server() as url:
        yield url


@pytest.fixture
def serve(service: str, tmp_path: Path) -> Iterator[Serve]:
    """Serve an app over one provider; with `configured` its key is kept already."""
    closing: list[Callable[[], None]] = []

    def start(*, configured: bool = True, url: str | None = None, **options: Any) -> Served:
        specs = tmp_path / "specs"
        specs.mkdir(exist_ok=True)
        (specs / "acme.yaml").write_text(SPEC.format(url=url or service), encoding="utf-8")
        store = MemoryStore()
        if configured:
            store.write("acme", {"api_key": KEY})
        runtime = AsyncModelRuntime([specs], bundled=True, include=["acme"], credentials=store.read)
        app = create_app(runtime, store=store, specs=specs, **options)
        address, stop = _run(app)
        client = httpx.Client(base_url=address, timeout=30)
        closing.extend((client.close, stop))
        return Served(url=address, http=client, store=store, specs=specs)

    yield start
    for close in closing:
        close()


def _run(app: ASGIApp) -> tuple[str, Callable[[], None]]:
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
