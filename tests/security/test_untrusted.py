"""Mitigation 1: `untrusted=True` holds specs and credentials of strangers to public services."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("cryptography")

from internet import PUBLIC, Internet, server_tls, write_certificate

from model_runtime import ModelRuntime
from model_runtime.errors import CredentialsInvalid, HostRefused, MissingCredential, SpecError

NAME = "api.stranger.example"
KEY = "sk-stranger-0123456789"
SPEC = """
spec_version: 1
provider: acme
credentials:
  api_key: {env: SOMEBODYS_API_KEY}
  endpoint: {type: text-input, format: url}
base_url: "{{ credentials.endpoint }}"
auth: {kind: bearer, token: "{{ credentials.api_key }}"}
operations:
  llm:
    request: {path: /chat, body: {prompt: "{{ messages|length }}"}}
    response: {text: text}
    stream: {delta: {text: text}}
  text-embedding:
    request: {path: /embed, body: {input: "{{ texts }}"}}
    response: {embeddings: {each: data, vector: "@"}}
  rerank:
    request: {path: /rank, body: {query: "{{ query }}"}}
    response: {documents: {each: data, index: i, score: s}}
  speech2text: {request: {path: /hear, raw: "{{ file.content }}"}, response: {text: text}}
  tts: {request: {path: /say, body: {text: "{{ text }}"}}}
  moderation: {request: {path: /judge, body: {text: "{{ text }}"}}, response: {flagged: flagged}}
  list_models: {request: {method: GET, path: /models}, response: {each: data, id: id}}
  describe_model: {request: {method: GET, path: /model}, response: {label: label}}
  voices: {request: {method: GET, path: /voices}, response: {each: data, id: id}}
  count_tokens: {llm: {request: {path: /count, body: {}}, response: {tokens: n}}}
  validate_credentials: {provider: {request: {method: GET, path: /me}}}
"""
CALLS: dict[str, Callable[[Any, dict[str, str]], Any]] = {
    "llm": lambda r, c: r.llm("acme/m", credentials=c).invoke("Hi"),
    "text-embedding": lambda r, c: r.text_embedding("acme/m", credentials=c).invoke(["a"]),
    "rerank": lambda r, c: r.rerank("acme/m", credentials=c).invoke("q", ["a"]),
    "speech2text": lambda r, c: r.speech2text("acme/m", credentials=c).invoke(io.BytesIO(b"RIFF")),
    "tts": lambda r, c: r.tts("acme/m", credentials=c).invoke("a"),
    "moderation": lambda r, c: r.moderation("acme/m", credentials=c).invoke("a"),
    "list_models": lambda r, c: r.remote_models("acme", credentials=c),
    "describe_model": lambda r, c: r.describe_model("acme/m", "llm", credentials=c),
    "voices": lambda r, c: r.tts("acme/m", credentials=c).voices(),
    "count_tokens": lambda r, c: r.llm("acme/m", credentials=c).count_tokens("a", method="remote"),
    "validate_model": lambda r, c: r.validate_model_credentials("acme", "llm", "m", c),
    "validate_provider": lambda r, c: r.validate_provider_credentials("acme", c),
}


@pytest.fixture
def web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    from loopback import Loopback

    certificate = write_certificate(tmp_path, NAME)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    server = Loopback()
    server.start(server_tls(certificate, []))
    yield server
    server.stop()


@pytest.fixture
def internet(monkeypatch: pytest.MonkeyPatch, web: Any) -> Internet:
    return Internet(monkeypatch, web)


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a spec into a folder of its own and return its file."""

    def put(text: str = SPEC, name: str = "acme", folder: str = "given") -> Path:
        file = tmp_path / folder / f"{name}.yaml"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    return put


def values(endpoint: str) -> dict[str, str]:
    return {"api_key": KEY, "endpoint": endpoint}


@pytest.mark.parametrize("kind", CALLS)
@pytest.mark.parametrize(
    "endpoint",
    [
        "http://api.stranger.example",
        "https://127.0.0.1",
        "https://0x7f.1",
        "https://[::ffff:10.0.0.1]",
        "https://localhost",
        "https://intranet",
        "https://169.254.169.254",
    ],
)
def test_no_operation_leads_a_strangers_credentials_inside(
    make_door: Callable[..., Any],
    write: Callable[..., Path],
    internet: Internet,
    kind: str,
    endpoint: str,
) -> None:
    """Whatever is called, plain http and private addresses are refused before a byte is sent."""
    door = make_door(specs=[write()], untrusted=True)
    with pytest.raises((HostRefused, CredentialsInvalid), match="over https|metadata service"):
        door.call(lambda runtime: CALLS[kind](runtime, values(endpoint)))
    assert internet.asked == [] and internet.reached == []


@pytest.mark.parametrize("kind", CALLS)
def test_no_operation_follows_a_name_inside(
    make_door: Callable[..., Any], write: Callable[..., Path], internet: Internet, kind: str
) -> None:
    """A public name with a private address is refused when it is resolved."""
    internet.name(NAME, "10.0.0.1")
    door = make_door(specs=[write()], untrusted=True)
    with pytest.raises(Exception, match=r"resolves to 10\.0\.0\.1"):
        door.call(lambda runtime: CALLS[kind](runtime, values(f"https://{NAME}")))
    assert internet.reached == []


def test_stream_is_held_to_public_addresses_too(
    make_door: Callable[..., Any], write: Callable[..., Path], internet: Internet
) -> None:
    """The opening of a stream is judged like a call."""
    internet.name(NAME, "10.0.0.1")
    door = make_door(specs=[write()], untrusted=True)
    model = door.model("acme/m", credentials=values(f"https://{NAME}"))
    assert isinstance(model.stream().error, HostRefused)
    assert internet.reached == []


def test_public_service_of_a_stranger_is_called(
    make_door: Callable[..., Any], write: Callable[..., Path], internet: Internet, web: Any
) -> None:
    """An honest spec and honest credentials work as ever."""
    internet.name(NAME, PUBLIC)
    web.answer(web.reply(b'{"text": "Hi"}', content_type="application/json"))
    door = make_door(specs=[write()], untrusted=True)
    model = door.model("acme/m", credentials=values(f"https://{NAME}"))
    assert model.invoke().text == "Hi"
    assert web.requests[0].headers["authorization"] == f"Bearer {KEY}"


def test_address_that_the_host_names_itself_stays_trusted(
    make_door: Callable[..., Any], write: Callable[..., Path], loopback: Any
) -> None:
    """`base_urls` and `base_url` are the host's own words, and lead where he says."""
    loopback.always(loopback.reply(b'{"text": "Hi"}', content_type="application/json"))
    given = {"acme": values("https://127.0.0.1")}
    options = {"specs": [write()], "untrusted": True, "credentials": given}
    assert make_door(**options, base_urls={"acme": loopback.url}).model("acme/m").invoke().text
    assert make_door(**options).model("acme/m", loopback.url).invoke().text == "Hi"
    with pytest.raises(HostRefused):
        make_door(**options).model("acme/m").invoke()


def test_credentials_of_a_bundled_provider_are_judged_too(internet: Internet) -> None:
    """Who fills in a form of the library is as much a stranger as who writes a spec."""
    given = {"vllm": {"base_url": "http://127.0.0.1:8000/v1"}}
    with ModelRuntime(untrusted=True, credentials=given) as runtime:
        strict = runtime.llm("vllm/m")
        with pytest.raises(HostRefused, match="over https"):
            strict.invoke("Hi")
    with ModelRuntime(credentials=given) as runtime:
        assert runtime.llm("vllm/m").render("Hi").url.startswith("http://127.0.0.1:8000/")
    assert internet.reached == []


def test_default_of_a_form_is_no_word_of_the_host(internet: Internet) -> None:
    """A server on this machine is no default for strangers."""
    with ModelRuntime(untrusted=True, credentials={"local": {}}) as runtime:
        model = runtime.llm("local/m")
        with pytest.raises(HostRefused, match="over https"):
            model.invoke("Hi")
    assert internet.reached == []


@pytest.mark.parametrize("url", ["http://127.0.0.1/token", "https://10.0.0.1/token"])
def test_token_request_is_held_to_public_addresses(
    make_door: Callable[..., Any], write: Callable[..., Path], loopback: Any, url: str
) -> None:
    """The key goes to a token service first: that one is judged even if the base is the host's."""
    auth = {
        "kind": "token_exchange",
        "request": {"url": url, "form": {"key": "{{ credentials.api_key }}"}},
        "token": "access_token",
        "apply": {"bearer": "{{ token }}"},
    }
    text = SPEC.replace(
        'auth: {kind: bearer, token: "{{ credentials.api_key }}"}', f"auth: {json.dumps(auth)}"
    )
    options = {"specs": [write(text)], "credentials": {"acme": values("https://a.example")}}
    door = make_door(**options, untrusted=True)
    with pytest.raises(HostRefused, match="over https"):
        door.model("acme/m", loopback.url).invoke()
    assert loopback.requests == []


def test_host_named_by_an_untrusted_spec_is_no_word_of_the_host(
    make_door: Callable[..., Any], write: Callable[..., Path], loopback: Any
) -> None:
    """`allow_hosts` of a stranger opens no private host, even beside a base of the host's own."""
    text = SPEC.replace(
        "request: {path: /judge,", 'request: {url: "https://10.0.0.1/x", allow_hosts: ["10.0.0.1"],'
    )
    door = make_door(
        specs=[write(text)],
        untrusted=True,
        credentials={"acme": values("https://a.example")},
        base_urls={"acme": loopback.url},
    )
    with pytest.raises(HostRefused, match="over https"):
        door.call(lambda runtime: runtime.moderation("acme/m").invoke("a"))


def test_environment_is_not_read_for_a_stranger(
    monkeypatch: pytest.MonkeyPatch, write: Callable[..., Path]
) -> None:
    """A spec that names a variable of the environment is not given its value."""
    monkeypatch.setenv("SOMEBODYS_API_KEY", KEY)
    monkeypatch.setenv("ACME_ENDPOINT", f"https://{NAME}")
    with ModelRuntime([write()]) as runtime:
        assert runtime.llm("acme/m").render("Hi").url == f"https://{NAME}/chat"
    with ModelRuntime([write()], untrusted=True) as runtime:
        assert runtime.models(provider="acme") == ()
        with pytest.raises(MissingCredential):
            runtime.llm("acme/m").render("Hi")


def test_keys_of_the_machine_are_not_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A spec whose auth may search this machine for keys is given none of them."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", KEY)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    with ModelRuntime(untrusted=True, credentials={"bedrock": {"region": "us-east-1"}}) as runtime:
        model = runtime.llm("bedrock/m")
        with pytest.raises(MissingCredential):
            model.invoke("Hi")


def test_untrusted_spec_takes_no_name_of_a_bundled_one(write: Callable[..., Path]) -> None:
    """The keys that a host keeps for a provider go to no spec that borrows its name."""
    text = SPEC.replace("provider: acme", "provider: openai")
    with ModelRuntime(
        [write(text, "openai")], untrusted=True, credentials={"openai": values("https://a.example")}
    ) as runtime:
        assert "openai" in {provider.name for provider in runtime.providers()}
        with pytest.raises(SpecError, match="cannot take the name 'openai'"):
            runtime.llm("openai/m").invoke("Hi")


def test_untrusted_spec_becomes_no_parent_of_a_bundled_one(write: Callable[..., Path]) -> None:
    """A base that many extend is the library's own, whatever else bears its name."""
    text = SPEC.replace("provider: acme", "provider: openai_compatible")
    given = {"groq": {"api_key": KEY}}
    with ModelRuntime(
        [write(text, "openai_compatible")], untrusted=True, credentials=given
    ) as runtime:
        request = runtime.llm("groq/m").render("Hi")
        assert request.url == "https://api.groq.com/openai/v1/chat/completions"


def test_name_belongs_to_the_first_of_two_strangers(write: Callable[..., Path]) -> None:
    """A second stranger gets at nothing of the first."""
    other = SPEC.replace('"{{ credentials.endpoint }}"', "https://evil.example")
    specs = [write(), write(other, folder="other")]
    given = {"acme": values(f"https://{NAME}")}
    with ModelRuntime(specs, credentials=given) as runtime:
        assert runtime.llm("acme/m").render("Hi").url == "https://evil.example/chat"
    runtime = ModelRuntime(specs, untrusted=True, credentials=given)
    with pytest.raises(SpecError, match=r"other/acme\.yaml:1:1.*cannot take the name"):
        runtime.llm("acme/m")


def test_merge_keys_are_refused_in_untrusted_descriptions(write: Callable[..., Path]) -> None:
    """A described-only file may merge maps when it is trusted, and not otherwise."""
    text = "provider: acme\nlabel: &a {en_US: Acme}\ndescription: {<<: *a}\n"
    with ModelRuntime([write(text)]) as runtime:
        assert runtime.provider("acme").findings == ()
    with ModelRuntime([write(text)], untrusted=True) as runtime:
        (finding,) = runtime.provider("acme").findings
        assert "merge keys" in finding.message
