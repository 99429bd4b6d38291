"""How credentials get into a request: one module and one row of the table per kind.

Nothing here does input or output: a kind that needs a round trip asks for it. `AnyAuth` chooses
between several kinds.
"""

from __future__ import annotations

from typing import Final

from .any import AnyAuth
from .aws_sigv4 import AwsSigV4Auth
from .base import Auth, AuthKind
from .basic import BasicAuth
from .bearer import BearerAuth
from .header import HeaderAuth
from .none import NoAuth
from .query import QueryAuth
from .token_exchange import TokenExchangeAuth

AUTH_KINDS: Final[dict[str, type[AuthKind]]] = {
    "aws_sigv4": AwsSigV4Auth,
    "basic": BasicAuth,
    "bearer": BearerAuth,
    "header": HeaderAuth,
    "none": NoAuth,
    "query": QueryAuth,
    "token_exchange": TokenExchangeAuth,
}

__all__ = ["AUTH_KINDS", "AnyAuth", "Auth", "AuthKind"]
