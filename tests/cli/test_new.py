"""Specs that are written from what a service answers, from a curl command, or from nothing."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from model_runtime import ModelRuntime

ENGINE = Path(__file__).parents[2] / "engine"
KEY = "sk-0123456789abcdef"
MODELS = {"data": [{"id": "house-embed"}, {"id": "house-large"}]}
USAGE = {"prompt_tokens": 5, "completion_tokens": 2}


@dataclass
class Shop:
    """A service whose habits a test chooses. `refuse` gives the status and body of a refusal."""

    url: str = ""
    prefix: str = "/v1"
    header: str = ""
    key: str = ""
    paths: tuple[str, ...] = ("/models", "/chat/completions")
    refuse: Callable[[dict[str, Any]], tuple[int, object] | None] = lambda body: None
    message: dict[str, Any] = field(default_factory=lambda: {"content": "Hello."})
    missing: object = field(default_factory=lambda: {"error": {"message": "No such path"}})
    asked: list[str] = field(default_factory=list)

    def answer(self, path: str, headers: dict[str, str], raw: bytes) -> tuple[int, object]:
        """The status and the body of a reply; a text is an event stream."""
        self.asked.append(path)
        if not path.startswith(self.prefix) or path.removeprefix(self.prefix) not in self.paths:
            return 404, self.missing
        if self.key and headers.get(self.header) != self.key:
            return 401, {"error": {"message": "Who are you?"}}
        if path.endswith("/models"):
            return 200, MODELS
        body = json.loads(raw)
        if path.endswith("/embeddings"):
            return 200, {"data": [{"index": 0, "embedding": [0.5, 0.25]}]}
        if "messages" not in body:
            return 400, {"error": {"message": "messages: missing"}}
        return self.refuse(body) or self.chat(body)

    def chat(self, body: dict[str, Any]) -> tuple[int, object]:
        """A plain or a streamed answer, or a tool call."""
        message = self.message
        if body.get("tools"):
            call = {"name": "get_weather", "arguments": '{"city": "Paris"}'}
            message = {"tool_calls": [{"id": "c1", "type": "function", "function": call}]}
        if body.get("response_format"):
            message = {"content": '{"city": "Paris"}'}
        choice = {"message": message, "finish_reason": "stop"}
        if not body.get("stream"):
            return 200, {"choices": [choice], "usage": USAGE}
        frames = [{"choices": [{"delta": message, "finish_reason": "stop"}]}, {"usage": USAGE}]
        return 200, "".join(f"data: {json.dumps(frame)}\n\n" for frame in frames)


@pytest.fixture
def shop() -> Iterator[Shop]:
    """A service on this machine."""
    shop = Shop()

    class Counter(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            raw = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, body = shop.answer(self.path, headers, raw)
            kind = "text/event-stream" if isinstance(body, str) else "application/json"
            text = body.encode() if isinstance(body, str) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Counter) as server:
        server.daemon_threads = True
        shop.url = f"http://127.0.0.1:{server.server_port}"
        serve = functools.partial(server.serve_forever, poll_interval=0.01)
        threading.Thread(target=serve, daemon=True).start()
        yield shop
        server.shutdown()


@pytest.fixture
def make(
    command: Callable[..., Any], tmp_path: Path, shop: Shop
) -> Callable[..., tuple[Any, dict[str, Any]]]:
    """Write the spec of the shop, see that it is clean, and return its text and its tree."""
    import yaml

    def new(*options: object) -> tuple[str, dict[str, Any]]:
        done = command("new", "house", "--base-url", shop.url, "--out", tmp_path, *options)
        assert done.code == 0, done.err
        assert_clean(command, tmp_path)
        text = (tmp_path / "house.yaml").read_text(encoding="utf-8")
        return text, yaml.safe_load(text)

    return new


def assert_clean(command: Callable[..., Any], folder: Path) -> None:
    """The check finds nothing at all."""
    checked = command("check", folder, "--max-warnings", "0")
    assert checked.code == 0, checked.out
    assert checked.out.strip() == ""


def test_usual_service_needs_the_address_alone(make: Callable[..., Any], shop: Shop) -> None:
    """What the parent says already is not said again; the address is completed by /v1."""
    _, tree = make()
    operations = tree.pop("operations")
    assert tree == {
        "spec_version": 1,
        "provider": "house",
        "extends": "openai_compatible",
        "label": "House",
        "base_url": f"{shop.url}/v1",
        "models": [
            {
                "model": "house-large",
                "model_type": "llm",
                "features": ["tool-call", "structured-output"],
            }
        ],
    }
    assert set(operations) == {"text-embedding", "rerank", "speech2text", "tts", "moderation"}


def test_written_spec_answers_at_once(make: Callable[..., Any], shop: Shop, tmp_path: Path) -> None:
    """The first call goes through without an edit, plain and streamed."""
    make()
    with ModelRuntime([str(tmp_path)]) as runtime:
        assert runtime.llm("house/house-large").invoke("Hi").text == "Hello."
        with runtime.llm("house/house-large").stream("Hi") as stream:
            assert "".join(event.text for event in stream if event.type == "text_delta") == "Hello."


def test_few_requests_are_sent(make: Callable[..., Any], shop: Shop) -> None:
    """A whole survey of a usual service takes less than 25 requests."""
    make()
    assert len(shop.asked) < 25


@pytest.mark.parametrize(
    ("header", "prefix"),
    [("authorization", "Bearer "), ("x-api-key", ""), ("api-key", ""), ("authorization", "")],
    ids=["bearer", "x-api-key", "api-key", "bare"],
)
def test_style_of_the_key_is_found(
    make: Callable[..., Any],
    shop: Shop,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    header: str,
    prefix: str,
) -> None:
    """The header that the service takes the key in is found, and the key is not written."""
    monkeypatch.setenv("SHOP_KEY", KEY)
    shop.header, shop.key = header, prefix + KEY
    text, tree = make("--key-env", "SHOP_KEY")
    assert tree["credentials"] == {"api_key": {"env": "SHOP_KEY", "required": True}}
    assert ("auth" in tree) == (prefix == "")
    assert KEY not in text
    with ModelRuntime([str(tmp_path)]) as runtime:
        assert runtime.llm("house/house-large").invoke("Hi").text == "Hello."


def test_other_name_of_the_limit_is_found(make: Callable[..., Any], shop: Shop) -> None:
    """A service that refuses max_tokens gets max_completion_tokens."""
    told = {"error": {"message": "use max_completion_tokens"}}
    shop.refuse = lambda body: (400, told) if "max_tokens" in body else None
    _, tree = make()
    assert tree["parameters"] == {"max_tokens": "max_completion_tokens"}


def test_refused_stream_options_are_left_out(
    make: Callable[..., Any], shop: Shop, tmp_path: Path
) -> None:
    """A service that refuses stream_options is streamed without."""
    shop.refuse = lambda body: (400, {"error": "what?"}) if "stream_options" in body else None
    _, tree = make()
    assert tree["operations"]["llm"] == {"stream": {"body": {"stream_options": "$unset"}}}
    with (
        ModelRuntime([str(tmp_path)]) as runtime,
        runtime.llm("house/house-large").stream("Hi") as stream,
    ):
        assert list(stream)


def test_reasoning_of_its_own_name_is_read(
    make: Callable[..., Any], shop: Shop, tmp_path: Path
) -> None:
    """Reasoning in a field that the parent does not know is read from there."""
    shop.message = {"content": "Hello.", "thinking": "Be kind."}
    make()
    with ModelRuntime([str(tmp_path)]) as runtime:
        assert runtime.llm("house/house-large").invoke("Hi").reasoning == "Be kind."


def test_refused_system_role_becomes_user(make: Callable[..., Any], shop: Shop) -> None:
    """A service without system messages gets them as the user's."""
    told = {"error": {"message": "no system"}}
    shop.refuse = lambda body: (400, told) if body["messages"][0]["role"] == "system" else None
    _, tree = make()
    assert tree["roles"] == {"system": "user"}


def test_json_without_schema_is_said(make: Callable[..., Any], shop: Shop) -> None:
    """A service that takes json_object alone gets that for a schema."""

    def refuse(body: dict[str, Any]) -> tuple[int, object] | None:
        is_schema = body.get("response_format", {}).get("type") == "json_schema"
        return (400, {"error": {"message": "no schema"}}) if is_schema else None

    shop.refuse = refuse
    _, tree = make()
    assert tree["response_format"] == ["json_object"]


def test_place_of_the_error_message_is_found(make: Callable[..., Any], shop: Shop) -> None:
    """Words of an error that stand elsewhere are read from there."""
    shop.missing = {"detail": [{"msg": "nothing here"}]}
    _, tree = make()
    assert "detail[0].msg" in tree["errors"]["message"]


def test_embeddings_are_listed_with_their_length(make: Callable[..., Any], shop: Shop) -> None:
    """A model that embeds is listed with the length of its vector."""
    shop.paths = ("/models", "/embeddings")
    _, tree = make()
    assert tree["models"] == [
        {"model": "house-embed", "model_type": "text-embedding", "embedding_dimensions": 2}
    ]
    assert tree["operations"]["llm"] == "$unset"


def test_unknown_is_a_comment(make: Callable[..., Any], shop: Shop) -> None:
    """What the replies do not show is a comment with its evidence, and no line of the spec."""
    told = {"error": {"message": "out of order"}}
    shop.refuse = lambda body: (500, told) if "tools" in body else None
    text, tree = make()
    assert tree["models"][0]["features"] == ["structured-output"]
    assert "# features: [tool-call]" in text
    assert '# tools: unknown (POST /chat/completions: 500: {"error"' in text


def test_absent_service_is_said(command: Callable[..., Any], shop: Shop, tmp_path: Path) -> None:
    """Where nothing known is, nothing is written, and the exit code is 1."""
    shop.paths = ()
    done = command("new", "house", "--base-url", shop.url, "--out", tmp_path)
    assert done.code == 1
    assert "no known path answers" in done.err
    assert list(tmp_path.iterdir()) == []


def test_file_is_not_overwritten(command: Callable[..., Any], shop: Shop, tmp_path: Path) -> None:
    """A file that is there stays, and nothing is asked."""
    (tmp_path / "house.yaml").write_text("mine")
    done = command("new", "house", "--base-url", shop.url, "--out", tmp_path)
    assert done.code == 2
    assert (tmp_path / "house.yaml").read_text() == "mine"
    assert shop.asked == []


@pytest.mark.parametrize(
    "url", ["https://api.house.example/v1", "http://api.house.example/v1"], ids=["https", "http"]
)
def test_template_is_clean(command: Callable[..., Any], tmp_path: Path, url: str) -> None:
    """A template asks nothing and has no fault, also where the address is http."""
    done = command("new", "house", "--base-url", url, "--offline", "--out", tmp_path)
    assert done.code == 0
    assert_clean(command, tmp_path)


@pytest.mark.parametrize(
    "arguments",
    [(), ("Big House", "--base-url", "http://127.0.0.1"), ("house",), ("house", "--key-env", "NO")],
    ids=["nothing", "name", "no-address", "no-key"],
)
def test_wrong_usage_is_told(
    command: Callable[..., Any], tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    """What cannot be asked for is told before anything is sent."""
    done = command("new", *arguments, "--out", tmp_path)
    assert done.code == 2
    assert done.err.startswith("error: ")


CURLS = {
    "llm": (
        "curl https://api.house.example/v1/chat/completions \\\n -H 'Authorization: Bearer $HOUSE' "
        '-H "X-Region: eu" -d \'{"model": "large", "messages": [{"role": "user", "content": "Hi"}],'
        ' "temperature": 0.5, "safe_mode": true}\'',
        "https://api.house.example/v1",
        {"llm": {"request": {"body": {"safe_mode": True}}}},
    ),
    "speech2text": (
        f"curl https://api.house.example/v1/audio/transcriptions -H 'api-key: {KEY}' "
        "-F file=@a.wav -F model=nova -F diarize=true",
        "https://api.house.example/v1",
        {"speech2text": {"request": {"multipart": {"diarize": "true"}}}},
    ),
    "text-embedding": (
        f"curl -XPOST 'https://api.house.example/api/v2/embed' -H 'x-api-key: {KEY}' "
        f'--json \'{{"model": "m", "texts": ["a"], "api_key": "{KEY}", "truncate": "END"}}\'',
        "https://api.house.example/api/v2",
        {
            "text-embedding": {
                "request": {
                    "path": "/embed",
                    "body": {
                        "$replace": True,
                        "model": "{{ model }}",
                        "texts": "{{ texts }}",
                        "truncate": "END",
                        "$merge": ["wire_parameters", "extra_body"],
                    },
                }
            }
        },
    ),
}


@pytest.mark.parametrize("kind", CURLS)
def test_curl_command_becomes_an_operation(
    command: Callable[..., Any], tmp_path: Path, kind: str
) -> None:
    """What the command sends beyond the parent is written, its secrets are not, and it is clean."""
    import yaml

    text, base_url, operations = CURLS[kind]
    source = tmp_path / "curl.txt"
    source.write_text(text)
    done = command("new", "house", "--from-curl", source, "--out", tmp_path / "specs")
    assert done.code == 0, done.err
    assert_clean(command, tmp_path / "specs")
    written = (tmp_path / "specs" / "house.yaml").read_text()
    tree = yaml.safe_load(written)
    assert (tree["base_url"], tree["operations"]) == (base_url, operations)
    assert tree["models"][0]["model_type"] == kind
    assert KEY not in written


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("wget https://a.example", "no curl command"),
        ("curl -H 'a: b'", "no URL"),
        ("curl https://a.example/v1/chat/completions", "sends no body"),
        ("curl https://a.example -d 'a=b'", "not JSON"),
        ("curl 'https://a.example", "quotation"),
    ],
    ids=["wget", "no-url", "no-body", "no-json", "quote"],
)
def test_other_text_is_no_curl_command(
    command: Callable[..., Any], tmp_path: Path, text: str, told: str
) -> None:
    """What makes no operation is told with its reason."""
    source = tmp_path / "curl.txt"
    source.write_text(text)
    done = command("new", "house", "--from-curl", source, "--out", tmp_path)
    assert done.code == 2
    assert told in done.err


def test_interview_ends_with_the_first_answer(tmp_path: Path, shop: Shop) -> None:
    """Without arguments the name, address and key are asked for; the key is never shown."""
    shop.header, shop.key = "authorization", f"Bearer {KEY}"
    main, terminal = os.openpty()
    try:
        with subprocess.Popen(
            [sys.executable, "-m", "model_runtime", "new"],
            stdin=terminal,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ENGINE)},
            # So that the key is asked for on the terminal that it has, not on the tests' own.
            start_new_session=True,
            text=True,
        ) as asked:
            assert asked.stderr is not None
            told = ""
            for question, reply in (
                ("name", "Corner House"),
                ("URL)", shop.url),
                ("Enter): ", KEY),
            ):
                # What is typed before a hidden question is thrown away by the terminal.
                while question not in told:
                    letter = asked.stderr.read(1)
                    assert letter, told
                    told += letter
                os.write(main, f"{reply}\n".encode())
            out, err = asked.communicate(timeout=60)
    finally:
        os.close(main)
        os.close(terminal)
    assert asked.returncode == 0, err
    assert out.split() == ["corner_house.yaml", "Hello."]
    assert "corner_house/house-large says:" in err
    assert KEY not in told + out + err + (tmp_path / "corner_house.yaml").read_text()
