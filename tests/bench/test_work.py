"""The work of the bench: ours and the raw clients do the same, against the bench's own server.

Each worker checks what it gets: the whole text of a call, every piece of a stream, every vector.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from clients import OURS, RAW
from processes import Failed, Machine, Worker, serving

pytest.importorskip("orjson")
pytest.importorskip("httpx_aiohttp")

WORK: list[tuple[str, tuple[str | int, ...]]] = [
    ("chat", (1,)),
    ("achat", (2, 4)),
    ("stream", ("s3", 1)),
    ("astream", ("s3", 2)),
    ("embed", (1,)),
]


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """The bench's server, and workers in this environment."""
    with serving() as url:
        yield Machine(url, tmp_path_factory.mktemp("bench"), has_venvs=False)


@pytest.mark.parametrize("client", [*RAW, *OURS])
def test_clients_do_the_same_work(machine: Machine, client: str) -> None:
    """Every client that this environment has does all the work that it has calls for."""
    with closing(Worker(machine, client)) as worker:
        told = {do: worker.command(do, *args) for do, args in WORK}
    lacking = {"chat", "stream", "embed"} if client == "aiohttp+orjson" else set()
    assert {do for do, cost in told.items() if cost is None} == lacking
    assert all(cost > 0 for cost in told.values() if cost is not None)


def test_growth_is_measured_on_whole_replies(machine: Machine) -> None:
    """Every message is sent, and every fragment of a tool call's arguments arrives."""
    with closing(Worker(machine, "model-runtime")) as worker:
        assert worker.command("messages", 10, 1)
        assert worker.command("fragments", 5)


def test_worker_that_breaks_tells_why(machine: Machine) -> None:
    """A library that cannot do its work is told with its last words, and nothing waits for it."""
    with closing(Worker(machine, "model-runtime")) as worker, pytest.raises(Failed, match="Error"):
        worker.command("stream", "none", 1)
