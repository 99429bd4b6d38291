"""Runtimes over one service per framing, sync and async."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(params=["sync", "async"])
def open_door(
    request: pytest.FixtureRequest, tmp_path: Path, loopback: Any
) -> Iterator[Callable[..., Any]]:
    """Open runtimes over the service of a kit, sync or async, each with a `watch` over it."""
    from chaos_kits import Watch
    from doors import DOORS

    made: list[Any] = []

    def open_one(kit: Any, *, url: str | None = None, **options: Any) -> Any:
        folder = tmp_path / f"chaos_{kit.name}"
        folder.mkdir(exist_ok=True)
        (folder / "provider.yaml").write_text(kit.spec, encoding="utf-8")
        addresses = {f"chaos_{kit.name}": url or loopback.url}
        given = {"credentials": lambda *_: {"api_key": "k"}, "base_urls": addresses, **options}
        made.append(DOORS[request.param](specs=[folder], bundled=False, **given))
        made[-1].watch = Watch(loopback, made[-1])
        return made[-1]

    yield open_one
    for door in made:
        door.close()
