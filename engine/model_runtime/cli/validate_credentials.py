"""`model-runtime validate-credentials`: prove a key with the cheapest request."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Annotated, Any

import typer

from model_runtime.credentials.form import FormField, is_shown
from model_runtime.credentials.source import environment_values
from model_runtime.errors import CredentialsInvalid, MissingCredential

from .console import FAILED, print_json
from .models import checked_type
from .opening import AsJson, Specs, open_registry, open_runtime, working


def run(
    provider: Annotated[str, typer.Argument(metavar="PROVIDER", help="Whose credentials.")],
    model: Annotated[
        str | None, typer.Option(help="Prove them by this model, with the form of its own.")
    ] = None,
    model_type: Annotated[str, typer.Option("--type", help="The model's type.")] = "llm",
    specs: Specs = None,
    json: AsJson = False,
) -> None:
    """Prove credentials of the environment; what is missing is asked for, without echo.

    Values are asked for on a terminal only. None is printed or kept.
    """
    kind = checked_type(model_type)
    description = open_registry(specs).record(provider).description
    form = description.form if model is None else description.model_form or description.form
    values: dict[str, Any] = ask_missing(form, environment_values(form))
    with open_runtime(specs) as runtime, working(f"Asking {provider}"):
        try:
            if model is None:
                found = runtime.validate_provider_credentials(provider, values)
            else:
                found = runtime.validate_model_credentials(provider, kind, model, values)
        except CredentialsInvalid as error:
            if not json:
                raise
            print_json({"provider": provider, "valid": False, "error": str(error)})
            raise typer.Exit(FAILED) from None
    if json:
        print_json({"provider": provider, "valid": True, "variables": sorted(found)})
        return
    typer.echo(f"{provider}: the credentials are valid ({', '.join(sorted(found)) or 'none'}).")


def ask_missing(form: Iterable[FormField], values: dict[str, str]) -> dict[str, str]:
    """Ask for what is required and missing. MissingCredential where nobody can be asked."""
    found = dict(values)
    for row in form:
        known = {**{other.variable: other.default for other in form if other.default}, **found}
        if not row.required or known.get(row.variable) or not is_shown(row, known):
            continue
        if not sys.stdin.isatty():
            raise MissingCredential(
                f"The credential {row.variable!r} is not given. "
                f"Set {row.env}, or run this on a terminal to be asked."
            )
        found[row.variable] = typer.prompt(row.variable, hide_input=row.is_secret, err=True)
    return found
