"""Lists and descriptions of models, from the service through the public API."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from model_runtime.errors import NotFoundError, UnknownModel

KEY, OTHER = "sk-test-0123456789", "sk-other-987654321"
SPEC = """\
spec_version: 1
provider: acme
base_url: http://127.0.0.1:1
auth: {kind: bearer, token: "{{ credentials.api_key }}"}
credentials: {api_key: {required: false}}
models:
  - {model: big, model_type: llm, features: [vision], model_properties: {mode: chat}}
  - {model: vectors, model_type: text-embedding}
errors: {status: {"404": not_found, "5xx": server}}
operations:
  list_models:
    request: {method: GET, path: /models, query: {limit: 2}}
    response:
      each: data
      id: id
      model_type: {path: kind, map: {chat: llm, embed: text-embedding}}
      context_size: length
      features: {tool-call: tools}
    PAGES
  DESCRIBE
  text-embedding:
    batch: {of: texts, default_items: 2}
    request: {path: /embed, body: {inputs: "{{ texts }}"}}
    response: {embeddings: {each: "@", vector: "@"}}
"""
DESCRIBE = """\
describe_model:
    request: {method: POST, path: /show, body: {name: "{{ model }}"}}
    response: {context_size: length, max_chunks: limit, features: {tool-call: tools}}
    before: [text-embedding]
"""


@pytest.fixture(params=["sync", "async"])
def open_acme(
    request: pytest.FixtureRequest, tmp_path: Path, loopback: Any
) -> Iterator[Callable[..., Any]]:
    """Open runtimes over one provider of our own, which is the loopback server."""
    from doors import DOORS

    made: list[Any] = []

    def door(*, pages: str = "", describe: str = "", more: str = "", **options: Any) -> Any:
        text = SPEC.replace("PAGES", pages).replace("DESCRIBE", describe) + more
        (tmp_path / "acme.yaml").write_text(text, encoding="utf-8")
        given: dict[str, Any] = {"specs": [tmp_path], "bundled": False}
        given |= {"credentials": {"acme": {"api_key": KEY}}, "base_urls": {"acme": loopback.url}}
        made.append(DOORS[request.param](**{**given, **options}))
        return made[-1]

    yield door
    for one in made:
        one.close()


def answer(loopback: Any, *bodies: object, status: int = 200, **headers: str) -> None:
    for body in bodies:
        loopback.answer(loopback.reply(json.dumps(body).encode(), status, **headers))


def remote(door: Any, **options: Any) -> Any:
    return door.call(lambda runtime: runtime.remote_models("acme", **options))


def describe(door: Any, model: str, kind: str = "llm", **options: Any) -> Any:
    name = f"acme/{model}"
    return door.call(lambda runtime: runtime.describe_model(name, kind, **options))


def embed(door: Any, *texts: str) -> Any:
    return door.call(lambda runtime: runtime.text_embedding("acme/v").invoke(list(texts)))


def test_rows_become_models_with_their_facts(open_acme: Any, loopback: Any) -> None:
    """A model of several types is several; one of none of ours is left out."""
    rows = [{"id": "a", "kind": ["chat", "embed"], "length": 8, "tools": True}]
    answer(loopback, {"data": [*rows, {"id": "b", "kind": "image"}]})
    found = remote(open_acme())
    assert [(m.model, m.model_type) for m in found] == [("a", "llm"), ("a", "text-embedding")]
    assert found[0].features == ("tool-call",)
    assert found[0].model_properties == {"context_size": 8}


def test_type_that_is_not_told_is_that_of_our_list(open_acme: Any, loopback: Any) -> None:
    """Else the provider's first."""
    answer(loopback, {"data": [{"id": "vectors"}, {"id": "unheard"}]})
    found = remote(open_acme())
    assert [(m.model, m.model_type) for m in found] == [
        ("vectors", "text-embedding"),
        ("unheard", "llm"),
    ]


def test_pages_are_asked_for_by_number(open_acme: Any, loopback: Any) -> None:
    """Until one is empty."""
    pages = "pages: {next: {query: page, first: 1}}"
    answer(loopback, {"data": [{"id": "a"}]}, {"data": [{"id": "b"}]}, {"data": []})
    assert [m.model for m in remote(open_acme(pages=pages))] == ["a", "b"]
    targets = ["/models?limit=2", "/models?limit=2&page=2", "/models?limit=2&page=3"]
    assert [request.target for request in loopback.requests] == targets


def test_pages_are_asked_for_as_their_link_says(open_acme: Any, loopback: Any) -> None:
    """A link of the header, at the service itself."""
    answer(loopback, {"data": [{"id": "a"}]}, link='</models?at=2>; rel="next"')
    answer(loopback, {"data": [{"id": "b"}]})
    found = remote(open_acme(pages="pages: {next: {header: link}}"))
    assert [m.model for m in found] == ["a", "b"]
    assert loopback.requests[1].target == "/models?at=2"


def test_list_is_remembered_for_a_while(open_acme: Any, loopback: Any) -> None:
    """One request for two lists; none is remembered where `max_age` is 0."""
    answer(loopback, {"data": [{"id": "a"}]}, {"data": [{"id": "b"}]})
    door = open_acme()
    assert [m.model for m in remote(door)] == [m.model for m in remote(door)] == ["a"]
    assert len(loopback.requests) == 1
    assert [m.model for m in remote(door, max_age=0)] == ["b"]


def test_list_of_one_key_is_never_shown_to_another(open_acme: Any, loopback: Any) -> None:
    """Each key may see other models."""
    answer(loopback, {"data": [{"id": "a"}]}, {"data": [{"id": "b"}]})
    door = open_acme()
    remote(door)
    assert [m.model for m in remote(door, credentials={"api_key": OTHER})] == ["b"]
    assert loopback.requests[1].headers["authorization"] == f"Bearer {OTHER}"


def test_failed_list_is_not_remembered(open_acme: Any, loopback: Any) -> None:
    """The next call asks again."""
    door = open_acme()
    answer(loopback, {}, status=404)
    with pytest.raises(NotFoundError):
        remote(door)
    answer(loopback, {"data": [{"id": "a"}]})
    assert len(remote(door)) == 1


def test_described_model_is_what_both_tell(open_acme: Any, loopback: Any) -> None:
    """The service's facts stand over those of the list."""
    answer(loopback, {"length": 4096, "tools": True})
    found = describe(open_acme(describe=DESCRIBE), "big")
    assert found.model_properties == {"mode": "chat", "context_size": 4096}
    assert (found.features, found.fetch_from) == (("tool-call",), "predefined-model")
    assert json.loads(loopback.requests[0].body) == {"name": "big"}


def test_description_is_remembered_per_model(open_acme: Any, loopback: Any) -> None:
    """An unlisted model is described as a listed one is."""
    answer(loopback, {"length": 1}, {"length": 2})
    door = open_acme(describe=DESCRIBE)
    sizes = [describe(door, name).model_properties["context_size"] for name in ("x", "y", "x")]
    assert sizes == [1, 2, 1]
    assert len(loopback.requests) == 2


def test_unknown_model_is_described_by_the_list_of_the_service(
    open_acme: Any, loopback: Any
) -> None:
    """Where the service describes no single one."""
    answer(loopback, {"data": [{"id": "x", "kind": "chat", "length": 9}]})
    found = describe(open_acme(), "x")
    assert found.model_properties == {"context_size": 9}
    assert found.fetch_from == "fetch-from-remote"


def test_model_that_nobody_describes_is_unknown(open_acme: Any, loopback: Any) -> None:
    """The error says that it can be called all the same."""
    answer(loopback, {"data": []})
    with pytest.raises(UnknownModel, match="It can still be called"):
        describe(open_acme(), "x")


def test_model_of_the_user_is_described_by_its_form(open_acme: Any, loopback: Any) -> None:
    """A customizable model needs nobody else."""
    answer(loopback, {"data": []})
    more = "model_credentials: {api_key: {}, context_size: {type: text-input}}\n"
    values = {"api_key": KEY, "context_size": "777"}
    found = describe(open_acme(more=more), "mine", credentials=values)
    assert found.model_properties == {"context_size": 777}
    assert found.fetch_from == "customizable-model"


def test_error_of_a_description_names_it_and_shows_no_secret(open_acme: Any, loopback: Any) -> None:
    """As that of every call."""
    answer(loopback, {"error": {"message": f"no {KEY}"}}, status=404)
    with pytest.raises(NotFoundError) as caught:
        describe(open_acme(describe=DESCRIBE), "x")
    where = f"acme/x describe_model: POST {loopback.url}/show"
    assert str(caught.value).startswith(f"{where}: HTTP 404")
    assert KEY not in f"{caught.value!r} {caught.value.body}"


def test_batches_have_the_size_that_the_server_tells(open_acme: Any, loopback: Any) -> None:
    """Asked before the first call, and not before the second."""
    answer(loopback, {"limit": 3}, [[1.0], [2.0], [3.0]], [[4.0]], [[5.0], [6.0]])
    door = open_acme(describe=DESCRIBE)
    assert [v[0] for v in embed(door, *"abcd").embeddings] == [1.0, 2.0, 3.0, 4.0]
    embed(door, *"ef")
    assert [r.target for r in loopback.requests] == ["/show", "/embed", "/embed", "/embed"]


def test_limits_are_not_asked_for_one_text(open_acme: Any, loopback: Any) -> None:
    """It fits whatever the limit is."""
    answer(loopback, [[1.0]])
    embed(open_acme(describe=DESCRIBE), "a")
    assert [r.target for r in loopback.requests] == ["/embed"]


@pytest.mark.parametrize("status", [404, 503])
def test_server_that_tells_no_limit_is_called_with_the_spec_s(
    open_acme: Any, loopback: Any, status: int
) -> None:
    """A warning says so; a server without the address is not asked again."""
    door = open_acme(describe=DESCRIBE)
    answer(loopback, {}, status=status)
    answer(loopback, [[1.0], [2.0]], [[3.0]])
    result = embed(door, *"abc")
    assert len(result.embeddings) == 3
    assert "limits are not known" in result.warnings[0]
    answer(loopback, *([{"limit": 9}] if status == 503 else []), [[1.0], [2.0]])
    embed(door, *"ab")
    assert [r.target for r in loopback.requests].count("/show") == (2 if status == 503 else 1)
