"""The order in which providers are listed."""

from __future__ import annotations

from pathlib import Path

from model_runtime import ModelRuntime


def test_bundled_providers_stand_in_the_order_of_their_position_file() -> None:
    """The ones that most people look for come first, the others by name."""
    with ModelRuntime(credentials={}) as runtime:
        names = [provider.name for provider in runtime.providers()]
    assert names[:3] == ["openai", "openai_responses", "anthropic"]
    rest = names[names.index("local") + 1 :]
    assert rest == sorted(rest)
    assert "openai_compatible" not in names


def test_position_of_a_users_folder_comes_before_the_bundled_one(tmp_path: Path) -> None:
    """A host decides what its users see first; exclude comes before include, include before pin."""
    for name in ("zeta", "alpha"):
        (tmp_path / f"{name}.yaml").write_text(
            f"spec_version: 1\nprovider: {name}\nextends: openai_compatible\n"
            "base_url: https://api.example\n",
            encoding="utf-8",
        )
    (tmp_path / "_position.yaml").write_text("- zeta\n- groq\n", encoding="utf-8")
    with ModelRuntime([tmp_path], credentials={}) as runtime:
        names = [provider.name for provider in runtime.providers()]
    assert names[:3] == ["zeta", "groq", "openai"]
    assert names.index("alpha") > names.index("local")
    options = {"include": ["alpha", "zeta", "groq"], "exclude": ["groq"], "pin": ["alpha"]}
    with ModelRuntime([tmp_path], credentials={}, **options) as runtime:
        assert [provider.name for provider in runtime.providers()] == ["alpha", "zeta"]
