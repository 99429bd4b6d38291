"""Writes a list of models as YAML: a block for each model, short values on one line."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

MODELINE = "# yaml-language-server: $schema=../../../json_schemas/models.schema.json"
WIDTH = 118
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./@+-]*(:[A-Za-z0-9_./@+-]+)*")
_RESERVED = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}


def write(path: Path, entries: Sequence[Mapping[str, Any]], used: list[str], today: date) -> None:
    """Write a file, or remove it when there are no models. Its date stays when nothing changed."""
    if not entries:
        path.unlink(missing_ok=True)
        return
    body = "".join(map(_entry, entries))
    old = path.read_text("utf-8") if path.exists() else ""
    if old.partition("\n\n")[2] == body:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    head = f"# Facts from {', '.join(used)}; read on {today.isoformat()} by `make catalogue`."
    path.write_text(f"{MODELINE}\n{head}\n\n{body}", "utf-8")


def _entry(entry: Mapping[str, Any]) -> str:
    lines: list[str] = []
    for key, value in entry.items():
        lines += _lines(key, value)
    return "".join(f"{'- ' if n == 0 else '  '}{line}\n" for n, line in enumerate(lines))


def _lines(key: str, value: Any, indent: str = "") -> list[str]:
    short = f"{indent}{key}: {flow(value)}"
    if len(short) <= WIDTH or not isinstance(value, Mapping | list):
        return [short]
    if isinstance(value, list):
        return [f"{indent}{key}:", *(f"{indent}- {flow(item)}" for item in value)]
    inner = [line for name, item in value.items() for line in _lines(name, item, indent + "  ")]
    return [f"{indent}{key}:", *inner]


def flow(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(flow, value)) + "]"
    if isinstance(value, str):
        is_plain = _PLAIN.fullmatch(value) and value.lower() not in _RESERVED
        return value if is_plain else json.dumps(value, ensure_ascii=False)
    return json.dumps(value)
