"""How an answer is shown while it comes, and what is said about it afterwards."""

from __future__ import annotations

import json
import sys
from typing import TextIO

from rich.text import Text

from model_runtime.results.events import Event
from model_runtime.results.llm import LLMResult
from model_runtime.results.usage import Usage
from model_runtime.runtime.streams import Stream
from model_runtime.sentences import visible

from .console import notes

_DIM, _PLAIN = "\x1b[2m", "\x1b[0m"


class Answer:
    """Writes an answer as it comes: text to standard output, reasoning dimmed beside it.

    When standard output is no terminal it gets the text alone, and reasoning goes to standard
    error, so that what is piped on is the answer.
    """

    def __init__(self) -> None:
        self._is_terminal = sys.stdout.isatty()
        self._last = ""
        self._ends_line = True

    def show(self, stream: Stream[Event, LLMResult]) -> LLMResult:
        """Show a whole stream and return its result."""
        try:
            for event in stream:
                if event.type == "text_delta":
                    self.text(event.text)
                elif event.type == "reasoning_delta":
                    self.reasoning(event.text)
        finally:
            self.end()
        return stream.result()

    def show_result(self, result: LLMResult) -> None:
        """Show an answer that came all at once."""
        if result.reasoning:
            self.reasoning(result.reasoning)
        self.text(result.text)
        self.end()

    def text(self, text: str) -> None:
        """Write the next piece of the answer."""
        self._switch("text")
        self._write(sys.stdout, text)

    def reasoning(self, text: str) -> None:
        """Write the next piece of what the model thought."""
        self._switch("reasoning")
        self._write(sys.stdout if self._is_terminal else sys.stderr, text)

    def end(self) -> None:
        """End the last line."""
        self._switch("")

    def _switch(self, kind: str) -> None:
        if kind == self._last:
            return
        before, self._last = self._last, kind
        out = sys.stdout if self._is_terminal or before == "text" else sys.stderr
        if before and not self._ends_line:
            self._write(out, "\n")
        if before == "reasoning" and self._is_terminal:
            out.write(_PLAIN)
        if kind == "reasoning" and self._is_terminal:
            out.write(_DIM)
        out.flush()

    def _write(self, out: TextIO, text: str) -> None:
        if not text:
            return
        self._ends_line = text.endswith("\n")
        out.write(harmless(text) if out.isatty() else text)
        out.flush()


def harmless(text: str) -> str:
    """Take from a model's text what would drive the terminal; line breaks and tabs stay."""
    return "\n".join(map(visible, text.split("\n")))


def print_remarks(result: LLMResult) -> None:
    """Say on standard error which tools were called, what was left out, and what it cost."""
    console = notes()
    for call in result.tool_calls:
        given = call.raw_arguments if call.arguments is None else json.dumps(call.arguments)
        console.print(Text(visible(f"tool call: {call.name}({given})"), style="cyan"))
    for warning in result.warnings:
        console.print(Text(visible(f"warning: {warning}"), style="yellow"))
    console.print(Text(describe(result.usage, result.finish_reason), style="dim"))


def describe(usage: Usage, finish_reason: str) -> str:
    """One line: tokens in and out, seconds, tokens per second, and why it ended."""
    told: list[str] = []
    if usage.input_tokens is not None:
        told.append(f"{usage.input_tokens} tokens in")
    if usage.output_tokens is not None:
        told.append(f"{usage.output_tokens} tokens out")
    if usage.time_to_first_token is not None:
        told.append(f"first after {usage.time_to_first_token:.2f} s")
    if usage.latency is not None:
        told.append(f"{usage.latency:.2f} s in all")
    if (speed := tokens_per_second(usage)) is not None:
        told.append(f"{speed:.0f} tokens/s")
    return ", ".join([*told, f"finish: {finish_reason}"])


def tokens_per_second(usage: Usage) -> float | None:
    """How fast the answer was written, from its first token on; None when that is not known."""
    if usage.latency is None or not usage.output_tokens:
        return None
    seconds = usage.latency - (usage.time_to_first_token or 0)
    count = usage.output_tokens - (1 if usage.time_to_first_token else 0)
    return count / seconds if seconds > 0 and count > 0 else None
