"""Hooks of the site: files outside of docs/ that a page links to become pages of the site.

The pages are written to be read in the repository, so their links lead to files of it. In the
site such a file stands below `files/`, a page of Markdown as it is, any other as a block of code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any, Final

from mkdocs.structure.files import File, Files

ROOT: Final = Path(__file__).resolve().parents[1]
DOCS: Final = ROOT / "docs"
FILES: Final = "files"
LANGUAGES: Final = {".py": "python", ".yaml": "yaml", ".yml": "yaml", ".json": "json"}
# Relative links; what stands in blocks of code is no link, and never has this form.
LINK: Final = re.compile(r"(?<=\]\()(?P<target>[^)#:\s]+)(?P<anchor>#[^)]*)?(?=\))")


def on_files(files: Files, config: Any) -> Files:
    """Add every file that a page links to, and what these link to in turn."""
    waiting = [DOCS / file.src_uri for file in files if file.src_uri.endswith(".md")]
    seen = set(waiting)
    while waiting:
        for target in targets(waiting.pop()):
            if target in seen or target.is_relative_to(DOCS):
                continue
            seen.add(target)
            waiting.append(target)
            files.append(File.generated(config, uri_of(target), content=content(target)))
    return files


def targets(page: Path) -> Iterator[Path]:
    """The files that a page links to."""
    if page.suffix == ".md":
        for found in LINK.finditer(page.read_text(encoding="utf-8")):
            target = (page.parent / found["target"]).resolve()
            if target.exists() and target.is_relative_to(ROOT):
                yield target


def uri_of(path: Path) -> str:
    """Where a file of the repository stands among the pages."""
    if path.is_relative_to(DOCS):
        return path.relative_to(DOCS).as_posix()
    name = path.relative_to(ROOT).as_posix()
    return f"{FILES}/{name}" if name.endswith(".md") else f"{FILES}/{name}.md"


def content(path: Path) -> str:
    """A file as a page; a folder as a list of the files in it, each with its first sentence."""
    if path.is_dir():
        head = f"# {path.relative_to(ROOT).as_posix()}\n\n"
        kept = [inner for inner in sorted(path.iterdir()) if inner.suffix == ".py"]
        return head + "\n".join(f"## {inner.name}\n\n{block(inner)}" for inner in kept)
    if path.suffix == ".md":
        return path.read_text(encoding="utf-8")
    return f"# {path.relative_to(ROOT).as_posix()}\n\n{block(path)}"


def block(path: Path) -> str:
    """A file as a block of code."""
    text = path.read_text(encoding="utf-8").rstrip("\n")
    return f"````{LANGUAGES.get(path.suffix, 'text')}\n{text}\n````\n"


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """Let the links of a page lead to the pages that stand for files."""
    uri = PurePosixPath(page.file.src_uri)
    is_file = uri.parts[0] == FILES
    source = ROOT.joinpath(*uri.parts[1:]) if is_file else DOCS / uri
    ups = "../" * (len(uri.parts) - 1)

    def rewrite(found: re.Match[str]) -> str:
        target = (source.parent / found["target"]).resolve()
        if not target.exists() or (not is_file and target.is_relative_to(DOCS)):
            return found[0]
        return f"{ups}{uri_of(target)}{found['anchor'] or ''}"

    return LINK.sub(rewrite, markdown) if source.suffix == ".md" else markdown


def on_post_build(config: Any) -> None:
    """Leave no address of a foreign host in the theme's script: it could fetch a drawing library.

    It would do so for a page with a diagram; there is none, and a test holds the site to that.
    """
    for script in Path(config["site_dir"]).rglob("*.js"):
        text = script.read_text(encoding="utf-8")
        if "https://unpkg.com/" in text:
            script.write_text(text.replace("https://unpkg.com/", ""), encoding="utf-8")
