"""Guard of the README: what a reader copies from it works, against a server on this machine."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

# A comment `<!-- test: run -->` or `<!-- test: file NAME -->` stands above each block that is run.
BLOCK = re.compile(
    r"<!-- test: (?P<task>run|file) ?(?P<name>\S*) ?-->\n```\w+\n(?P<text>.*?)```", re.DOTALL
)
ADDRESS = "http://127.0.0.1:8080"
USAGE = {"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9}


class ChatServer(BaseHTTPRequestHandler):
    """Answers the usual chat protocol, plain and streamed, with the word Paris."""

    def do_GET(self) -> None:
        self.reply("application/json", json.dumps({"data": [{"id": "large"}]}))

    def do_POST(self) -> None:
        size = int(self.headers["content-length"])
        asked = json.loads(self.rfile.read(size))
        if asked.get("stream"):
            self.reply("text/event-stream", "".join(f"data: {frame}\n\n" for frame in frames()))
            return
        message = {"role": "assistant", "content": "Paris."}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        body = {"id": "c1", "model": asked["model"], "choices": [choice], "usage": USAGE}
        self.reply("application/json", json.dumps(body))

    def reply(self, media_type: str, text: str) -> None:
        """Send one whole reply."""
        data = text.encode()
        self.send_response(200)
        self.send_header("content-type", media_type)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent."""


def frames() -> Iterator[str]:
    """Tell the data of each frame of the streamed reply."""
    for text in ("Pa", "ris."):
        choice = {"index": 0, "delta": {"content": text}, "finish_reason": None}
        yield json.dumps({"id": "c1", "model": "large", "choices": [choice]})
    last = {"index": 0, "delta": {}, "finish_reason": "stop"}
    yield json.dumps({"id": "c1", "model": "large", "choices": [last]})
    yield json.dumps({"id": "c1", "model": "large", "choices": [], "usage": USAGE})
    yield "[DONE]"


@pytest.fixture
def address() -> Iterator[str]:
    """The address of a chat server that lives as long as the test."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), ChatServer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_readme_works_as_it_is_written(
    root: Path,
    address: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The provider of the README, its call and its stream give what they say, in that order."""
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for block in BLOCK.finditer((root / "README.md").read_text(encoding="utf-8")):
        text = block["text"].replace(ADDRESS, address)
        if block["task"] == "file":
            path = tmp_path / block["name"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        else:
            exec(compile(text, "README.md", "exec"), names)
    told = capsys.readouterr().out.splitlines()
    assert told[:2] == ["Paris.", "7 stop"]
    assert told[2].startswith("Paris.")


def test_readme_marks_every_block_that_can_run(root: Path) -> None:
    """No Python or YAML stands in the README without being run."""
    text = (root / "README.md").read_text(encoding="utf-8")
    assert len(BLOCK.findall(text)) == len(re.findall(r"^```(?:python|yaml)$", text, re.MULTILINE))


def test_readme_shows_the_provider_in_seven_lines(root: Path) -> None:
    """The promise of its heading holds."""
    text = (root / "README.md").read_text(encoding="utf-8")
    (spec,) = [block["text"] for block in BLOCK.finditer(text) if block["task"] == "file"]
    assert len(spec.splitlines()) == 7
