"""The console and the gateway as one ASGI app. Needs the extra `serve`."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from model_runtime.errors import MissingExtra

if TYPE_CHECKING:
    from .app import create_app
    from .gateway.keys import GatewayKey
    from .serving import build_app

_PLACES = {
    "GatewayKey": ".gateway.keys",
    "build_app": ".serving",
    "create_app": ".app",
}


def __getattr__(name: str) -> object:
    """Load a public name on demand, so that the extra is asked for in words of ours."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return getattr(importlib.import_module(_PLACES[name], __name__), name)
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("model_runtime"):
            raise
        raise MissingExtra("serve", "the console and the gateway") from None


__all__ = ["GatewayKey", "build_app", "create_app"]
