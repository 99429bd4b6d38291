"""The site of the documentation as a reader gets it: whole, and without a foreign host."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

ROOT = Path(__file__).resolve().parents[2]
# What a browser fetches by itself; a link waits until a reader follows it.
FETCHED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "link": "href"}
# In the theme's scripts: the licences of what they hold, and the interface of a host for code,
# which is asked only where a site names its repository. This one names none.
NOT_FETCHED = re.compile(r"^https://api\.github\.com/|^https?://[^/]*$|clipboardjs|lunrjs|tartarus")

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("mkdocs") is None, reason="mkdocs is not installed: `make docs`"
)


class Links(HTMLParser):
    """Collects what a page fetches and where its links lead."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.followed: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take the address of one element."""
        values = dict(attrs)
        if address := values.get(FETCHED.get(tag, "")):
            self.fetched.append(address)
        elif tag == "a" and (target := values.get("href")):
            self.followed.append(target)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built strictly: a lost link or anchor fails it."""
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder


def links_of(page: Path) -> Links:
    """What a page of the site names."""
    links = Links()
    links.feed(page.read_text(encoding="utf-8"))
    return links


def test_pages_fetch_nothing_from_elsewhere(site: Path) -> None:
    """Scripts, styles, fonts and pictures are the site's own, so that it works offline."""
    foreign = []
    for page in site.rglob("*.html"):
        foreign += [link for link in links_of(page).fetched if urlsplit(link).netloc]
    for style in site.rglob("*.css"):
        text = style.read_text(encoding="utf-8")
        foreign += re.findall(r"(?:url\(|@import\s)[\"']?((?:https?:)?//[^\"')]*)", text)
    for script in site.glob("assets/javascripts/*.js"):
        named = re.findall(r"https?://[\w./-]*", script.read_text(encoding="utf-8"))
        foreign += [address for address in named if not NOT_FETCHED.search(address)]
    assert foreign == []
    assert not [page for page in site.rglob("*.html") if 'class="mermaid"' in page.read_text()]


def test_links_lead_to_pages_of_the_site(site: Path) -> None:
    """What stands outside of docs/ in the repository is a page of the site, too."""
    lost = []
    for page in site.rglob("*.html"):
        for link in links_of(page).followed:
            parts = urlsplit(link)
            is_ours = not parts.scheme and not parts.netloc and parts.path
            if is_ours and page.name != "404.html":
                target = page.parent / unquote(parts.path)
                if not (target / "index.html").is_file() and not target.is_file():
                    lost.append(f"{page.relative_to(site)}: {link}")
    assert lost == []


def test_site_can_be_searched(site: Path) -> None:
    """The index holds what people look for."""
    index = (site / "search" / "search_index.json").read_text(encoding="utf-8")
    assert "base_url" in index and "join_adjacent" in index
