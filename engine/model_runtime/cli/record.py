"""`model-runtime record`: one live call, kept as a test that runs offline."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from model_runtime.core import RuntimeCore
from model_runtime.errors import InvokeError
from model_runtime.runtime.binding import auth_of
from model_runtime.runtime.recording import RecordingDriver
from model_runtime.vocabulary import ModelType

from .console import WrongUsage, notes
from .models import checked_type
from .opening import ModelName, Specs, open_runtime, read_object, read_text, working
from .recorded import as_text, refuse_secrets, secrets_of, without_tokens, write_exchange
from .schemas import known_modeline

# What a call of each type takes by its place, under the names of an exchange's `given`.
_PLACED: Final[dict[ModelType, tuple[str, ...]]] = {
    "llm": ("messages",),
    "text-embedding": ("texts",),
    "rerank": ("query", "documents"),
    "tts": ("text",),
    "moderation": ("text",),
}


def run(
    model: ModelName,
    prompt: Annotated[str | None, typer.Argument(help="A prompt, or a text.")] = None,
    given: Annotated[
        str | None,
        typer.Option(
            metavar="FILE", help="JSON: the whole call as `given` of an exchange; `-`: stdin."
        ),
    ] = None,
    model_type: Annotated[str, typer.Option("--type", help="The model's type.")] = "llm",
    stream: Annotated[bool, typer.Option("--stream", help="As a streamed call.")] = False,
    name: Annotated[str | None, typer.Option(help="The case's name.")] = None,
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="The provider's folder of exchanges.")
    ] = Path("exchanges"),
    specs: Specs = None,
) -> None:
    """Make one call and keep it as a test: scrubbed, and refused if it holds a secret."""
    kind = checked_type(model_type)
    call = _call(kind, prompt, given, stream)
    file = out / kind / f"{name or ('stream' if stream else 'plain')}.yaml"
    if file.exists():
        raise WrongUsage(f"{file} is there already. Remove it, or choose another --name.")
    with open_runtime(specs, retries=0) as runtime, working(f"Recording {model}"):
        text = _recorded(runtime._core, model, kind, call)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(known_modeline(file, "exchange.schema.json") + text, encoding="utf-8")
    except OSError as error:
        raise WrongUsage(f"--out: {file} cannot be written: {error.strerror}.") from None
    typer.echo(str(file))
    notes().print("Read it before you share it: what the model said is in it.", markup=False)


def _call(kind: ModelType, prompt: str | None, given: str | None, stream: bool) -> dict[str, Any]:
    """The call, as `given` of an exchange says it."""
    if kind not in _PLACED:
        raise WrongUsage(f"--type: calls of {kind} are not recorded; write the exchange by hand.")
    if (prompt is None) == (given is None):
        raise WrongUsage("record: what is asked? Give a prompt, or --given FILE.")
    if given is not None:
        call = read_object(read_text(given, "--given"), "--given")
    elif kind == "llm":
        call = {"messages": [{"role": "user", "content": prompt}]}
    else:
        call = {"texts": [prompt]} if kind == "text-embedding" else {"text": prompt}
    missing = [key for key in _PLACED[kind] if key not in call]
    if missing:
        raise WrongUsage(f"--given: a call of {kind} needs {missing[0]!r}.")
    return call | ({"stream": True} if stream else {})


def _recorded(core: RuntimeCore, name: str, kind: ModelType, call: dict[str, Any]) -> str:
    binding = core.bind(name, kind, None, None)
    driver = RecordingDriver()
    with closing(driver):
        outcome = _outcome(core.handle(driver, name, kind, None, None), kind, call)
    if not driver.rounds:
        assert isinstance(outcome, InvokeError)
        raise outcome
    day = datetime.now(UTC).date().isoformat()
    exchange = write_exchange({"model": binding.model, **call}, driver.rounds, outcome, day)
    exchange = without_tokens(exchange, auth_of(binding).secrets())
    text = as_text(exchange)
    names = [row.variable for row in binding.form if row.is_secret]
    refuse_secrets(exchange, text, secrets_of(binding.find_credentials(), names, driver.rounds))
    return text


def _outcome(handle: Any, kind: ModelType, call: dict[str, Any]) -> object:
    """The result of the call, or its error."""
    options = {key: value for key, value in call.items() if key not in (*_PLACED[kind], "stream")}
    arguments = [call[key] for key in _PLACED[kind]]
    try:
        if not call.get("stream"):
            return handle.invoke(*arguments, **options)
        with handle.stream(*arguments, **options) as stream:
            for _ in stream:
                pass
            return stream.result()
    except InvokeError as error:
        return error
