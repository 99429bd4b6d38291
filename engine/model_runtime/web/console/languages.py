"""The languages of the console: its texts, and which of them a request is answered in."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Any, Final

from starlette.requests import Request

LANGUAGES: Final = {"en_US": "English", "zh_Hans": "中文"}
LANGUAGE_COOKIE: Final = "model_runtime_lang"
_DEFAULT: Final = "en_US"
_BY_PREFIX: Final = {"en": "en_US", "zh": "zh_Hans"}

Translate = Callable[..., str]


@cache
def texts(lang: str) -> dict[str, str]:
    """Every text of the console in a language, by its key."""
    file = files("model_runtime.web").joinpath("texts", f"{lang}.json")
    found: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))
    return found


def language_of(request: Request) -> str:
    """What was chosen on a page, else the first of the browser's languages that there is."""
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    if chosen in LANGUAGES:
        return chosen
    for wanted in request.headers.get("accept-language", "").split(","):
        known = _BY_PREFIX.get(wanted.strip()[:2].lower())
        if known is not None:
            return known
    return _DEFAULT


def translator(lang: str) -> Translate:
    """What turns a key into a text, with the named values put in."""
    own = texts(lang)

    def translate(key: str, **values: Any) -> str:
        return own[key].format(**values)

    return translate
