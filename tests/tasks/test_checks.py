"""The network check of credentials: the cheapest request that proves them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from doors import KEY

from model_runtime.errors import CredentialsInvalid

Open = Callable[..., Any]

CHAT = """
llm:
  request:
    path: /chat
    body:
      model: "{{ model }}"
      messages: {$each: messages, $as: m, $emit: {role: "{{ m.role }}", content: "{{ m | text }}"}}
      $merge: [wire_parameters, extra_body]
  response: {text: answer}
"""
REST = """
text-embedding:
  request: {path: /embed, body: {model: "{{ model }}", input: "{{ texts }}"}}
  response: {embeddings: {each: data, vector: "@"}}
rerank:
  request: {path: /rerank, body: {documents: "{{ documents }}"}}
  response: {documents: {each: "@", score: "@"}}
speech2text:
  request: {path: /hear, raw: "{{ file.content }}"}
  response: {text: text}
tts:
  request: {path: /speak, body: {text: "{{ text }}", voice: "{{ voice }}"}}
  response: {audio: {body: bytes}}
moderation:
  request: {path: /judge, body: {input: "{{ text }}"}}
  response: {flagged: flagged}
"""
LIST = """
list_models:
  request: {method: GET, path: /models}
  response: {each: data, id: id}
"""
TABLE = "parameters: {max_tokens: max_tokens}\n"


def prove(service: Any, **values: str) -> Any:
    given = {"api_key": KEY, **values}
    return service.call(lambda r: r.validate_provider_credentials("acme", given))


def prove_model(service: Any, kind: str, model: str = "m", **values: str) -> Any:
    given = {"api_key": KEY, **values}
    return service.call(lambda r: r.validate_model_credentials("acme", kind, model, given))


def test_form_is_checked_before_anything_is_sent(open_service: Open) -> None:
    """A missing field needs no request."""
    service = open_service(CHAT + LIST + "validate_credentials: {provider: {call: list_models}}\n")
    with pytest.raises(CredentialsInvalid, match="'api_key' is required"):
        service.call(lambda r: r.validate_provider_credentials("acme", {"api_key": ""}))
    assert service.targets == []


def test_valid_credentials_come_back_filtered(open_service: Open) -> None:
    """Unknown variables are dropped, and one request is enough."""
    service = open_service(CHAT + LIST + "validate_credentials: {provider: {call: list_models}}\n")
    service.answer({"data": []})
    assert prove(service, region="eu", endpoint="e") == {"api_key": KEY, "endpoint": "e"}
    assert service.targets == ["GET /models"]
    assert service.loopback.requests[0].headers["authorization"] == f"Bearer {KEY}"


def test_refusal_shows_address_status_and_message_but_no_key(open_service: Open) -> None:
    """Also when the service repeats the key."""
    service = open_service(CHAT + LIST + "validate_credentials: {provider: {call: list_models}}\n")
    service.answer({"error": {"message": f"wrong key {KEY}"}}, status=401)
    with pytest.raises(CredentialsInvalid) as caught:
        prove(service)
    said = str(caught.value)
    assert service.url in said
    assert "HTTP 401" in said
    assert "wrong key" in said
    assert KEY not in said
    assert caught.value.__cause__ is None


def test_service_that_cannot_be_reached_proves_nothing(open_service: Open) -> None:
    """It is told as such, once: a check is not retried."""
    spec = CHAT + LIST + "validate_credentials: {provider: {call: list_models}}\n"
    service = open_service(spec, base_urls={"acme": "http://127.0.0.1:9"}, retries=3)
    with pytest.raises(CredentialsInvalid, match=r"http://127\.0\.0\.1:9"):
        prove(service)


def test_spec_says_which_call_is_cheapest(open_service: Open) -> None:
    """With a model and a floor of tokens of its own."""
    check = """
validate_credentials:
  provider:
    call: llm
    given: {model: tiny, messages: [{role: user, content: hi}], parameters: {max_tokens: 1}}
"""
    service = open_service(CHAT + check, more=TABLE)
    service.answer({"answer": "ok"})
    prove(service)
    assert service.body() == {
        "model": "tiny",
        "messages": [{"role": "user", "content": "hi"}],
        "max_tokens": 1,
    }


def test_model_of_a_check_holds_for_every_type(open_service: Open) -> None:
    """A provider of embeddings alone is proven by one."""
    check = "validate_credentials: {provider: {call: text-embedding, given: {model: tiny}}}\n"
    service = open_service(REST + check)
    service.answer({"data": [[1.0]]})
    prove(service)
    assert service.body() == {"model": "tiny", "input": ["ping"]}


def test_provider_without_a_check_sends_nothing(open_service: Open) -> None:
    """The form is all that can be judged then."""
    service = open_service(CHAT)
    assert prove(service) == {"api_key": KEY}
    assert service.targets == []


@pytest.mark.parametrize(
    ("kind", "path", "reply"),
    [
        ("llm", "/chat", {"answer": "pong"}),
        ("text-embedding", "/embed", {"data": [[1.0]]}),
        ("rerank", "/rerank", [0.1, 0.2]),
        ("speech2text", "/hear", {"text": ""}),
        ("tts", "/speak", b"ID3"),
        ("moderation", "/judge", {"flagged": False}),
    ],
    ids=["llm", "embedding", "rerank", "speech2text", "tts", "moderation"],
)
def test_model_is_proven_by_one_short_call_of_its_type(
    open_service: Open, kind: str, path: str, reply: object
) -> None:
    """Without a check in the spec."""
    service = open_service(CHAT + REST, more=TABLE)
    service.answer(reply)
    assert prove_model(service, kind) == {"api_key": KEY}
    assert service.targets == [f"POST {path}"]


def test_floor_of_tokens_is_the_model_s_own(open_service: Open) -> None:
    """A model that refuses fewer than its least is asked for that."""
    models = """
models:
  - model: m
    model_type: llm
    parameter_rules: [{name: max_tokens, use_template: max_tokens, min: 64}]
"""
    service = open_service(CHAT, more=TABLE + models)
    service.answer({"answer": "pong"})
    prove_model(service, "llm")
    assert service.body()["max_tokens"] == 64


def test_limit_of_tokens_is_left_out_where_a_model_has_none(open_service: Open) -> None:
    """A check of our own making must not fail for a setting that nobody asked for."""
    service = open_service(CHAT)
    service.answer({"answer": "pong"})
    prove_model(service, "llm")
    assert "max_tokens" not in service.body()


def test_check_of_a_model_may_differ_by_its_name(open_service: Open) -> None:
    """`model_rules` reach the checks too."""
    more = (
        TABLE
        + """
model_rules:
  old:
    match: "old-*"
    operations:
      validate_credentials: {llm: {call: llm, given: {parameters: {max_tokens: 5}}}}
"""
    )
    service = open_service(CHAT, more=more)
    service.always({"answer": "pong"})
    prove_model(service, "llm", "old-1")
    prove_model(service, "llm", "new-1")
    assert service.bodies("max_tokens") == [5, 16]


def test_voice_of_the_model_proves_a_speaker(open_service: Open) -> None:
    """The listed model of that type is meant, not an llm of its name."""
    models = """
models:
  - {model: m, model_type: llm}
  - {model: m, model_type: tts, model_properties: {default_voice: nova}}
"""
    service = open_service(CHAT + REST, more=models)
    service.answer(b"ID3")
    prove_model(service, "tts")
    assert service.body()["voice"] == "nova"


def test_model_form_adds_to_the_form_of_the_provider(open_service: Open) -> None:
    """What a call would take is what is proven; `__model_type` shows fields."""
    more = """
model_credentials:
  deployment: {type: text-input}
  voice: {type: text-input, show_on: [{variable: __model_type, value: tts}]}
"""
    service = open_service(CHAT, more=TABLE + more)
    service.answer({"answer": "pong"})
    found = prove_model(service, "llm", deployment="d", voice="v")
    assert found == {"deployment": "d", "api_key": KEY}
    assert service.loopback.requests[0].headers["authorization"] == f"Bearer {KEY}"
    with pytest.raises(CredentialsInvalid, match="'voice' is required"):
        prove_model(service, "tts", deployment="d")


@pytest.mark.parametrize(
    ("status", "reply", "said"),
    [(200, {"user": "u"}, None), (401, {"error": "no"}, "HTTP 401"), (200, {"error": "no"}, "no")],
    ids=["proven", "status", "error in success"],
)
def test_request_of_its_own_proves_credentials(
    open_service: Open, status: int, reply: Any, said: str | None
) -> None:
    """Services with an endpoint that tells who one is need no list and no call of a model."""
    check = "validate_credentials: {provider: {request: {method: GET, path: /me}}}\n"
    service = open_service(CHAT + check)
    service.answer(reply, status=status)
    if said is None:
        assert prove(service) == {"api_key": KEY}
    else:
        with pytest.raises(CredentialsInvalid, match=said):
            prove(service)
    assert service.targets == ["GET /me"]
    assert service.loopback.requests[0].headers["authorization"] == f"Bearer {KEY}"


def test_list_that_anybody_may_read_gets_no_key(open_service: Open) -> None:
    """A check that calls it still sends the key: that is what it is for."""
    listing = """
list_models:
  auth: {kind: none}
  request: {method: GET, path: /models}
  response: {each: data, id: id}
validate_credentials: {provider: {call: list_models}}
"""
    service = open_service(CHAT + listing)
    service.answer({"data": [{"id": "m"}]})
    service.call(lambda r: r.remote_models("acme", credentials={"api_key": KEY}))
    assert "authorization" not in service.loopback.requests[0].headers
    service.answer({"data": []})
    prove(service)
    assert service.loopback.requests[1].headers["authorization"] == f"Bearer {KEY}"
