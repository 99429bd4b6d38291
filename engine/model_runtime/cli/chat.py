"""`model-runtime chat`: one answer, or a conversation."""

from __future__ import annotations

import importlib
import json
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from model_runtime.errors import InvokeError
from model_runtime.results.llm import LLMResult
from model_runtime.runtime.handles import LanguageModel

from .asking import Answer, print_remarks
from .console import WrongUsage, notes, print_error
from .opening import ModelName, Specs, open_runtime, read_object, read_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """The messages so far, and how each next answer is asked for."""

    llm: LanguageModel
    parameters: dict[str, Any]
    response_format: dict[str, Any] | None
    is_streamed: bool
    messages: list[object] = field(default_factory=list)

    def ask(self, prompt: str) -> LLMResult:
        """Show the answer to a prompt; the turn is kept only when the answer came whole."""
        turn = [*self.messages, {"role": "user", "content": prompt}]
        result = self._call(turn)
        print_remarks(result)
        self.messages[:] = [*turn, result.message]
        return result

    def _call(self, turn: list[object]) -> LLMResult:
        answer = Answer()
        if self.is_streamed:
            with self.llm.stream(
                turn, parameters=self.parameters, response_format=self.response_format
            ) as stream:
                return answer.show(stream)
        result = self.llm.invoke(
            turn, parameters=self.parameters, response_format=self.response_format
        )
        answer.show_result(result)
        return result


def run(
    model: ModelName,
    prompt: Annotated[
        str | None,
        typer.Argument(help="What to say; a conversation when there is none, `-` for stdin."),
    ] = None,
    system: Annotated[str | None, typer.Option(help="A system message.")] = None,
    temperature: Annotated[float | None, typer.Option(help="How freely to choose words.")] = None,
    max_tokens: Annotated[int | None, typer.Option(help="The longest answer.")] = None,
    param: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="Any parameter. May repeat.")
    ] = None,
    json_schema: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A JSON Schema that the answer must fit.")
    ] = None,
    stream: Annotated[bool, typer.Option(help="Show the answer while it comes.")] = True,
    specs: Specs = None,
) -> None:
    """Talk to a language model: one answer to a prompt, or a conversation without one."""
    parameters = read_parameters(param or ())
    if temperature is not None:
        parameters["temperature"] = temperature
    if max_tokens is not None:
        parameters["max_tokens"] = max_tokens
    with open_runtime(specs) as runtime:
        talk = Conversation(
            llm=runtime.llm(model),
            parameters=parameters,
            response_format=_read_schema(json_schema),
            is_streamed=stream,
            messages=[{"role": "system", "content": system}] if system else [],
        )
        if prompt is None and sys.stdin.isatty():
            converse(talk, model)
        else:
            talk.ask(sys.stdin.read() if prompt in (None, "-") else str(prompt))


def read_parameters(pairs: list[str] | tuple[str, ...]) -> dict[str, Any]:
    """Read `name=value` pairs: a value that is JSON means what it says, any other is text."""
    found: dict[str, Any] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise WrongUsage(f"--param: {pair!r} is no NAME=VALUE. Write --param top_p=0.9.")
        try:
            found[name] = json.loads(value)
        except ValueError:
            found[name] = value
    return found


def _read_schema(file: Path | None) -> dict[str, Any] | None:
    if file is None:
        return None
    return read_object(read_text(str(file), "--json-schema"), "--json-schema")


def converse(talk: Conversation, model: str) -> None:
    """Ask for prompts until the input ends. A failed call is told, and the next one may come."""
    with suppress(ImportError):
        # Its import is what gives `input` line editing, where the system has it.
        importlib.import_module("readline")
    console = notes()
    console.print(Text(f"Talking to {model}. End with Ctrl-D; Ctrl-C stops an answer.", "dim"))
    while (prompt := _next_prompt()) is not None:
        if not prompt.strip():
            continue
        try:
            talk.ask(prompt)
        except InvokeError as error:
            print_error(error)
        except KeyboardInterrupt:
            console.print(Text("(stopped; this turn is forgotten)", "dim"))


def _next_prompt() -> str | None:
    try:
        return input("> ")
    except (EOFError, KeyboardInterrupt):
        typer.echo()
        return None
