"""Language models through the public API, sync and async: arguments, hooks, errors, secrets."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from model_runtime import Message, Text, ToolCall
from model_runtime.errors import (
    AuthorizationError,
    InvalidParameter,
    MissingCredential,
    RateLimitError,
)

KEY = "sk-very-secret-0123456789"
SPEC = """\
spec_version: 1
provider: acme
extends: openai_compatible
base_url: https://api.acme.example/v1
credentials: {api_key: {required: true}}
retry: {times: 0}
models:
  - model: large
    model_type: llm
    parameter_rules: [{name: temperature, use_template: temperature}]
"""
ANSWER = {"choices": [{"message": {"content": "hi"}, "finish_reason": "stop"}], "id": "a1"}
CHUNK = {"choices": [{"delta": {"content": "hi"}, "finish_reason": "stop"}]}


@pytest.fixture(params=["sync", "async"])
def open_door(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Open runtimes, sync or async, over the spec above; see `doors.py`."""
    from doors import DOORS

    file = tmp_path / "acme.yaml"
    file.write_text(SPEC, encoding="utf-8")
    made: list[Any] = []

    def door(**options: Any) -> Any:
        given = {"specs": [file], "credentials": {"acme": {"api_key": KEY}}, "retries": None}
        made.append(DOORS[request.param](**{**given, **options}))
        return made[-1]

    yield door
    for one in made:
        one.close()


def respond(loopback: Any, value: Any = ANSWER, status: int = 200, **headers: str) -> None:
    headers = {"content_type": "application/json", **headers}
    loopback.answer(loopback.reply(json.dumps(value).encode(), status, **headers))


def respond_stream(loopback: Any, *values: Any) -> None:
    data = "".join(f"data: {json.dumps(value)}\n\n" for value in values) + "data: [DONE]\n\n"
    loopback.answer(loopback.reply(data.encode(), content_type="text/event-stream"))


def sent(loopback: Any) -> Any:
    return json.loads(loopback.requests[-1].body)


def test_arguments_of_a_call_arrive_on_the_wire(open_door: Any, loopback: Any) -> None:
    """Stop and user are parameters; extra fields come last; headers are added."""
    respond(loopback)
    model = open_door().model("acme/large", loopback.url)
    result = model.invoke(
        [Message("user", [Text("Hello")])],
        parameters={"temperature": 0.0},
        stop="END",
        user="u1",
        tools=[{"name": "f", "parameters": {"type": "object"}}],
        tool_choice="f",
        response_format="json",
        extra_body={"model": "other", "own": 1},
        extra_headers={"X-Trace": "t"},
    )
    assert (result.text, result.id) == ("hi", "a1")
    body = sent(loopback)
    assert body["messages"] == [{"role": "user", "content": "Hello"}]
    assert (body["temperature"], body["stop"], body["user"]) == (0.0, ["END"], "u1")
    assert body["tool_choice"] == {"type": "function", "function": {"name": "f"}}
    assert body["response_format"] == {"type": "json_object"}
    assert (body["model"], body["own"]) == ("other", 1)
    request = loopback.requests[-1]
    assert request.headers["x-trace"] == "t"
    assert request.headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize("stop", [None, "", []], ids=repr)
def test_empty_stop_is_not_sent(open_door: Any, loopback: Any, stop: Any) -> None:
    """As an argument or as a parameter."""
    model = open_door().model("acme/large", loopback.url)
    for options in ({"stop": stop}, {"parameters": {"stop": stop}}):
        respond(loopback)
        model.invoke(**options)
        assert "stop" not in sent(loopback)


def test_fault_of_an_argument_is_told_before_anything_is_sent(
    open_door: Any, loopback: Any
) -> None:
    """By `stream` at once, and not when its block is entered."""
    model = open_door().model("acme/large", loopback.url)
    for call in (model.invoke, model.handle.stream):
        with pytest.raises(InvalidParameter, match="this model takes 0 to 1"):
            call("Hello", parameters={"temperature": 3})
    assert loopback.requests == []


@pytest.mark.parametrize(("mode", "wire"), [("clamp", 1.0), ("warn", 3)])
def test_host_may_let_parameters_out_of_range_pass(
    open_door: Any, loopback: Any, mode: str, wire: float
) -> None:
    """The result tells it."""
    respond(loopback)
    model = open_door(on_violation=mode).model("acme/large", loopback.url)
    result = model.invoke(parameters={"temperature": 3})
    assert sent(loopback)["temperature"] == wire
    assert "temperature is 3" in result.warnings[0]


def test_error_names_the_call_and_shows_no_secret(open_door: Any, loopback: Any) -> None:
    """A service that echoes the key does not get it into a log."""
    respond(loopback, {"error": {"message": f"Bad key {KEY}"}}, 401, X_Request_Id="r1")
    model = open_door().model("acme/large", loopback.url)
    with pytest.raises(AuthorizationError) as caught:
        model.invoke()
    error = caught.value
    assert (error.provider, error.model, error.operation) == ("acme", "large", "llm")
    assert (error.status, error.request_id, error.message) == (401, "r1", "Bad key ***")
    assert KEY not in f"{error} {error!r} {error.body}"
    sent = f"POST {loopback.url}/chat/completions"
    assert error.request == sent
    assert str(error).startswith(f"acme/large llm: {sent}: HTTP 401, auth:")


def test_hooks_see_each_step_and_no_secret(open_door: Any, loopback: Any) -> None:
    """Request, events, result and error, in any mode."""
    told: list[tuple[str, Any]] = []

    class Hook:
        def on_request(self, request: Any) -> None:
            told.append(("request", request))

        def on_event(self, event: Any) -> None:
            told.append(("event", event))

        def on_result(self, result: Any) -> None:
            told.append(("result", result))

        def on_error(self, error: Any) -> None:
            told.append(("error", error))

    model = open_door(hooks=[Hook()]).model("acme/large", loopback.url)
    respond(loopback)
    result = model.invoke()
    assert [name for name, _ in told] == ["request", "result"]
    assert told[1][1] is result
    told.clear()
    respond_stream(loopback, CHUNK)
    streamed = model.stream()
    assert [name for name, _ in told] == ["request", "event", "event", "event", "result"]
    assert [event for name, event in told if name == "event"] == streamed.events
    told.clear()
    respond(loopback, {"error": {"message": KEY}}, 400)
    assert model.stream().error is told[-1][1]
    assert [name for name, _ in told] == ["request", "error"]
    assert KEY not in repr(told)


def test_retries_of_the_host_replace_those_of_the_spec(open_door: Any, loopback: Any) -> None:
    """The spec above retries nothing."""
    respond(loopback, {}, 429, Retry_After="0")
    with pytest.raises(RateLimitError):
        open_door().model("acme/large", loopback.url).invoke()
    respond(loopback, {}, 429, Retry_After="0")
    respond(loopback)
    assert open_door(retries=1).model("acme/large", loopback.url).invoke().text == "hi"


def test_credentials_are_asked_for_at_each_call(open_door: Any, loopback: Any) -> None:
    """So that a host may rotate them; those of a handle come first."""
    keys = iter(["k-one", "k-two"])
    door = open_door(credentials=lambda *_: {"api_key": next(keys)})
    model = door.model("acme/large", loopback.url)
    for _ in range(2):
        respond(loopback)
        model.invoke()
    respond(loopback)
    door.model("acme/large", loopback.url, credentials={"api_key": "k-own"}).invoke()
    used = [request.headers["authorization"] for request in loopback.requests]
    assert used == ["Bearer k-one", "Bearer k-two", "Bearer k-own"]


def test_missing_credential_is_told_at_the_call(open_door: Any, loopback: Any) -> None:
    """A handle can be made without; nothing is sent."""
    model = open_door(credentials=None).model("acme/large", loopback.url)
    with pytest.raises(MissingCredential, match="ACME_API_KEY"):
        model.invoke()
    assert loopback.requests == []


def test_base_urls_of_the_host_replace_the_spec_s(open_door: Any, loopback: Any) -> None:
    """A path of theirs stays, and a slash at the end does not matter."""
    respond(loopback)
    open_door(base_urls={"acme": f"{loopback.url}/proxy/"}).model("acme/large").invoke()
    assert loopback.requests[-1].target == "/proxy/chat/completions"


def test_answer_goes_into_the_next_turn_as_it_is(open_door: Any, loopback: Any) -> None:
    """With its tool calls."""
    call = {"id": "c1", "function": {"name": "f", "arguments": '{"x": 1}'}}
    respond(loopback, {"choices": [{"message": {"content": None, "tool_calls": [call]}}]})
    model = open_door().model("acme/large", loopback.url)
    result = model.invoke()
    assert result.tool_calls == (
        ToolCall(id="c1", name="f", arguments={"x": 1}, raw_arguments=None),
    )
    respond(loopback)
    tool = {"role": "tool", "tool_call_id": "c1", "content": "18"}
    model.invoke([{"role": "user", "content": "?"}, result.message, tool])
    assistant = sent(loopback)["messages"][1]
    assert assistant["tool_calls"][0]["id"] == "c1"
    assert json.loads(assistant["tool_calls"][0]["function"]["arguments"]) == {"x": 1}


def test_request_can_be_rendered_without_sending_it(open_door: Any, loopback: Any) -> None:
    """Before auth, so that it holds no key."""
    handle = open_door().model("acme/large", loopback.url).handle
    request = handle.render("Hello", stream=True)
    assert json.loads(request.body)["stream"] is True
    assert KEY not in repr(request)
    assert loopback.requests == []
    assert repr(handle).endswith("LanguageModel('acme/large')")


def test_unlisted_model_of_a_customizable_provider_has_its_own_form(
    open_door: Any, loopback: Any, tmp_path: Path
) -> None:
    """Its credentials may hold its address; listed models keep the provider's form."""
    spec = """\
spec_version: 1
provider: own
extends: openai_compatible
base_url: "{{ credentials.endpoint }}"
model_credentials: {endpoint: {type: text-input, format: url}}
"""
    file = tmp_path / "own.yaml"
    file.write_text(spec, encoding="utf-8")
    given = {"endpoint": f"{loopback.url}/own", "api_key": "k1"}
    respond(loopback)
    open_door(specs=[file], credentials=lambda *_: given).model("own/mine").invoke()
    assert loopback.requests[-1].target == "/own/chat/completions"
    assert loopback.requests[-1].headers["authorization"] == "Bearer k1"
