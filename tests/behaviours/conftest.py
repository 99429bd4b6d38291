"""Bundled specs pointed at a server on this machine, through both runtimes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest


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
