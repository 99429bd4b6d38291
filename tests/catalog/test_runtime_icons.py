"""Icons through the runtime."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from model_runtime import InvalidParameter, ModelRuntime
from model_runtime.catalog.icons import ICON_KINDS


@pytest.mark.parametrize("kind", ICON_KINDS)
def test_every_bundled_provider_has_every_icon(kind: str) -> None:
    """A front end can show each provider, light and dark, small and large."""
    with ModelRuntime(credentials={}) as runtime:
        for provider in runtime.providers():
            data, media_type = runtime.icon(provider.name, kind)
            assert media_type == "image/svg+xml"
            assert ElementTree.fromstring(data).tag.endswith("svg")


def test_file_that_a_spec_names_is_its_icon(tmp_path: Path) -> None:
    """A spec's own file comes before the drawn one, by language."""
    folder = tmp_path / "acme"
    (folder / "_assets").mkdir(parents=True)
    (folder / "_assets" / "small.png").write_bytes(b"\x89PNG")
    (folder / "provider.yaml").write_text(
        "spec_version: 1\nprovider: acme\nextends: openai_compatible\n"
        "base_url: https://api.acme.example\nicon_small: {en_US: small.png}\n",
        encoding="utf-8",
    )
    with ModelRuntime([folder], bundled=True, credentials={}) as runtime:
        assert runtime.icon("acme", "icon_small") == (b"\x89PNG", "image/png")
        assert runtime.icon("acme", "icon_large")[1] == "image/svg+xml"


def test_unknown_kind_of_icon_is_refused() -> None:
    """The message names the kinds that there are."""
    with ModelRuntime(credentials={}) as runtime, pytest.raises(InvalidParameter, match="icon_l"):
        runtime.icon("local", "favicon")  # type: ignore[arg-type]
