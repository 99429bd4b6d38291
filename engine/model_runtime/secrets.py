"""Secrets that mask themselves, and the redactor that removes them from any text."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Mapping
from typing import final
from urllib.parse import quote, quote_plus

from .errors import InvokeError, ProviderError


@final
class Secret:
    """A secret value: a text, or parsed JSON whose members are secret too.

    `str()` and `repr()` mask it, and formatting, joining and JSON encoding do not see it. Only
    the auth room and the header builder call `reveal`.
    """

    __slots__ = ("_value",)

    def __init__(self, value: object) -> None:
        self._value: object = value._value if isinstance(value, Secret) else value

    def __repr__(self) -> str:
        return "Secret('***')"

    def __str__(self) -> str:
        return "***"

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(("Secret", str(self._value)))

    def __reduce__(self) -> str:
        raise TypeError("a Secret is not pickled")

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: object) -> Secret:
        return self

    def member(self, name: str) -> object:
        """A member of a secret JSON object, itself secret; None when there is none."""
        if isinstance(self._value, Mapping) and name in self._value:
            return Secret(self._value[name])
        return None


def reveal(value: object) -> object:
    """Return the value itself, or what a Secret holds."""
    return value._value if isinstance(value, Secret) else value


def mask(text: str) -> str:
    """Shorten a secret for people: its first three and last two characters, when it is long."""
    return f"{text[:3]}...{text[-2:]}" if len(text) >= 12 else "***"


class Redactor:
    """Replaces every spelling of some secrets in a text by `***`, or by another `mask`.

    Spellings: raw, JSON-escaped, URL-encoded (both ways) and base64. Secrets shorter than four
    characters are left alone, since they would take every message apart.
    """

    __slots__ = ("_found", "_mask", "_secrets")

    def __init__(self, secrets: Iterable[object], *, mask: str = "***") -> None:
        self._secrets = tuple(secrets)
        self._mask = mask
        self._found: list[str] | None = None

    @classmethod
    def of(cls, credentials: Mapping[str, object]) -> Redactor:
        """The redactor of the secret ones among some credentials."""
        return cls(value for value in credentials.values() if isinstance(value, Secret))

    def __call__(self, text: str) -> str:
        for spelling in self._forms():
            if spelling in text:
                text = text.replace(spelling, self._mask)
        return text

    def _forms(self) -> list[str]:
        # Made when first needed: each call has a redactor, and most calls do not fail.
        if self._found is None:
            texts = [text for secret in self._secrets for text in _texts(reveal(secret))]
            found = {form for text in texts if len(text) >= 4 for form in _spellings(text)}
            self._found = sorted(found, key=len, reverse=True)
        return self._found

    def clean(self, value: object) -> object:
        """Redact every text of a JSON-like value, keys included; the shape stays."""
        if isinstance(value, str):
            return self(value)
        if isinstance(value, Mapping):
            return {self.clean(key): self.clean(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.clean(item) for item in value]
        return value


def redact_error(error: InvokeError, redactor: Redactor) -> None:
    """Take secrets out of an error and of those that it was raised from."""
    fault: BaseException | None = error
    while isinstance(fault, InvokeError):
        fault.message = redactor(fault.message)
        # A traceback and `repr` show the arguments, not the attribute.
        fault.args = (fault.message,)
        fault.request = redactor(fault.request or "") or None
        if isinstance(fault, ProviderError):
            fault.body = redactor.clean(fault.body)
            fault.request_id = redactor(fault.request_id or "") or None
        fault = fault.__cause__ or fault.__context__


def _texts(value: object) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)


def _spellings(text: str) -> set[str]:
    raw = text.encode("utf-8", "surrogatepass")
    found = {
        text,
        json.dumps(text)[1:-1],
        json.dumps(text, ensure_ascii=False)[1:-1],
        quote(raw, safe=""),
        quote_plus(raw),
        quote(raw, safe="").lower(),
    }
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        found.add(encode(raw).decode())
        found |= {_inside_base64(encode, raw, offset) for offset in range(3)}
    return {spelling for spelling in found if len(spelling) >= 4}


def _inside_base64(encode: Callable[[bytes], bytes], raw: bytes, offset: int) -> str:
    """The characters that depend on `raw` alone where it stands inside a longer text.

    There it begins at one of three offsets into a group; its first and last characters may
    carry bits of its neighbours. Too few characters would match by chance and give nothing.
    """
    text = encode(b"\0" * offset + raw).decode().rstrip("=")
    end = len(text) - 1 if (offset + len(raw)) % 3 else len(text)
    inside = text[(0, 2, 3)[offset] : end]
    return inside if len(inside) >= 6 else ""
