"""A real browser on the console: Debian's Chromium, driven by Playwright.

The tests run where MODEL_RUNTIME_BROWSER is set, as `make browser` does: they need a browser.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from app_server import serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


VARIABLE: Final = "MODEL_RUNTIME_BROWSER"
_PROGRAMS: Final = ("chromium", "chromium-browser", "google-chrome")
_FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SHAPES: Final = {"desktop": (1280, 900), "phone": (390, 844)}


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for all tests."""
    if not os.environ.get(VARIABLE):
        pytest.skip(f"set {VARIABLE}, or run `make browser`, to drive a browser")
    program = next((found for name in _PROGRAMS if (found := shutil.which(name))), None)
    if program is None:
        pytest.skip("no Chromium is installed; on Debian: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=list(_FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open a page of a shape, in a language and colours; scripts may be blocked."""
    contexts = []

    def open_one(
        shape: str = "desktop", *, scheme: str = "light", scripts: bool = True, **more: Any
    ) -> Page:
        width, height = SHAPES[shape]
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,  # type: ignore[arg-type]
            java_script_enabled=scripts,
            **{"locale": "en-US", **more},
        )
        context.set_default_timeout(15_000)
        contexts.append(context)
        return context.new_page()

    yield open_one
    for context in contexts:
        context.close()


@pytest.fixture
def serve(browser: Browser, tmp_path: Path) -> Iterator[Any]:
    """Serve an app; see `app_server.py`. Asked for after the browser, so that both skip."""
    with serving(tmp_path) as start:
        yield start
