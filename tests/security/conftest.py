"""Runtimes over specs of a test's own, closed when it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(params=["sync", "async"])
def make_door(request: pytest.FixtureRequest) -> Iterator[Callable[..., Any]]:
    """Make runtimes, sync or async; see `doors.py`."""
    from doors import DOORS

    made: list[Any] = []

    def make(**options: Any) -> Any:
        made.append(DOORS[request.param](**options))
        return made[-1]

    yield make
    for door in made:
        door.close()


@pytest.fixture(scope="session", params=["sync", "async"])
def door(request: pytest.FixtureRequest) -> Iterator[Any]:
    """A runtime with the bundled specs. It is shared, as its specs are compiled once."""
    from doors import DOORS

    door = DOORS[request.param]()
    yield door
    door.close()


@pytest.fixture
def ask(door: Any, loopback: Any) -> Callable[..., Any]:
    """Make a model of a bundled provider whose service is `loopback`."""
    return lambda provider, model="some-model": door.model(f"{provider}/{model}", loopback.url)


@pytest.fixture
def write_spec(tmp_path: Path) -> Callable[..., Path]:
    """Write a spec of a provider `acme` that extends the bundled base, and return its file."""

    def write(more: str = "", *, extends: str = "openai_compatible", base_url: str = "") -> Path:
        file = tmp_path / "acme.yaml"
        url = base_url or "https://api.acme.example/v1"
        head = f"spec_version: 1\nprovider: acme\nextends: {extends}\nbase_url: {url}\n"
        file.write_text(head + more, encoding="utf-8")
        return file

    return write


@pytest.fixture
def use(write_spec: Callable[..., Path]) -> Callable[..., Any]:
    """Load a spec, compile it and render a request with a key; nothing is sent."""
    from doors import KEY

    from model_runtime import ModelRuntime

    def run(more: str = "", *, key: str = KEY, **options: Any) -> Any:
        file = write_spec(more, **options)
        with ModelRuntime([file], credentials={"acme": {"api_key": key}}) as runtime:
            return runtime.llm("acme/some-model").render("Hello", stream=True)

    return run


@pytest.fixture
def refused(use: Callable[..., Any], tmp_path: Path) -> Callable[..., str]:
    """The findings of a spec that must be refused, each with its place, and without the key."""
    from doors import KEY

    from model_runtime.errors import SpecError

    def run(more: str = "", **options: Any) -> str:
        with pytest.raises(SpecError) as caught:
            use(more, **options)
        assert all(finding.place for finding in caught.value.findings)
        told = str(caught.value).replace(f"{tmp_path}/", "")
        assert KEY not in told and len(told) < 5_000
        return told

    return run
