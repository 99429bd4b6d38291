"""Paths of the console: a host may have mounted it below a path of its own."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse


def root_of(request: Request) -> str:
    """The path below which the app is mounted; empty where it stands alone."""
    return str(request.scope.get("root_path", "")).rstrip("/")


def here(request: Request) -> str:
    """The path of a request within the app."""
    return request.url.path.removeprefix(root_of(request)) or "/"


def go_to(request: Request, path: str) -> RedirectResponse:
    """Send the browser on to a path of the app."""
    return RedirectResponse(root_of(request) + path, 303)


def safe_target(path: str) -> str:
    """A path of the app to go on to; anything else becomes the first page."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) else "/"
