"""A server that answers what the documentation asks, in the usual chat protocol."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

# The address that the documentation names; a test puts the server's own in its place.
ADDRESS = "http://127.0.0.1:8080"
USAGE = {"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9}
VECTOR = {"index": 0, "embedding": [0.1, 0.2]}
RANKED = [{"index": 1, "relevance_score": 0.9}, {"index": 0, "relevance_score": 0.1}]
MODERATED = {"flagged": False, "categories": {"hate": False}, "category_scores": {"hate": 0.01}}


class ChatServer(BaseHTTPRequestHandler):
    """Says Paris, plain and streamed; calls the first tool that it is given; fills a schema."""

    def do_GET(self) -> None:
        self.reply_json({"data": [{"id": "large"}]})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.path.endswith("/audio/speech"):
            self.reply("audio/mpeg", b"ID3 speech")
        elif self.path.endswith("/audio/transcriptions"):
            self.reply_json({"text": "Hello."})
        else:
            self.answer(json.loads(body))

    def answer(self, asked: dict[str, Any]) -> None:
        """Answer a request in JSON by its path."""
        if self.path.endswith("/embeddings"):
            vectors = [{**VECTOR, "index": i} for i in range(len(asked["input"]))]
            self.reply_json({"data": vectors, "usage": USAGE})
        elif self.path.endswith("/rerank"):
            self.reply_json({"results": RANKED})
        elif self.path.endswith("/moderations"):
            self.reply_json({"results": [MODERATED]})
        elif asked.get("stream"):
            text = "".join(f"data: {frame}\n\n" for frame in frames())
            self.reply("text/event-stream", text.encode())
        else:
            choice = {"index": 0, **message(asked)}
            found = {"id": "c1", "model": asked["model"], "choices": [choice], "usage": USAGE}
            self.reply_json(found)

    def reply_json(self, body: object) -> None:
        """Send one whole reply in JSON."""
        self.reply("application/json", json.dumps(body).encode())

    def reply(self, media_type: str, data: bytes) -> None:
        """Send one whole reply."""
        self.send_response(200)
        self.send_header("content-type", media_type)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent."""


def message(asked: dict[str, Any]) -> dict[str, Any]:
    """The message of a plain reply, and why it ends."""
    is_answered = any(said["role"] == "tool" for said in asked["messages"])
    if asked.get("tools") and not is_answered:
        function = {"name": asked["tools"][0]["function"]["name"], "arguments": '{"city": "Paris"}'}
        calls = [{"id": "call_1", "type": "function", "function": function}]
        said: dict[str, Any] = {"role": "assistant", "content": None, "tool_calls": calls}
        return {"message": said, "finish_reason": "tool_calls"}
    text = '{"city": "Paris"}' if "response_format" in asked else "Paris."
    return {"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}


def frames() -> Iterator[str]:
    """Tell the data of each frame of the streamed reply."""
    for text in ("Pa", "ris."):
        choice = {"index": 0, "delta": {"content": text}, "finish_reason": None}
        yield json.dumps({"id": "c1", "model": "large", "choices": [choice]})
    last = {"index": 0, "delta": {}, "finish_reason": "stop"}
    yield json.dumps({"id": "c1", "model": "large", "choices": [last]})
    yield json.dumps({"id": "c1", "model": "large", "choices": [], "usage": USAGE})
    yield "[DONE]"


@contextmanager
def chat_server() -> Iterator[str]:
    """Run the server and give its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), ChatServer)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
