"""What every page of the console shares: the runtime, the store, the texts and the templates."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from model_runtime import AsyncModelRuntime, UnknownProvider, __version__
from model_runtime.credentials.source import Lookup
from model_runtime.credentials.store import CredentialStore
from model_runtime.providers import AsyncProvider
from model_runtime.vocabulary import MODEL_TYPES

from .languages import LANGUAGES, language_of, translator
from .paths import here, root_of
from .recorder import request_text
from .session import Sessions

THEME_COOKIE = "model_runtime_theme"
THEMES = ("auto", "light", "dark")

Answer = Callable[[Request], Awaitable[Response]]


@dataclass(slots=False)
class Site:
    """The console of one runtime.

    `store` keeps credentials, None where they cannot be kept; `specs` is the folder of the user's
    own specs, None where there is none to write to. `credentials` are what drafts are tried with.
    """

    runtime: AsyncModelRuntime
    sessions: Sessions
    store: CredentialStore | None = None
    specs: Path | None = None
    credentials: Lookup | None = None

    @cached_property
    def _templates(self) -> Environment:
        loader = PackageLoader("model_runtime.web", "templates")
        made = Environment(
            loader=loader,
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        made.globals.update(
            version=__version__,
            model_types=MODEL_TYPES,
            languages=LANGUAGES,
            request_text=request_text,
        )
        return made

    def page(
        self, request: Request, template: str, status: int = 200, **values: Any
    ) -> HTMLResponse:
        """A page, or a part of one, in the caller's language and colours."""
        return HTMLResponse(self.text(request, template, **values), status)

    def text(self, request: Request, template: str, **values: Any) -> str:
        """The text of a template."""
        lang = language_of(request)
        theme = request.cookies.get(THEME_COOKIE, "auto")
        return self._templates.get_template(template).render(
            t=translator(lang),
            lang=lang,
            theme=theme if theme in THEMES else "auto",
            root=root_of(request),
            path=here(request),
            is_open=self.sessions.is_open,
            **values,
        )

    def runtime_provider(self, name: str) -> AsyncProvider | None:
        """A provider, None where there is none of that name."""
        try:
            return self.runtime.provider(name)
        except UnknownProvider:
            return None

    def kept(self, provider: str) -> Mapping[str, Any] | None:
        """The credentials that the store keeps for a provider."""
        return self.store.read(provider) if self.store is not None else None

    def missing(self, request: Request, name: str) -> HTMLResponse:
        """The page that says that there is no such thing."""
        return self.page(request, "missing.html", 404, name=name)

    def route(self, path: str, answer: Answer, *methods: str) -> Route:
        """A route that only those with a session reach."""

        async def endpoint(request: Request) -> Response:
            refusal = self.sessions.refusal(request)
            return refusal if refusal is not None else await answer(request)

        return Route(path, endpoint, methods=list(methods) or ["GET"])
