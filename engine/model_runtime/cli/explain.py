"""`model-runtime explain`: what a code of `check` means, and what to write instead."""

from __future__ import annotations

from typing import Annotated

import typer

from model_runtime.lint.explain import as_text, page
from model_runtime.lint.rules import RULES

from .console import WrongUsage


def run(
    code: Annotated[
        str | None, typer.Argument(help="The code of a rule, `T303` say; all rules without.")
    ] = None,
) -> None:
    """Tell what a rule of `check` means, why it is there, and what to write instead."""
    if code is None:
        typer.echo("\n".join(f"{known}  {page(known).title}" for known in RULES))
        return
    try:
        typer.echo(as_text(page(code)))
    except LookupError as fault:
        raise WrongUsage(str(fault.args[0])) from None
