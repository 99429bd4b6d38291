"""Signing in and out, the choice of language and colours, and the files that pages need."""

from __future__ import annotations

from importlib.resources import files
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from .languages import LANGUAGE_COOKIE, LANGUAGES
from .paths import go_to, safe_target
from .session import COOKIE, LIFETIME
from .site import THEME_COOKIE, THEMES, Site

_YEAR: Final = 365 * 24 * 3600
_FILES: Final = {
    "console.css": "text/css; charset=utf-8",
    "console.js": "text/javascript; charset=utf-8",
    "play.js": "text/javascript; charset=utf-8",
    "workshop.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}


def routes(site: Site) -> list[Route]:
    """The routes that need no session."""

    async def sign_in(request: Request) -> Response:
        going_to = safe_target(request.query_params.get("next", "/"))
        is_expired = "expired" in request.query_params
        if request.method == "GET":
            return site.page(
                request, "sign_in.html", next=going_to, is_expired=is_expired, is_wrong=False
            )
        form = await request.form()
        going_to = safe_target(str(form.get("next", "/")))
        if not site.sessions.is_token(str(form.get("token", ""))):
            return site.page(
                request, "sign_in.html", 403, next=going_to, is_expired=False, is_wrong=True
            )
        reply = go_to(request, going_to)
        _set(reply, request, COOKIE, site.sessions.new(), LIFETIME)
        return reply

    async def sign_out(request: Request) -> Response:
        reply = go_to(request, "/sign-in")
        reply.delete_cookie(COOKIE)
        return reply

    async def settings(request: Request) -> Response:
        form = await request.form()
        reply = go_to(request, safe_target(str(form.get("next", "/"))))
        lang, theme = str(form.get("lang", "")), str(form.get("theme", ""))
        if lang in LANGUAGES:
            _set(reply, request, LANGUAGE_COOKIE, lang, _YEAR)
        if theme in THEMES:
            _set(reply, request, THEME_COOKIE, theme, _YEAR)
        return reply

    async def static(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in _FILES:
            return Response("There is no such file.\n", 404, media_type="text/plain")
        content = files("model_runtime.web").joinpath("static", name).read_bytes()
        return Response(content, headers={"cache-control": "no-cache"}, media_type=_FILES[name])

    return [
        Route("/sign-in", sign_in, methods=["GET", "POST"]),
        Route("/sign-out", sign_out, methods=["POST"]),
        Route("/settings", settings, methods=["POST"]),
        Route("/static/{name}", static),
    ]


def _set(reply: Response, request: Request, name: str, value: str, seconds: int) -> None:
    is_secure = request.url.scheme == "https"
    reply.set_cookie(
        name, value, max_age=seconds, secure=is_secure, httponly=True, samesite="strict"
    )
