"""Icons of providers: the file that a spec names, else one drawn from the provider's label.

A drawn icon is a small SVG with the label's initials on the provider's `background` colour. The
same label and colour always give the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from hashlib import sha256
from html import escape
from importlib.resources.abc import Traversable
from typing import Any, Final, Literal, get_args

from .text import as_i18n, in_language

IconKind = Literal["icon_small", "icon_large", "icon_small_dark", "icon_large_dark"]
ICON_KINDS: Final[tuple[IconKind, ...]] = get_args(IconKind)

MEDIA_TYPES: Final[Mapping[str, str]] = {
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "bmp": "image/bmp",
    "tiff": "image/tiff",
    "tif": "image/tiff",
    "webp": "image/webp",
    "svg": "image/svg+xml",
    "ico": "image/vnd.microsoft.icon",
    "heif": "image/heif",
    "heic": "image/heic",
}
_SVG: Final = "image/svg+xml"
_PLACES: Final = ("_assets", "icons", "")
_FILE_NAME: Final = re.compile(r"[^/\\\x00]+")
_COLOUR: Final = re.compile(r"#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
_INK, _PAPER, _NIGHT = "#111827", "#ffffff", "#1f2937"
_FONT: Final = 'font-family="system-ui, sans-serif" font-weight="600"'


def icon(
    kind: IconKind,
    spec: Mapping[str, Any],
    folders: Sequence[Traversable],
    *,
    label_texts: Mapping[str, str],
    lang: str | None = None,
) -> tuple[bytes, str]:
    """Return an icon's bytes and media type; there always is one.

    `spec` is the provider's resolved spec and `folders` are where its files stand. A dark icon
    that the spec does not name is its light one, and a file that is not there is drawn.
    """
    for name in (kind, kind.removesuffix("_dark")):
        text = as_i18n(spec.get(name))
        found = _read(in_language(text, lang), folders) if text else None
        if found is not None:
            return found
    background = _colour(spec.get("background"), in_language(label_texts, None))
    # A character that no one can see may be one that no XML may hold.
    label = "".join(sign for sign in in_language(label_texts, lang) if sign.isprintable())
    is_dark = kind.endswith("_dark")
    draw = _draw_large if kind.startswith("icon_large") else _draw_small
    return draw(label, background, is_dark).encode("utf-8"), _SVG


def media_type_of(name: str) -> str:
    """The media type that a file's ending stands for; image/png for one that is not known."""
    return MEDIA_TYPES.get(name.rpartition(".")[2].lower(), "image/png")


def _read(name: str, folders: Sequence[Traversable]) -> tuple[bytes, str] | None:
    """The file of that name in a folder or its `_assets`; a name is never a path."""
    if not _FILE_NAME.fullmatch(name) or name in (".", ".."):
        return None
    for folder in folders:
        for place in _PLACES:
            path = folder.joinpath(place, name) if place else folder.joinpath(name)
            if path.is_file():
                return path.read_bytes(), media_type_of(name)
    return None


def _draw_small(label: str, background: str, is_dark: bool) -> str:
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64" viewBox="0 0 64 64">'
        f"{_square(label, background, is_dark)}</svg>\n"
    )


def _draw_large(label: str, background: str, is_dark: bool) -> str:
    width = 88 + 19 * len(label)
    ink = _PAPER if is_dark else _INK
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="64" '
        f'viewBox="0 0 {width} 64">{_square(label, background, is_dark)}'
        f'<text x="80" y="43" font-size="32" {_FONT} fill="{ink}">{escape(label)}</text></svg>\n'
    )


def _square(label: str, background: str, is_dark: bool) -> str:
    """The initials on the colour; in the dark the colour writes on a dark ground if it can."""
    ink = _INK if _is_light(background) else _PAPER
    if is_dark and _is_light(background):
        background, ink = _NIGHT, background
    return (
        f'<rect width="64" height="64" rx="14" fill="{background}"/>'
        f'<text x="32" y="42" font-size="28" text-anchor="middle" {_FONT} fill="{ink}">'
        f"{escape(_initials(label))}</text>"
    )


def _initials(label: str) -> str:
    """The first letters of the first two words, else the first two letters of the only one."""
    words: list[str] = re.findall(r"\w+", label)
    if len(words) > 1:
        return (words[0][0] + words[1][0]).upper()
    return (words[0] if words else "?")[:2]


def _colour(given: object, label: str) -> str:
    """The spec's background, else a quiet colour that follows from the label."""
    if isinstance(given, str) and _COLOUR.fullmatch(given.strip()):
        digits = given.strip()[1:].lower()
        return "#" + ("".join(digit * 2 for digit in digits) if len(digits) == 3 else digits)
    shades = sha256(label.encode("utf-8")).digest()
    return "#" + "".join(f"{160 + shade % 80:02x}" for shade in shades[:3])


def _is_light(colour: str) -> bool:
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return 299 * red + 587 * green + 114 * blue > 150_000
