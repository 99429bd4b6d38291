"""The user's own specs as files: their names, their texts, and what the checker says of a draft."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from model_runtime.errors import InvalidParameter
from model_runtime.findings import Finding
from model_runtime.lint.edited import EditedFolder
from model_runtime.lint.report import Sources, finding_data, format_finding
from model_runtime.lint.runner import Runner
from model_runtime.registry import Registry

NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
LONGEST: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Drafts:
    """The specs of one folder, each `<name>.yaml` or `<name>/provider.yaml`."""

    folder: Path

    def names(self) -> list[str]:
        """The names of all specs of the folder, sorted."""
        if not self.folder.is_dir():
            return []
        lone = {file.stem for file in self.folder.glob("*.yaml") if not file.name.startswith("_")}
        own = {file.parent.name for file in self.folder.glob("*/provider.yaml")}
        return sorted(lone | own)

    def file(self, name: str) -> Path:
        """Where a spec stands, or would. InvalidParameter for what is no name of a provider."""
        if not NAME.fullmatch(name):
            raise InvalidParameter(
                f"{name!r} is no name for a provider. Expected small letters, digits and _, "
                "with a letter first."
            )
        own = self.folder / name / "provider.yaml"
        return own if own.is_file() else self.folder / f"{name}.yaml"

    def text(self, name: str) -> str | None:
        """The text of a spec, None where there is none."""
        try:
            return self.file(name).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None

    def save(self, name: str, text: str) -> None:
        """Write a spec at once: whoever reads sees the old text or the new."""
        file = self.file(name)
        file.parent.mkdir(parents=True, exist_ok=True)
        fresh = file.with_name(f".{file.name}.new")
        fresh.write_text(text, encoding="utf-8")
        os.replace(fresh, file)

    def edited(self, name: str, text: str) -> EditedFolder:
        """The folder of a spec, with a draft in place of what is saved."""
        file = self.file(name)
        return EditedFolder(file.parent, file.name, text.encode())


def check_draft(drafts: Drafts, name: str, text: str) -> list[dict[str, Any]]:
    """What the checker finds in a draft, sorted by place, each as `check` shows it."""
    shown = str(drafts.file(name))
    folder = drafts.edited(name, text)
    runner = Runner(
        Registry([drafts.folder, folder] if drafts.folder.is_dir() else [folder], bundled=True),
        is_own=lambda file: Path(file).name == Path(shown).name,
        exchanges=True,
        sources=Sources({shown: text}),
    )
    runner.check(name)
    sources = Sources({shown: text})
    return [_told(finding, sources) for finding in runner.finish().findings]


def _told(finding: Finding, sources: Sources) -> dict[str, Any]:
    data: Mapping[str, Any] = finding_data(finding)
    return {**data, "text": format_finding(finding, sources)}
