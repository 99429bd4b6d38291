"""`model-runtime models`: the models that specs list, or that a service lists itself."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from model_runtime.catalog.models import ModelEntry
from model_runtime.vocabulary import MODEL_TYPES, ModelType

from .console import WrongUsage, notes, output, print_json, table
from .opening import AsJson, Specs, open_runtime, working


def run(
    model_type: Annotated[
        str | None, typer.Option("--type", help=f"One of {', '.join(MODEL_TYPES)}.")
    ] = None,
    provider: Annotated[str | None, typer.Option(help="Only this provider's models.")] = None,
    remote: Annotated[bool, typer.Option(help="Ask the service itself.")] = False,
    specs: Specs = None,
    json: AsJson = False,
) -> None:
    """List the models that specs list; with --remote those that the service lists."""
    wanted = None if model_type is None else checked_type(model_type)
    entries = _remote(provider, wanted, specs) if remote else _listed(provider, wanted, specs)
    if json:
        print_json([entry.to_dict() for entry in entries])
        return
    made = table("MODEL", "TYPE", "CONTEXT", "FEATURES", "STATUS")
    for entry in entries:
        made.add_row(*_row(entry))
    output().print(made)
    if not entries:
        notes().print("No models are listed here. A model can be called without being listed.")


def checked_type(name: str) -> ModelType:
    """Return a model type. WrongUsage when it is none."""
    for known in MODEL_TYPES:
        if name == known:
            return known
    raise WrongUsage(f"There is no model type {name!r}. Known: {', '.join(MODEL_TYPES)}.")


def _listed(
    provider: str | None, model_type: ModelType | None, specs: list[Path] | None
) -> tuple[ModelEntry, ...]:
    with open_runtime(specs) as runtime:
        return runtime.models(model_type, provider)


def _remote(
    provider: str | None, model_type: ModelType | None, specs: list[Path] | None
) -> tuple[ModelEntry, ...]:
    if provider is None:
        raise WrongUsage("--remote asks one service. Add --provider NAME.")
    with open_runtime(specs) as runtime, working(f"Asking {provider} for its models"):
        entries = runtime.remote_models(provider)
    return tuple(entry for entry in entries if model_type in (None, entry.model_type))


def _row(entry: ModelEntry) -> tuple[str, ...]:
    context = entry.model_properties.get("context_size")
    return (
        f"{entry.provider}/{entry.model}",
        entry.model_type,
        str(context) if context else "",
        ", ".join(entry.features),
        "deprecated" if entry.deprecated else entry.status,
    )
