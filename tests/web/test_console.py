"""The console as a browser without scripts sees it."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from web_helpers import KEY

from model_runtime.vocabulary import MODEL_TYPES
from model_runtime.web.console.languages import LANGUAGES, texts


def test_gallery_shows_and_filters_providers(serve: Any) -> None:
    """Words, type and state leave the cards that fit."""
    http = serve().http
    page = http.get("/").text
    assert "Acme" in page and "1 providers" in page and "Configured" in page
    assert "Acme" in http.get("/", params={"q": "ACM", "type": "rerank"}).text
    assert 'href="/providers/acme"' not in http.get("/", params={"q": "nothing"}).text
    assert 'href="/providers/acme"' not in http.get("/", params={"state": "open"}).text


def test_pages_speak_the_language_that_was_chosen(serve: Any) -> None:
    """The browser's language counts until one is chosen; the choice is kept in a cookie."""
    http = serve().http
    chinese = http.get("/", headers={"accept-language": "zh-CN,en;q=0.5"}).text
    assert 'lang="zh-Hans"' in chinese and "供应商" in chinese and "顶点" in chinese
    http.post("/settings", data={"lang": "zh_Hans", "theme": "dark", "next": "/models"})
    page = http.get("/models").text
    assert "模型" in page and 'data-theme="dark"' in page


def test_both_languages_have_every_text() -> None:
    """No key is missing in a language, and no text is empty or has other values to put in."""
    tables = [texts(lang) for lang in LANGUAGES]
    assert all(table.keys() == tables[0].keys() for table in tables)
    for key in tables[0]:
        slots = [sorted(re.findall(r"\{\w+\}", table[key])) for table in tables]
        assert all(table[key] for table in tables) and slots[0] == slots[-1], key


def test_saving_credentials_lights_the_models_up(serve: Any) -> None:
    """Models are grey before and ready after; what was saved is never shown again."""
    served = serve(configured=False)
    page = served.http.get("/providers/acme").text
    assert 'data-status="no-configure"' in page and 'data-status="active"' not in page
    form = {"action": "save", "api_key": KEY}
    done = served.http.post("/providers/acme/credentials", data=form, follow_redirects=True)
    assert 'data-status="active"' in done.text and "[__HIDDEN__]" in done.text
    assert KEY not in done.text and served.store.read("acme") == {"api_key": KEY}


def test_hidden_sign_keeps_what_is_kept(serve: Any) -> None:
    """Saving the form as it was shown changes nothing."""
    served = serve()
    form = {"action": "save", "api_key": "[__HIDDEN__]"}
    served.http.post("/providers/acme/credentials", data=form)
    assert served.store.read("acme") == {"api_key": KEY}


def test_wrong_credentials_are_explained_by_the_service(serve: Any, loopback: Any) -> None:
    """The service's own message, its status and its address are on the page; the key is not."""
    from loopback import reply

    refusal = b'{"error": {"message": "No such key here."}}'
    loopback.always(reply(refusal, 401, content_type="application/json"))
    served = serve(configured=False, url=loopback.url)
    form = {"action": "check", "api_key": KEY}
    page = served.http.post("/providers/acme/credentials", data=form)
    assert page.status_code == 422 and "No such key here." in page.text and "401" in page.text
    assert KEY not in page.text


def test_missing_credentials_are_named(serve: Any) -> None:
    """An empty required field is told by name."""
    served = serve(configured=False)
    page = served.http.post("/providers/acme/credentials", data={"action": "save"})
    assert page.status_code == 422 and "api_key" in page.text


def test_deleting_forgets_credentials(serve: Any) -> None:
    """After it the models are grey again."""
    served = serve()
    served.http.post("/providers/acme/credentials", data={"action": "delete"})
    assert served.store.read("acme") is None


def test_remote_list_is_compared_with_the_spec(serve: Any) -> None:
    """What the service lists is told as same, and what it does not list as gone."""
    page = serve().http.get("/providers/acme/remote").text
    assert 'class="change-same"' in page and 'class="change-gone"' in page


def test_models_are_filtered_by_type_and_state(serve: Any) -> None:
    """The list holds what the filters leave, with features and prices."""
    http = serve().http
    everything = http.get("/models").text
    assert "6 models" in everything and "1 / 2 USD" in everything
    assert "1 models" in http.get("/models", params={"type": "tts"}).text
    assert "1 models" in http.get("/models", params={"feature": "vision"}).text


PLAYS = {
    "llm": ({"prompt": "Where?", "p.temperature": "0.5"}, "Paris."),
    "text-embedding": ({"texts": "a\nb"}, "1.000"),
    "rerank": ({"query": "q", "texts": "first\nsecond"}, "<meter"),
    "tts": ({"prompt": "Hello."}, "data:audio/mpeg;base64,"),
    "moderation": ({"prompt": "x"}, "hate"),
}
MODELS = dict(zip(MODEL_TYPES, ("large", "small", "ranker", "ear", "mouth", "judge"), strict=True))


@pytest.mark.parametrize("kind", PLAYS)
def test_playground_works_without_scripts(serve: Any, kind: str) -> None:
    """Each type answers on the page, with its request and three ways to copy it."""
    given, shown = PLAYS[kind]
    form = {"type": kind, "model": f"acme/{MODELS[kind]}", **given}
    page = serve().http.post("/play", data=form)
    assert page.status_code == 200 and shown in page.text
    assert "POST http://127.0.0.1" in page.text and KEY not in page.text
    for name in ("Python", "curl", "YAML"):
        assert f"As {name}" in page.text


def test_playground_takes_a_file_of_sound(serve: Any) -> None:
    """The transcript stands on the page."""
    form = {"type": "speech2text", "model": "acme/ear"}
    files = {"sound": ("a.wav", b"RIFF", "audio/wav")}
    assert "Hello." in serve().http.post("/play", data=form, files=files).text


def test_playground_streams_to_scripts(serve: Any) -> None:
    """Deltas come one a line, and the outcome as the last."""
    form = {"type": "llm", "model": "acme/large", "prompt": "Where?"}
    http = serve().http
    reply = http.post("/play", data=form, headers={"accept": "application/x-ndjson"})
    events = [json.loads(line) for line in reply.text.splitlines()]
    assert [event["type"] for event in events] == ["text_delta", "text_delta", "outcome"]
    assert "Paris." in events[-1]["html"]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"prompt": ""}, "nothing to say"),
        ({"prompt": "x", "p.temperature": "warm"}, "temperature is &#39;warm&#39;"),
        ({"prompt": "x", "p.temperature": "7"}, "temperature is 7"),
        ({"prompt": "x", "tools": "{"}, "tools is no JSON"),
        ({"prompt": "x", "model": ""}, "No model was chosen"),
        ({"prompt": "x", "model": "acne/x"}, "There is no provider"),
    ],
)
def test_playground_explains_what_is_wrong(serve: Any, given: dict[str, str], told: str) -> None:
    """What cannot be sent is told where the answer would stand."""
    form = {"type": "llm", "model": "acme/large", **given}
    page = serve().http.post("/play", data=form)
    assert page.status_code == 200 and 'role="alert"' in page.text and told in page.text


def test_upstream_that_is_down_is_told_on_the_page(serve: Any) -> None:
    """The page stays, with the reason."""
    form = {"type": "llm", "model": "acme/large", "prompt": "x"}
    page = serve(url="http://127.0.0.1:9").http.post("/play", data=form)
    assert page.status_code == 200 and 'role="alert"' in page.text


def test_reply_of_five_megabytes_leaves_the_page_usable(serve: Any, loopback: Any) -> None:
    """The answer is whole, the raw reply is cut and says so."""
    from loopback import reply

    text = "x" * 5_000_000
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": "stop"}
    frames = [json.dumps({"choices": [choice]}), "[DONE]"]
    body = "".join(f"data: {frame}\n\n" for frame in frames).encode()
    loopback.always(reply(body, content_type="text/event-stream"))
    form = {"type": "llm", "model": "acme/large", "prompt": "x"}
    page = serve(url=loopback.url).http.post("/play", data=form)
    assert page.status_code == 200 and text in page.text


def test_unknown_places_are_told(serve: Any) -> None:
    """A provider or file that is not there is a 404 with a way back."""
    http = serve().http
    assert http.get("/providers/nobody").status_code == 404
    assert http.get("/static/..%2fapp.py").status_code == 404
    assert http.get("/icons/nobody").status_code == 404


def test_console_demands_the_token_where_there_is_one(serve: Any) -> None:
    """Pages lead to the sign-in and back; scripts are told in JSON; the token opens."""
    http = serve(token="open-sesame").http
    page = http.get("/models", headers={"accept": "text/html"})
    assert page.status_code == 303 and page.headers["location"] == "/sign-in?next=/models"
    assert http.post("/workshop/-/check", json={}).json()["sign_in"] == "/sign-in"
    assert http.post("/sign-in", data={"token": "wrong"}).status_code == 403
    done = http.post("/sign-in", data={"token": "open-sesame", "next": "/models"})
    assert done.headers["location"] == "/models" and "open-sesame" not in str(done.headers)
    assert http.get("/models").status_code == 200


def test_expired_session_is_told() -> None:
    """A cookie of yesterday leads to a page that says so."""
    from starlette.requests import Request

    from model_runtime.web.console.session import COOKIE, LIFETIME, Sessions

    now = [1000.0]
    sessions = Sessions("open-sesame", lambda: now[0])
    cookie = f"{COOKIE}={sessions.new()}".encode()
    scope = {
        "type": "http", "method": "GET", "path": "/models", "query_string": b"",
        "headers": [(b"cookie", cookie), (b"accept", b"text/html")],
    }  # fmt: skip
    assert sessions.refusal(Request(scope)) is None
    now[0] += LIFETIME + 1
    refusal = sessions.refusal(Request(scope))
    assert refusal is not None and "expired=1" in refusal.headers["location"]


@pytest.mark.parametrize("target", ["https://evil.example", "//evil.example", "/\\evil.example"])
def test_sign_in_leads_to_this_server_only(serve: Any, target: str) -> None:
    """No link can use the sign-in to lead somewhere else."""
    done = serve(token="t").http.post("/sign-in", data={"token": "t", "next": target})
    assert done.headers["location"] == "/"
