"""The application: which commands there are. One line registers one command."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import cache
from typing import Annotated

import typer

from model_runtime._version import __version__

from . import (
    chat,
    check,
    demo,
    explain,
    invoke,
    models,
    new,
    providers,
    record,
    render,
    schemas,
    serve,
    show,
    try_,
    validate_credentials,
    voices,
)
from .console import guarded


def build_app() -> typer.Typer:
    """Build the application with every command."""
    app = typer.Typer(
        name="model-runtime",
        help="Call any AI model through providers that are defined in YAML.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_root)
    app.command("providers")(guarded(providers.run))
    app.command("models")(guarded(models.run))
    app.command("show")(guarded(show.run))
    app.command("chat")(guarded(chat.run))
    app.command("invoke")(guarded(invoke.run))
    app.command("voices")(guarded(voices.run))
    app.command("render")(guarded(render.run))
    app.command("validate-credentials")(guarded(validate_credentials.run))
    app.command("check")(guarded(check.run))
    app.command("new")(guarded(new.run))
    app.command("schemas")(guarded(schemas.run))
    app.command("record")(guarded(record.run))
    app.command("try")(guarded(try_.run))
    app.command("explain")(guarded(explain.run))
    app.command("serve")(guarded(serve.run))
    app.command("demo")(guarded(demo.run))
    return app


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code."""
    try:
        _command()(args=list(arguments), prog_name="model-runtime")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    return 0


@cache
def _command() -> Callable[..., object]:
    """The commands with their options read, which takes longer than most commands do."""
    return typer.main.get_command(build_app())


def main() -> None:
    """Run the command line of this process."""
    sys.exit(run(sys.argv[1:]))


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


def _root(
    version: Annotated[
        bool,
        typer.Option("--version", help="Tell the version.", callback=_print_version, is_eager=True),
    ] = False,
) -> None:
    """Call any AI model through providers that are defined in YAML."""
