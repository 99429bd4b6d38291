"""What every kind of auth offers, and how templates of credentials become text."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol, Self

from model_runtime import outside
from model_runtime.absent import Absent
from model_runtime.errors import InvalidParameter
from model_runtime.exchange import Flow, HttpRequest
from model_runtime.location import Place
from model_runtime.network import header_name, header_value
from model_runtime.secrets import Secret, reveal

Scope = dict[str, object]
Clock = Callable[[], float]
Path = Callable[[object], object]


class Auth(Protocol):
    """Adds credentials to a request. One object serves all calls of a provider, in any thread."""

    def apply(self, request: HttpRequest, scope: Scope) -> Flow[HttpRequest]:
        """Return the request with credentials.

        Called again for each attempt, on the final bytes and URL. Kinds that need a round trip
        ask for it; the others ask for nothing. Notes for `forget` go into `scope`, under names
        with a leading underscore that no expression can read.
        """
        ...

    def should_refresh(self, reply_status: int, body: object) -> bool:
        """Whether a reply says that the credentials in use are stale and may be renewed."""
        ...

    def forget(self, scope: Scope) -> None:
        """Drop what `apply` has kept for these credentials and used with this scope."""
        ...

    def given_only(self) -> Auth:
        """The same without what it looks for on this machine: for credentials that were passed."""
        ...

    def secrets(self, scope: Scope | None = None) -> Sequence[Secret]:
        """Secrets that it made or bought itself: a service may echo one, and no text may show it.

        Those that were used with a scope, or without one all that are still kept.
        """
        ...


class AuthKind(Auth, Protocol):
    """A kind of auth: what stands in the table."""

    @classmethod
    def from_spec(
        cls, options: Mapping[str, object], place: Place | None, *, now: Clock = outside.now
    ) -> Self:
        """Make one from checked options, whose templates are compiled to `scope -> value`."""
        ...


class StaticAuth(ABC):
    """Auth that follows from the credentials alone."""

    __slots__ = ()

    @abstractmethod
    def change(self, request: HttpRequest, scope: Scope) -> HttpRequest:
        """Return the request with credentials."""

    def apply(self, request: HttpRequest, scope: Scope) -> Flow[HttpRequest]:
        yield from ()
        return self.change(request, scope)

    def should_refresh(self, reply_status: int, body: object) -> bool:
        return False

    def forget(self, scope: Scope) -> None:
        return None

    def given_only(self) -> Auth:
        return self

    def secrets(self, scope: Scope | None = None) -> Sequence[Secret]:
        return ()


def rendered(value: object, scope: Scope) -> object:
    """Run every template in `value` and reveal every Secret; what is Absent is left out."""
    value = reveal(value(scope) if callable(value) else value)
    if isinstance(value, Mapping):
        members = {str(name): rendered(item, scope) for name, item in value.items()}
        return {name: item for name, item in members.items() if item is not Absent}
    if isinstance(value, list | tuple):
        items = [rendered(item, scope) for item in value]
        return [item for item in items if item is not Absent]
    return value


def rendered_text(value: object, scope: Scope, name: str) -> str | None:
    """Run one template that must give text; None when it is absent, null or blank.

    Raises InvalidParameter, which names the option `name` and never shows the value.
    """
    return _text(rendered(value, scope), name)


def rendered_texts(value: object, scope: Scope, name: str) -> dict[str, str]:
    """Run a map of templates that must give text; what is absent, null or blank is left out."""
    members = rendered_members(value, scope, name)
    texts = {key: _text(item, f"{name}.{key}") for key, item in members.items()}
    return {key: text for key, text in texts.items() if text is not None}


def rendered_members(value: object, scope: Scope, name: str) -> dict[str, object]:
    """Run a map of templates, or one template that gives a map; empty when it is absent."""
    found = rendered(value, scope)
    if found is Absent or found is None:
        return {}
    if not isinstance(found, dict):
        raise _unexpected(found, name, "a map")
    return found


def _text(value: object, name: str) -> str | None:
    if value is Absent or value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise _unexpected(value, name, "text")
    text = str(value)
    return text if text.strip() else None


def _unexpected(value: object, name: str, expected: str) -> InvalidParameter:
    return InvalidParameter(
        f"auth.{name}: the value is {type(value).__name__}; {expected} was expected. "
        "Check the credential that it is made from."
    )


def with_headers(request: HttpRequest, headers: Mapping[str, str]) -> HttpRequest:
    """Return the request with these headers, which win over equal ones it has.

    Raises InvalidParameter for a name or value that a header cannot have.
    """
    checked = {header_name(name): header_value(name, text) for name, text in headers.items()}
    return replace(request, headers={**request.headers, **checked})


def options_under(options: Mapping[str, object], name: str) -> Mapping[str, object]:
    """Return the map that stands under a key of the options, empty when it is not set."""
    found = options.get(name)
    return found if isinstance(found, Mapping) else {}
