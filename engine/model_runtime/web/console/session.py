"""Signing in, where the app demands a token: a cookie that holds no token and that expires."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable
from typing import Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from .paths import go_to, here, root_of

COOKIE: Final = "model_runtime_session"
LIFETIME: Final = 12 * 3600


class Sessions:
    """Who may see the console. Without a token everybody who reaches it may."""

    def __init__(self, token: str | None, clock: Callable[[], float] = time.time) -> None:
        self._token = token
        self._clock = clock

    @property
    def is_open(self) -> bool:
        """Whether nobody has to sign in."""
        return self._token is None

    def is_token(self, given: str) -> bool:
        """Whether a text is the token."""
        return self._token is not None and hmac.compare_digest(given.encode(), self._token.encode())

    def new(self) -> str:
        """The cookie of a session that begins now."""
        until = str(int(self._clock()) + LIFETIME)
        return f"{until}.{self._sign(until)}"

    def refusal(self, request: Request) -> Response | None:
        """The reply to a request without a session; None where there is one.

        Pages are sent to the sign-in, which leads back; scripts are told in JSON.
        """
        state = self._state(request.cookies.get(COOKIE))
        if state == "good":
            return None
        if "text/html" not in request.headers.get("accept", ""):
            return JSONResponse({"error": state, "sign_in": f"{root_of(request)}/sign-in"}, 401)
        there = here(request) if request.method == "GET" else "/"
        reason = "&expired=1" if state == "expired" else ""
        return go_to(request, f"/sign-in?next={quote(there)}{reason}")

    def _state(self, cookie: str | None) -> str:
        if self._token is None:
            return "good"
        until, _, signature = (cookie or "").partition(".")
        if not until.isdigit() or not hmac.compare_digest(signature, self._sign(until)):
            return "missing"
        return "good" if int(until) > self._clock() else "expired"

    def _sign(self, until: str) -> str:
        assert self._token is not None
        return hmac.new(self._token.encode(), until.encode(), hashlib.sha256).hexdigest()
