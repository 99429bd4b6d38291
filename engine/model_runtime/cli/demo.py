"""`model-runtime demo`: a real model on this machine, through a spec of seven lines."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from enum import StrEnum
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.syntax import Syntax
from rich.text import Text

from model_runtime.exchange import HttpRequest
from model_runtime.factory import ModelRuntime
from model_runtime.results.llm import LLMResult
from model_runtime.results.usage import COUNTS

from .asking import Answer, tokens_per_second
from .console import output
from .demo_server import command_for, find_weights, running
from .opening import working
from .render import format_request

PROVIDER = "my_server"
MODEL = f"{PROVIDER}/smollm2-135m"
PROMPT = "What is the capital of France? Answer in one sentence."


class Dialect(StrEnum):
    """The protocol that the server is spoken to in; it speaks all three."""

    CHAT = "chat"
    MESSAGES = "messages"
    RESPONSES = "responses"


@dataclass(slots=True)
class Recorder:
    """A hook of the runtime that keeps the requests as they go out."""

    requests: list[HttpRequest] = field(default_factory=list)

    def on_request(self, request: HttpRequest) -> None:
        """Keep one request."""
        self.requests.append(request)


def run(
    prompt: Annotated[str, typer.Argument(help="What to ask the model.")] = PROMPT,
    dialect: Annotated[
        Dialect, typer.Option(help="The protocol to speak, and so the spec to extend.")
    ] = Dialect.CHAT,
) -> None:
    """Run a real, small model on this machine and talk to it through YAML. No key is needed."""
    weights = find_weights()
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="model-runtime-demo-"))
        with working(f"Starting llama.cpp with {weights.name}"):
            address = stack.enter_context(running(command_for(weights)))
        tell(Path(folder), address, prompt, dialect)
    heading("The server has ended. Nothing is left running, and nothing was sent elsewhere.")


def tell(folder: Path, address: str, prompt: str, dialect: Dialect) -> None:
    """Write the spec, ask the model, and show what happened."""
    console = output()
    heading(f"1. A llama.cpp server listens on {address}. The YAML that makes it a provider:")
    file = write_spec(folder, address, dialect)
    show_yaml(console, file.read_text(encoding="utf-8"))
    heading(f"2. The answer to {prompt!r}, as it streams:")
    recorder = Recorder()
    result = ask(file, prompt, recorder)
    heading("3. The request that the engine made of the YAML:")
    typer.echo(format_request(recorder.requests[0]))
    heading("4. What the call took:")
    show_usage(console, result)


def write_spec(folder: Path, address: str, dialect: Dialect) -> Path:
    """Write the provider's YAML as a newcomer would, and return its path."""
    template = files("model_runtime.cli").joinpath("demo_specs", f"{dialect}.yaml")
    file = folder / f"{PROVIDER}.yaml"
    # The first line names a schema for whoever edits the template; it is not there in the folder.
    _, _, text = template.read_text(encoding="utf-8").partition("\n")
    file.write_text(text.replace("ADDRESS", address), encoding="utf-8")
    return file


def ask(spec: Path, prompt: str, recorder: Recorder) -> LLMResult:
    """Stream an answer through a spec and show it."""
    parameters = {"temperature": 0.0, "max_tokens": 200}
    with (
        ModelRuntime([spec], hooks=[recorder]) as runtime,
        runtime.llm(MODEL).stream(prompt, parameters=parameters) as stream,
    ):
        return Answer().show(stream)


def heading(text: str) -> None:
    """Say what comes next."""
    output().print(Text(f"\n{text}", style="bold"))


def show_yaml(console: Console, text: str) -> None:
    """Show YAML with colours on a terminal, and as it is elsewhere."""
    if console.is_terminal:
        console.print(Syntax(text.rstrip(), "yaml", background_color="default", word_wrap=True))
    else:
        typer.echo(text.rstrip())


def show_usage(console: Console, result: LLMResult) -> None:
    """Show the counts, the seconds and the speed of a call."""
    usage = result.usage
    rows: list[tuple[str, str]] = [
        (name, str(getattr(usage, name))) for name in COUNTS if getattr(usage, name) is not None
    ]
    for name, seconds in (
        ("time_to_first_token", usage.time_to_first_token),
        ("latency", usage.latency),
    ):
        if seconds is not None:
            rows.append((name, f"{seconds:.3f} s"))
    if (speed := tokens_per_second(usage)) is not None:
        rows.append(("speed", f"{speed:.0f} tokens/s"))
    rows.append(("finish_reason", result.finish_reason))
    for name, value in rows:
        console.print(f"{name:<20} {value}", markup=False)
