"""One ASGI app: the gateway, the console, metrics and health."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from model_runtime import AsyncModelRuntime
from model_runtime.credentials.store import CredentialStore

from .console import entry, gallery, model_page, play, provider_page, workshop
from .console.session import Sessions
from .console.site import Site
from .gateway import audio, conversations, models, tasks
from .gateway.gate import Gate
from .gateway.keys import GatewayKey, KeyRing
from .guard import LOOPBACK_HOSTS, Guard, Rules
from .watching import Watcher

_METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def create_app(
    runtime: AsyncModelRuntime,
    *,
    keys: Iterable[GatewayKey] = (),
    aliases: Mapping[str, str] | None = None,
    hosts: Collection[str] | None = LOOPBACK_HOSTS,
    max_body: int = 64 * 1024 * 1024,
    token: str | None = None,
    store: CredentialStore | None = None,
    specs: Path | None = None,
) -> Starlette:
    """The ASGI app of a runtime, to be served or mounted in a host's own app.

    Args:
        runtime: whose providers are shown and called; the app does not close it.
        keys: the keys of the gateway; without any the gateway asks for none.
        aliases: names that callers may use, each for one `provider/model`.
        hosts: the host names under which the app may be asked, None for any.
        max_body: the most bytes that a request may have.
        token: what people sign in to the console with; without it the console asks for none.
        store: where the console keeps credentials; without it they cannot be saved.
        specs: the folder where the console keeps the user's own specs.
    """
    watcher = Watcher()
    gate = Gate(runtime=runtime, keys=KeyRing(keys), watcher=watcher, aliases=aliases or {})

    async def health(request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def ready(request: Request) -> Response:
        broken = [provider.name for provider in runtime.providers() if provider.findings]
        told = f"ready; {len(broken)} providers have faults\n" if broken else "ready\n"
        return PlainTextResponse(told)

    async def metrics(request: Request) -> Response:
        gate.caller(request)
        return Response(watcher.text(), media_type=_METRICS_TYPE)

    routes: list[BaseRoute] = [
        Route("/health", health),
        Route("/ready", ready),
        Route("/metrics", metrics),
        *conversations.routes(gate),
        *tasks.routes(gate),
        *audio.routes(gate),
        *models.routes(gate),
    ]
    site = Site(
        runtime=runtime,
        sessions=Sessions(token),
        store=store,
        specs=specs,
        credentials=store.read if store is not None else None,
    )
    for pages in (entry, gallery, provider_page, model_page, play, workshop):
        routes += pages.routes(site)
    guard = Middleware(Guard, rules=Rules(hosts=hosts, max_body=max_body))
    return Starlette(routes=routes, middleware=[guard])
