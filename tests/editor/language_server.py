"""The real `yaml-language-server` behind a small client that speaks LSP over its standard streams.

`make editor` installs it in this folder. It is given no network: a schema is found by the path
that a file's modeline names.
"""

from __future__ import annotations

import json
import queue
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

SERVER = Path(__file__).parent / "node_modules" / "yaml-language-server" / "bin"
# Generous for a machine that does other work: an answer takes milliseconds.
SECONDS = 30
CAPABILITIES = {
    "textDocument": {"completion": {"completionItem": {"snippetSupport": True}}},
    "workspace": {"configuration": True},
}
SETTINGS = {"validate": True, "completion": True, "hover": True, "schemaStore": {"enable": False}}


def missing() -> str:
    """What is needed and not there; empty when the server can be run."""
    if shutil.which("node") is None:
        return "node is not installed (Debian: apt-get install npm), then `make editor`"
    if not (SERVER / "yaml-language-server").is_file():
        return "yaml-language-server is not installed: `make editor` installs it"
    return ""


@contextmanager
def language_server(root: Path) -> Iterator[Editor]:
    """Run the server for the files below `root`."""
    process = subprocess.Popen(
        ["node", str(SERVER / "yaml-language-server"), "--stdio"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdin and process.stdout
    heard: queue.Queue[dict[str, Any]] = queue.Queue()
    listener = threading.Thread(target=listen, args=(process.stdout, heard), daemon=True)
    listener.start()
    editor = Editor(process.stdin, heard)
    try:
        editor.ask("initialize", processId=None, rootUri=root.as_uri(), capabilities=CAPABILITIES)
        editor.tell("initialized")
        yield editor
        editor.ask("shutdown")
        editor.tell("exit")
        process.wait(SECONDS)
    finally:
        process.kill()
        process.wait()
        listener.join(SECONDS)
        process.stdin.close()
        process.stdout.close()


def listen(stream: BinaryIO, heard: queue.Queue[dict[str, Any]]) -> None:
    """Put every message of the server into the queue, until it closes its stream."""
    while head := stream.readline():
        name, _, value = head.partition(b":")
        if name.lower() == b"content-length":
            while stream.readline().strip():
                pass
            heard.put(json.loads(stream.read(int(value))))


class Editor:
    """What an editor does with open files: shows faults, completes, and explains on hovering."""

    def __init__(self, stdin: Any, heard: queue.Queue[dict[str, Any]]) -> None:
        self._stdin = stdin
        self._heard = heard
        self._asked = 0
        self._version = 0
        self._faults: dict[str, list[dict[str, Any]]] = {}

    def show(self, path: Path, text: str) -> None:
        """Show a text as the content of a file."""
        self._faults.pop(path.as_uri(), None)
        self._version += 1
        document = {"languageId": "yaml", "version": self._version, "text": text}
        self.tell("textDocument/didOpen", textDocument={"uri": path.as_uri(), **document})

    def faults(self, path: Path) -> list[dict[str, Any]]:
        """Wait for the server's diagnostics of what a file shows."""
        while path.as_uri() not in self._faults:
            self._take(self._heard.get(timeout=SECONDS))
        return self._faults[path.as_uri()]

    def complete(self, path: Path, line: int, character: int) -> list[dict[str, Any]]:
        """The completions at a position, counted from 0."""
        found: Any = self._at("completion", path, line, character)
        items: list[dict[str, Any]] = found["items"] if isinstance(found, dict) else found or []
        return items

    def hover(self, path: Path, line: int, character: int) -> str:
        """The explanation at a position, without the backslashes of Markdown."""
        found: Any = self._at("hover", path, line, character)
        return str(found["contents"]["value"]).replace("\\", "") if found else ""

    def _at(self, what: str, path: Path, line: int, character: int) -> object:
        return self.ask(
            f"textDocument/{what}",
            textDocument={"uri": path.as_uri()},
            position={"line": line, "character": character},
        )

    def ask(self, method: str, **params: object) -> object:
        """Send a request and wait for its answer."""
        self._asked += 1
        self._send({"id": self._asked, "method": method, "params": params})
        while True:
            message = self._heard.get(timeout=SECONDS)
            if message.get("id") == self._asked and "method" not in message:
                assert "error" not in message, message["error"]
                return message.get("result")
            self._take(message)

    def tell(self, method: str, **params: object) -> None:
        """Send a notification."""
        self._send({"method": method, "params": params})

    def _send(self, message: dict[str, object]) -> None:
        data = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(data), data))
        self._stdin.flush()

    def _take(self, message: dict[str, Any]) -> None:
        """Keep what the server tells by itself, and answer what it asks."""
        if message.get("method") == "textDocument/publishDiagnostics":
            self._faults[message["params"]["uri"]] = message["params"]["diagnostics"]
        elif "id" in message and "method" in message:
            asked = message["params"].get("items", []) if "params" in message else []
            settings = [SETTINGS if item.get("section") == "yaml" else {} for item in asked]
            self._send({"id": message["id"], "result": settings or None})
