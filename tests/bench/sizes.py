"""How much disk a library takes with what it needs, as installed, without byte code."""

from __future__ import annotations

import re
from importlib.metadata import Distribution, distributions
from pathlib import Path

from packaging.requirements import Requirement


def installed_bytes(site: Path, name: str, extras: tuple[str, ...] = ()) -> int:
    """The bytes of a distribution's files and of all that it requires, each counted once."""
    found = {_plain(one.metadata["Name"]): one for one in distributions(path=[str(site)])}
    seen: set[tuple[str, str]] = set()
    ahead = [(_plain(name), extra) for extra in ("", *extras)]
    while ahead:
        entry = ahead.pop()
        if entry not in seen and entry[0] in found:
            seen.add(entry)
            ahead += _required(found[entry[0]], entry[1])
    return sum(_bytes_of(found[name]) for name in {name for name, _ in seen})


def _required(distribution: Distribution, extra: str) -> list[tuple[str, str]]:
    """What a distribution requires with an extra, as names and extras of theirs."""
    wanted = []
    for line in distribution.requires or ():
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
            wanted += [(_plain(requirement.name), each) for each in ("", *requirement.extras)]
    return wanted


def _bytes_of(distribution: Distribution) -> int:
    paths = (Path(str(file.locate())) for file in distribution.files or ())
    return sum(path.stat().st_size for path in paths if path.suffix != ".pyc" and path.is_file())


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
