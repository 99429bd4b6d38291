"""Icons: named files by language and kind, and drawn ones for providers that name none."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_runtime.catalog.icons import ICON_KINDS, MEDIA_TYPES, icon, media_type_of
from model_runtime.registry import Registry

LABEL = {"en_US": "Acme Labs", "zh_Hans": "顶点"}


@pytest.mark.parametrize("kind", ICON_KINDS)
def test_provider_without_icon_gets_a_drawn_one(kind: str) -> None:
    """Every kind is a well-formed SVG on the provider's colour, the same each time."""
    first = icon(kind, {"background": "#112233"}, (), label_texts=LABEL)
    assert first == icon(kind, {"background": "#112233"}, (), label_texts=LABEL)
    data, media_type = first
    assert media_type == "image/svg+xml"
    root = ElementTree.fromstring(data)
    words = [element.text for element in root.iter() if element.tag.endswith("text")]
    assert words == (["AL", "Acme Labs"] if kind.startswith("icon_large") else ["AL"])
    assert b"#112233" in data


def test_dark_icon_of_a_light_colour_is_dark() -> None:
    """A light ground becomes dark, and the colour writes on it."""
    light, _ = icon("icon_small", {"background": "#fee"}, (), label_texts=LABEL)
    dark, _ = icon("icon_small_dark", {"background": "#fee"}, (), label_texts=LABEL)
    assert b'rx="14" fill="#ffeeee"' in light
    assert b'rx="14" fill="#1f2937"' in dark
    assert light != dark


@pytest.mark.parametrize(
    ("lang", "expected"), [("zh_Hans", b"zh"), ("zh_Hant", b"zh"), ("en_US", b"en"), ("fr", b"en")]
)
def test_named_icon_is_read_in_the_language(tmp_path: Path, lang: str, expected: bytes) -> None:
    """The file of the language is read, else that of its family, else the English one."""
    assets = tmp_path / "_assets"
    assets.mkdir()
    (assets / "en.png").write_bytes(b"en")
    (assets / "zh.png").write_bytes(b"zh")
    spec = {"icon_small": {"en_US": "en.png", "zh_Hans": "zh.png"}}
    found = icon("icon_small", spec, (tmp_path,), label_texts=LABEL, lang=lang)
    assert found == (expected, "image/png")


def test_dark_icon_falls_back_to_the_light_file(tmp_path: Path) -> None:
    """A spec that names no dark icon has the light one for both."""
    (tmp_path / "a.svg").write_bytes(b"<svg/>")
    found = icon("icon_large_dark", {"icon_large": "a.svg"}, (tmp_path,), label_texts=LABEL)
    assert found == (b"<svg/>", "image/svg+xml")


@pytest.mark.parametrize("name", ["../secret.png", "a/b.png", "..", "gone.png", "", "a\\b.png"])
def test_icon_outside_its_folder_is_never_read(tmp_path: Path, name: str) -> None:
    """A path or a missing file gives the drawn icon."""
    (tmp_path / "secret.png").write_bytes(b"secret")
    folder = tmp_path / "spec"
    folder.mkdir()
    _, media_type = icon("icon_small", {"icon_small": name}, (folder,), label_texts=LABEL)
    assert media_type == "image/svg+xml"


def test_media_type_follows_the_ending() -> None:
    """The table's endings are known in any case, and all others are taken for PNG."""
    assert {media_type_of(f"a.{ending.upper()}") for ending in MEDIA_TYPES} == set(
        MEDIA_TYPES.values()
    )
    assert media_type_of("a.unknown") == media_type_of("a") == "image/png"


@given(st.text(), st.one_of(st.none(), st.text()))
def test_any_label_and_colour_give_well_formed_icons(label: str, background: str | None) -> None:
    """No label breaks out of the markup."""
    for kind in ICON_KINDS:
        data, _ = icon(kind, {"background": background}, (), label_texts={"en_US": label})
        ElementTree.fromstring(data)


def test_every_bundled_provider_has_its_own_icon() -> None:
    """No two bundled providers look alike, and each has a colour."""
    registry = Registry([], bundled=True)
    records = [registry.record(name) for name in registry.names()]
    assert [record.name for record in records if "background" not in record.loaded.tree] == []
    drawn = {
        icon(
            "icon_large",
            record.loaded.tree,
            record.loaded.icon_folders,
            label_texts=record.description.label_texts,
        )[0]
        for record in records
    }
    assert len(drawn) == len(records)
