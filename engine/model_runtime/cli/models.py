"""`model-runtime models`: the models that specs list, or how a service's own list differs."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from model_runtime.catalog.changes import Change, compare
from model_runtime.catalog.models import ModelEntry
from model_runtime.sentences import visible
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
    """List the models that specs list; with --remote those that the service lists, and changes."""
    wanted = None if model_type is None else checked_type(model_type)
    if remote:
        _show_changes(_changes(provider, wanted, specs), json)
        return
    with open_runtime(specs) as runtime:
        entries = runtime.models(wanted, provider)
    if json:
        print_json([entry.to_dict() for entry in entries])
        return
    made = table("MODEL", "TYPE", "CONTEXT", "FEATURES", "STATUS")
    for entry in entries:
        made.add_row(*_row(entry), "deprecated" if entry.deprecated else entry.status)
    output().print(made)
    if not entries:
        notes().print("No models are listed here. A model can be called without being listed.")


def checked_type(name: str) -> ModelType:
    """Return a model type. WrongUsage when it is none."""
    for known in MODEL_TYPES:
        if name == known:
            return known
    raise WrongUsage(f"There is no model type {name!r}. Known: {', '.join(MODEL_TYPES)}.")


def _changes(
    provider: str | None, model_type: ModelType | None, specs: list[Path] | None
) -> list[Change]:
    if provider is None:
        raise WrongUsage("--remote asks one service. Add --provider NAME.")
    with open_runtime(specs) as runtime:
        listed = runtime.models(None, provider)
        retired = runtime.models(None, provider, include_deprecated=True)
        with working(f"Asking {provider} for its models"):
            remote = runtime.remote_models(provider)
    changes = compare(retired, remote)
    names = {(entry.model, entry.model_type) for entry in listed}
    return [
        change
        for change in changes
        if model_type in (None, change.entry.model_type)
        # That a model which is already marked as deprecated is gone is no news.
        and (change.kind != "gone" or (change.entry.model, change.entry.model_type) in names)
    ]


def _show_changes(changes: list[Change], as_json: bool) -> None:
    if as_json:
        print_json([change.to_dict() for change in changes])
        return
    made = table("CHANGE", "MODEL", "TYPE", "CONTEXT", "FEATURES", "WHAT CHANGED")
    for change in changes:
        kind = "" if change.kind == "same" else change.kind
        cells = (*_row(change.entry), _told(change))
        made.add_row(kind, *(Text(visible(cell)) for cell in cells))
    output().print(made)
    counts = Counter(change.kind for change in changes)
    notes().print(
        ", ".join(f"{counts[kind]} {kind}" for kind in ("new", "gone", "changed", "same"))
    )


def _told(change: Change) -> str:
    return "; ".join(
        f"{name}: {_plain(before)} -> {_plain(now)}"
        for name, (before, now) in change.fields.items()
    )


def _plain(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _row(entry: ModelEntry) -> tuple[str, ...]:
    context = entry.model_properties.get("context_size")
    return (
        f"{entry.provider}/{entry.model}",
        entry.model_type,
        str(context) if context else "",
        ", ".join(entry.features),
    )
