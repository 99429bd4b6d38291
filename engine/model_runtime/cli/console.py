"""Standard output and error, and how a failure becomes a message and an exit code."""

from __future__ import annotations

import functools
import json
import os
import sys
from collections.abc import Callable
from typing import ParamSpec

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from model_runtime.errors import (
    InvalidParameter,
    MissingExtra,
    ModelRuntimeError,
    SpecError,
    UnknownModel,
    UnknownProvider,
    UnsupportedOperation,
)
from model_runtime.lint.report import format_findings
from model_runtime.sentences import visible

P = ParamSpec("P")

FAILED = 1
WRONG_USAGE = 2
# What a shell reports of a program that was ended by Ctrl-C.
INTERRUPTED = 130

# What was asked for does not exist or cannot be asked so; every other error is a failed call.
_USAGE_ERRORS = (
    InvalidParameter,
    MissingExtra,
    UnknownModel,
    UnknownProvider,
    UnsupportedOperation,
)
# Tables that go into a file or another program are not cut to a terminal's width.
_PIPED_WIDTH = 250


class WrongUsage(ModelRuntimeError):
    """An argument of the command line does not make sense."""


class BrokenTool(ModelRuntimeError):
    """Something that a command needs of this machine is missing or does not work."""


def output() -> Console:
    """Standard output: what the command was asked for, and nothing else."""
    width = None if sys.stdout.isatty() else _PIPED_WIDTH
    return Console(file=sys.stdout, width=width, highlight=False, soft_wrap=True)


def notes() -> Console:
    """Standard error: errors, progress, and what is said about the answer."""
    return Console(stderr=True, highlight=False, soft_wrap=True)


def guarded(command: Callable[P, None]) -> Callable[P, None]:
    """Wrap a command: its errors become messages on standard error and an exit code.

    Only errors of ours are caught; any other one is a bug and shows its traceback.
    """

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
            sys.stdout.flush()
        except ModelRuntimeError as error:
            print_error(error)
            raise typer.Exit(exit_code(error)) from None
        except KeyboardInterrupt:
            raise typer.Exit(INTERRUPTED) from None
        except BrokenPipeError:
            # The reader has gone (`| head`): nothing is wrong, and nothing can be told to it.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(FAILED) from None

    return run


def exit_code(error: ModelRuntimeError) -> int:
    """The exit code of an error: 2 for wrong usage and broken tools, 1 for a failed call."""
    usage = (*_USAGE_ERRORS, WrongUsage, BrokenTool)
    return WRONG_USAGE if isinstance(error, usage) else FAILED


def print_error(error: ModelRuntimeError) -> None:
    """Show an error; the faults of a spec with their source lines."""
    console = notes()
    if isinstance(error, SpecError):
        console.print(colored(format_findings(error.findings)))
        count = len(error.findings)
        line = f"error: {error.what} cannot be used: {count} fault{'s' if count != 1 else ''}."
        console.print(Text(line, style="bold red"))
        return
    text = Text("error: ", style="bold red")
    # A service chooses the text of its own errors; it must not drive the terminal.
    lines = (visible(line) for line in str(error).splitlines())
    console.print(text.append("\n".join(lines), style="not bold default"))


def colored(findings: str) -> Text:
    """Colour the text of findings, for consoles that show colours."""
    text = Text(findings)
    text.highlight_regex(r"(?m)^\S.*?(?=: (error|warning|note)\[)", "bold")
    text.highlight_regex(r"(?m)(?<=: )error\[\w+\]", "bold red")
    text.highlight_regex(r"(?m)(?<=: )warning\[\w+\]", "bold yellow")
    text.highlight_regex(r"(?m)^ +\d* \|", "blue")
    text.highlight_regex(r"(?m)\| +(?P<caret>\^.*)$", "red")
    text.highlight_regex(r"(?m)^  help:", "cyan")
    return text


def print_json(value: object) -> None:
    """Print data for machines."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def table(*headings: str) -> Table:
    """A table without frames, which reads well on a terminal and in a file."""
    made = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for heading in headings:
        made.add_column(heading, overflow="fold")
    return made
