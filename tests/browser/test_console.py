"""The console as people use it: in a browser, by mouse and keyboard, on a desk and on a phone."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from loopback import Loopback, reply
from web_helpers import KEY

if TYPE_CHECKING:
    from playwright.sync_api import Page

SHOTS = Path(__file__).parents[2] / "docs" / "screenshots"
PAGES = {
    "gallery": "/",
    "provider": "/providers/acme",
    "models": "/models",
    "play": "/play?type=llm&model=acme/large",
    "workshop": "/workshop",
    "editor": "/workshop/acme",
}
LOOKS = [
    ("desktop", "light"),
    ("desktop", "dark"),
    ("phone", "light"),
    ("phone", "dark"),
]


def violations(page: Page) -> list[str]:
    """What axe finds on a page by the rules of WCAG 2.1 A and AA: rule, help and place."""
    from axe_playwright_python.sync_playwright import Axe

    options = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}}
    # Axe looks from inside the page, where the page's own policy would not let it in.
    found = Axe().run(page, options=options).response["violations"]
    return [f"{v['id']}: {v['help']}: {node['target']}" for v in found for node in v["nodes"]]


@pytest.mark.parametrize(("shape", "scheme"), LOOKS)
@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_accessible(
    serve: Any, open_page: Any, name: str, shape: str, scheme: str
) -> None:
    """Axe finds nothing, nothing sticks out to the side, and the screenshot is taken."""
    page = open_page(shape, scheme=scheme)
    page.goto(serve().url + PAGES[name])
    page.wait_for_load_state("networkidle")
    assert violations(page) == []
    width, seen = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert width <= seen, f"the page is {width} wide on a screen of {seen}"
    if os.environ.get("MODEL_RUNTIME_SCREENSHOTS"):
        SHOTS.mkdir(exist_ok=True)
        page.screenshot(path=SHOTS / f"{name}-{shape}-{scheme}.png")


def test_a_provider_is_added_by_its_form(serve: Any, open_page: Any) -> None:
    """A wrong key is explained by the service, the right one lights the models up."""
    service = Loopback()
    service.start()
    try:
        refusal = json.dumps({"error": {"message": "Unknown key, says the service."}}).encode()
        service.always(reply(refusal, 401, content_type="application/json"))
        served = serve(configured=False, url=service.url)
        page = open_page()
        page.goto(served.url)
        page.get_by_role("link", name="Acme").click()
        assert page.locator("tr[data-status=no-configure]").count() == 6
        page.get_by_label("API key").fill("wrong")
        page.get_by_role("button", name="Check").click()
        assert "Unknown key, says the service." in page.get_by_role("alert").inner_text()
        page.get_by_label("API key").fill(KEY)
        page.get_by_role("button", name="Save").click()
        page.get_by_text("Saved.").wait_for()
        assert page.locator("tr[data-status=active]").count() == 6
        assert KEY not in page.content()
    finally:
        service.stop()


SWITCHED = """\
spec_version: 1
provider: twofold
extends: openai_compatible
base_url: {url}/v1
credentials:
  mode:
    type: select
    default: cloud
    options: [{{value: cloud, label: Cloud}}, {{value: own, label: Own}}]
  cloud_key: {{show_on: [{{variable: mode, value: cloud}}]}}
  own_name: {{type: text-input, show_on: [{{variable: mode, value: own}}]}}
auth: {{kind: none}}
"""


def test_fields_follow_the_choices(serve: Any, open_page: Any) -> None:
    """A field that decides others redraws the form, and what was typed stays."""
    served = serve(more={"twofold.yaml": SWITCHED}, include=())
    page = open_page()
    page.goto(f"{served.url}/providers/twofold")
    assert page.get_by_label("Cloud key").is_visible()
    page.get_by_label("Mode (required)").select_option("own")
    page.get_by_label("Own name").wait_for()
    assert page.get_by_label("Cloud key").count() == 0


def test_chat_streams_and_goes_on(serve: Any, open_page: Any) -> None:
    """Two turns of a conversation; the second sends the first along."""
    page = open_page()
    page.goto(f"{serve().url}/play?type=llm&model=acme/large")
    for turn in (1, 2):
        page.get_by_label("Prompt", exact=True).fill(f"Where? {turn}")
        page.get_by_role("button", name="Send").click()
        page.locator("[data-outcome] .text", has_text="Paris.").wait_for()
        page.get_by_text("Finished: stop").wait_for()
    page.locator("summary", has_text="Request").click()
    request = page.locator("pre", has_text="Where? 2").first.inner_text()
    assert "Where? 1" in request and "Paris." in request
    assert page.get_by_text("Tokens a second").is_visible()


def test_chat_can_be_sent_by_keyboard(serve: Any, open_page: Any) -> None:
    """From the prompt by Tab to Send, and Enter."""
    page = open_page()
    page.goto(f"{serve().url}/play?type=llm&model=acme/large")
    page.get_by_label("Prompt", exact=True).fill("Where?")
    for _ in range(6):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.classList.contains('main')"):
            break
    page.keyboard.press("Enter")
    page.locator("[data-outcome] .text", has_text="Paris.").wait_for()


@pytest.mark.parametrize(
    ("kind", "model", "fill", "shown"),
    [
        ("text-embedding", "small", {"Texts, one a line": "a\nb"}, "table.plot"),
        ("rerank", "ranker", {"Question": "q", "Documents, one a line": "a\nb"}, "meter"),
        ("tts", "mouth", {"Text": "Hello."}, "audio[controls]"),
        ("moderation", "judge", {"Text": "x"}, "meter"),
    ],
)
def test_every_type_has_its_picture(
    serve: Any, open_page: Any, kind: str, model: str, fill: dict[str, str], shown: str
) -> None:
    """A similarity plot, bars, a player, bars; and axe finds nothing in them."""
    page = open_page()
    page.goto(f"{serve().url}/play?type={kind}&model=acme/{model}")
    for label, text in fill.items():
        page.get_by_label(label, exact=True).fill(text)
    page.get_by_role("button", name="Send").click()
    page.locator(f"[data-outcome] {shown}").first.wait_for()
    assert violations(page) == []


def test_sound_becomes_text(serve: Any, open_page: Any) -> None:
    """A file of sound is chosen, and its words stand on the page."""
    page = open_page()
    page.goto(f"{serve().url}/play?type=speech2text&model=acme/ear")
    sound = {"name": "a.wav", "mimeType": "audio/wav", "buffer": b"RIFF"}
    page.get_by_label("Sound").set_input_files(files=[sound])
    page.get_by_role("button", name="Send").click()
    page.locator("[data-outcome]", has_text="Hello.").wait_for()


def test_a_spec_is_broken_and_mended(serve: Any, open_page: Any) -> None:
    """The fault is told while one types, with its place; the mended text is saved and served."""
    served = serve()
    page = open_page()
    page.goto(f"{served.url}/workshop/acme")
    editor = page.get_by_label("Spec (YAML)")
    text = editor.input_value()
    editor.fill(text.replace("base_url", "bass_url"))
    fault = page.locator("[data-findings] li.error", has_text="S102")
    fault.wait_for()
    assert "base_url" in fault.inner_text()
    fault.get_by_role("button").click()
    assert page.evaluate("getSelection().toString() || document.activeElement.value.slice("
                         "document.activeElement.selectionStart,"
                         "document.activeElement.selectionEnd)") == "bass_url"  # fmt: skip
    editor.fill(text + "  - {model: added}\n")
    page.get_by_text("No findings.").wait_for()
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Saved.").wait_for()
    page.goto(f"{served.url}/providers/acme")
    assert page.locator("tr[data-model='acme/added']").count() == 1


def test_completions_are_taken_by_keyboard(serve: Any, open_page: Any) -> None:
    """Ctrl+Space offers keys with their descriptions; arrows and Enter take one."""
    page = open_page()
    page.goto(f"{serve().url}/workshop/acme")
    editor = page.get_by_label("Spec (YAML)")
    editor.press("Control+Home")
    editor.press("End")
    editor.press("Enter")
    editor.type("time")
    editor.press("Control+Space")
    page.get_by_role("option", name="timeouts").wait_for()
    editor.press("Enter")
    assert "\ntimeouts: " in editor.input_value()
    assert page.locator("#completions").is_hidden()


def test_language_and_colours_are_switched(serve: Any, open_page: Any) -> None:
    """The page changes at once, and the choice stays."""
    page = open_page()
    page.goto(serve().url)
    page.get_by_label("Language").select_option("zh_Hans")
    page.get_by_role("heading", name="供应商").wait_for()
    page.get_by_label("配色").select_option("dark")
    page.locator("html[data-theme=dark]").wait_for()
    page.reload()
    assert page.locator("html[data-theme=dark][lang=zh-Hans]").count() == 1
    assert violations(page) == []


def test_everything_is_done_without_scripts(serve: Any, open_page: Any) -> None:
    """With scripts blocked a key is saved, a chat answered and a spec checked."""
    served = serve(configured=False)
    page = open_page(scripts=False)
    page.goto(f"{served.url}/providers/acme")
    page.get_by_label("API key").fill(KEY)
    page.get_by_role("button", name="Save").click()
    page.goto(f"{served.url}/play?type=llm&model=acme/large")
    page.get_by_label("Prompt", exact=True).fill("Where?")
    page.get_by_role("button", name="Send").click()
    page.locator(".text", has_text="Paris.").wait_for()
    page.goto(f"{served.url}/workshop/acme")
    editor = page.get_by_label("Spec (YAML)")
    editor.fill(editor.input_value().replace("base_url", "bass_url"))
    page.get_by_role("button", name="Check").click()
    page.locator("[data-findings] li.error").first.wait_for()


def test_expired_session_is_told_while_one_works(serve: Any, open_page: Any) -> None:
    """A chat that is sent after the session has ended leads back to the sign-in."""
    served = serve(token="open-sesame")
    page = open_page()
    page.goto(f"{served.url}/play?type=llm&model=acme/large")
    page.get_by_label("Token").fill("open-sesame")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Prompt", exact=True).fill("Where?")
    page.context.clear_cookies()
    page.get_by_role("button", name="Send").click()
    assert "session has ended" in page.get_by_role("alert").inner_text()
    assert page.get_by_label("Prompt", exact=True).input_value() == "Where?"


def test_no_page_asks_another_host(serve: Any, open_page: Any) -> None:
    """Everything that a page needs comes from this server."""
    served = serve()
    page = open_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text))
    for path in PAGES.values():
        page.goto(served.url + path)
    assert asked and all(url.startswith((served.url, "data:", "blob:")) for url in asked)
    assert told == []


SMALL = "spec_version: 1\nprovider: {name}\nextends: openai_compatible\nbase_url: {{url}}/v1\n"


def test_five_hundred_providers_are_searched_at_once(serve: Any, open_page: Any) -> None:
    """The gallery filters while one types, however many there are."""
    more = {f"p{n}.yaml": SMALL.format(name=f"p{n}") for n in range(500)}
    page = open_page()
    page.goto(serve(more=more, include=tuple(n.removesuffix(".yaml") for n in more)).url)
    assert "500 providers" in page.locator(".count").inner_text()
    page.get_by_label("Search").fill("p499")
    page.get_by_text("1 providers").wait_for()
    assert page.locator("[data-cards] > li:visible").count() == 1
