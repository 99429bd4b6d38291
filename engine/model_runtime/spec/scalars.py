"""What a plain YAML scalar means: YAML 1.2's core schema, and nothing that YAML 1.1 adds."""

from __future__ import annotations

import re
from typing import Final

MAX_DIGITS: Final = 400

_CONSTANTS: Final[dict[str, bool | float | None]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}
_INTEGER: Final = re.compile(r"[-+]?[0-9]+\Z")
_OCTAL: Final = re.compile(r"0o[0-7]+\Z")
_HEXADECIMAL: Final = re.compile(r"0x[0-9a-fA-F]+\Z")
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
# What readers of YAML 1.1 take for something else than text, with what they take it for.
_MISREAD: Final = (
    (re.compile(r"[-+]?0[0-9]+\Z"), "an octal number"),
    (re.compile(r"[-+]?[0-9][0-9.]*_[0-9._]*\Z"), "a number"),
    (re.compile(r"[-+]?[0-9]+(:[0-5]?[0-9])+(\.[0-9]*)?\Z"), "a number in base 60"),
    (re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt \t].*)?\Z"), "a date"),
    (re.compile(r"(on|off|yes|no)\Z", re.IGNORECASE), "true or false"),
)
_MISREAD_STARTS: Final = frozenset("+-0123456789onyfONYF")


def misread(text: str) -> str | None:
    """What some readers take a plain scalar for that core YAML 1.2 does not; None for nothing."""
    if text[:1] not in _MISREAD_STARTS or len(text) > MAX_DIGITS:
        return None
    return next((kind for pattern, kind in _MISREAD if pattern.match(text)), None)


def core_scalar(text: str) -> str | int | float | bool | None:
    """Read a plain scalar as YAML 1.2's core schema does; what it does not name is text."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if text[0] not in "+-.0123456789" or len(text) > MAX_DIGITS:
        return text
    if _INTEGER.match(text):
        return int(text)
    if _OCTAL.match(text):
        return int(text[2:], 8)
    if _HEXADECIMAL.match(text):
        return int(text[2:], 16)
    return float(text) if _FLOAT.match(text) else text
