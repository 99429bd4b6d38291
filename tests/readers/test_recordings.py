"""Recorded request bodies of the seven wires, where a folder of recordings is present."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from pathlib import Path
from typing import Any, Final

import pytest

from model_runtime.errors import InvalidParameter
from model_runtime.readers import READERS

VARIABLE: Final = "MODEL_RUNTIME_RECORDINGS"
ROOT: Final = Path(os.environ.get(VARIABLE) or Path(__file__).parents[3] / "shared")
FOLDER: Final = ROOT / "data" / "exchanges"
PATHS: Final = {
    "chat": r"/chat/completions$",
    "responses": r"/responses$",
    "messages": r"/v1/messages$",
    "generate_content": r":(stream)?[gG]enerateContent$",
    "converse": r"/converse(-stream)?$",
    "v2_chat": r"/v2/chat$",
    "api_chat": r"^/api/chat$",
}


def recorded_bodies(wire: str) -> list[tuple[str, dict[str, Any]]]:
    """The bodies of calls of language models that went to paths of this wire, with their ids."""
    found: list[tuple[str, dict[str, Any]]] = []
    for line in (FOLDER / "index.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        is_call = row["model_type"] == "llm" and row["has_request"]
        if not is_call or not re.search(PATHS[wire], row["path"]):
            continue
        file = FOLDER / row["provider"] / f"{row['id']}.json"
        body = json.loads(file.read_text(encoding="utf-8"))["request"]["body"]
        if isinstance(body, dict):
            found.append((row["id"], body))
    return found


@pytest.mark.skipif(
    not FOLDER.is_dir(), reason=f"no recordings at {FOLDER}; set {VARIABLE} to a folder with them"
)
@pytest.mark.parametrize("wire", sorted(READERS))
def test_every_recorded_body_is_read_or_refused(wire: str) -> None:
    """No recorded body crashes a reader, and nearly all of them can be read."""
    counts: Counter[str] = Counter()
    crashes: list[str] = []
    for name, body in recorded_bodies(wire):
        try:
            READERS[wire](body)
            counts["read"] += 1
        except InvalidParameter:
            counts["refused"] += 1
        except Exception as error:
            crashes.append(f"{name}: {error!r}")
    assert not crashes, f"{dict(counts)}, crashed: {crashes}"
    assert counts["read"] > 4 * counts["refused"], f"{wire}: {dict(counts)}"
