"""Specs are begun, checked, tried and saved in the browser; completions know the schema."""

from __future__ import annotations

from typing import Any

import pytest

from model_runtime.web.console.completion import complete


def labels(text: str) -> list[str]:
    """The completions where `|` stands."""
    line = text[: text.index("|")].count("\n")
    column = len(text[: text.index("|")].rpartition("\n")[2])
    return [row.label for row in complete(text.replace("|", ""), line, column)]


@pytest.mark.parametrize(
    ("text", "there", "not_there"),
    [
        ("|", "base_url", "path"),
        ("ba|", "base_url", "label"),
        ("base_url: x\nba|", None, "base_url"),
        ("auth:\n  |", "kind", "base_url"),
        ("auth:\n  kind: |", "bearer", "kind"),
        ("operations:\n  |", "llm", "base_url"),
        ("operations:\n  llm:\n    |", "request", "llm"),
        ("operations:\n  llm:\n    stream:\n      framing: |", "sse", None),
        ("models:\n  - |", "model", "base_url"),
        ("models:\n  - model: x\n    |", "features", "model"),
        ("models:\n  - model: x\n    model_type: |", "rerank", None),
    ],
)
def test_completions_know_the_place(text: str, there: str | None, not_there: str | None) -> None:
    """Keys and values of the schema, where they may stand and are not there yet."""
    found = labels(text)
    assert there is None or there in found
    assert not_there not in found


@pytest.mark.parametrize("text", ["|\t\t:", "a: [|", "- - |", "'|", "? |", "a:\n b:\n|  c:"])
def test_completions_of_broken_text_are_no_error(text: str) -> None:
    """What cannot be parsed has completions or none."""
    assert isinstance(labels(text), list)


def test_a_draft_is_checked_as_it_is_typed(serve: Any) -> None:
    """A fault is told with its line and column; the file on disk stays as it is."""
    served = serve()
    before = (served.specs / "acme.yaml").read_text("utf-8")
    text = before.replace("base_url", "bass_url")
    told = served.http.post("/workshop/-/check", json={"name": "acme", "text": text}).json()
    assert [(row["line"], row["column"]) for row in told["findings"] if row["code"] == "S102"]
    assert (served.specs / "acme.yaml").read_text("utf-8") == before


def test_a_new_provider_appears_without_a_restart(serve: Any) -> None:
    """Begun from a base URL, saved, and served at once."""
    served = serve()
    form = {"name": "fresh", "label": "Fresh", "base_url": "https://api.fresh.example/v1"}
    begun = served.http.post("/workshop", data=form, follow_redirects=True)
    assert begun.status_code == 200 and (served.specs / "fresh.yaml").is_file()
    assert served.http.get("/providers/fresh").status_code == 200


def test_a_saved_change_serves_the_next_call(serve: Any) -> None:
    """A model that was added can be chosen; a broken text leaves the old spec serving."""
    served = serve()
    text = (served.specs / "acme.yaml").read_text("utf-8") + "  - {model: added}\n"
    served.http.post("/workshop/acme", data={"action": "save", "text": text})
    assert "acme/added" in served.http.get("/play").text
    served.http.post("/workshop/acme", data={"action": "save", "text": "base_url: [\n"})
    assert "acme/added" in served.http.get("/play").text


def test_a_draft_is_tried_against_the_service(serve: Any) -> None:
    """The answer stands on the page, and nothing is saved."""
    served = serve()
    text = (served.specs / "acme.yaml").read_text("utf-8").replace("model: large", "model: other")
    form = {"action": "try", "text": text, "model": "other"}
    page = served.http.post("/workshop/acme", data=form)
    assert "Paris." in page.text and "other" not in (served.specs / "acme.yaml").read_text("utf-8")


@pytest.mark.parametrize("name", ["../evil", "a/b", "", "Acme", "-"])
def test_names_that_are_no_names_write_nothing(serve: Any, name: str) -> None:
    """No file is made outside the folder, nor under a name that no provider may have."""
    served = serve()
    form = {"name": name, "base_url": "https://x.example"}
    assert served.http.post("/workshop", data=form).status_code == 422
    assert [file.name for file in served.specs.iterdir()] == ["acme.yaml"]
