"""`model-runtime show`: a spec as it is written, as it is after inheritance, or compiled."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from model_runtime.compile.provider import Variant
from model_runtime.registry import ProviderRecord

from .console import WrongUsage, output
from .opening import Specs, open_registry
from .origins import write_resolved


class Stage(StrEnum):
    """How far on its way to a call a spec is shown."""

    SOURCE = "source"
    RESOLVED = "resolved"
    COMPILED = "compiled"


def run(
    provider: Annotated[str, typer.Argument(metavar="PROVIDER", help="The provider's name.")],
    stage: Annotated[
        Stage,
        typer.Option(
            help="source: the file. resolved: merged over its parents, each key with its origin. "
            "compiled: what the engine makes of it."
        ),
    ] = Stage.SOURCE,
    specs: Specs = None,
) -> None:
    """Print a spec as written, as resolved, or as compiled."""
    record = open_registry(specs).record(provider)
    if stage is Stage.SOURCE:
        typer.echo(source_of(record), nl=False)
    elif stage is Stage.RESOLVED:
        record.findings.raise_errors(f"provider {provider!r}")
        text = Text(write_resolved(record.loaded.tree))
        text.highlight_regex(r"(?m)  # \S+:\d+$", "dim")
        output().print(text)
    else:
        typer.echo(write_compiled(record))


def source_of(record: ProviderRecord) -> str:
    """The text of a provider's own file."""
    shown = record.loaded.files[0]
    folder = record.loaded.folder
    file: Traversable = Path(shown)
    if folder is not None and not file.is_file():
        file = folder.joinpath(shown.rpartition("/")[2])
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise WrongUsage(f"{shown}: the file cannot be read as UTF-8 text.") from None


def write_compiled(record: ProviderRecord) -> str:
    """Write what the engine makes of a spec: auth, operations, what they read, parameters."""
    compiled = record.usable()
    compiled.findings().raise_errors(f"provider {record.name!r}")
    tree = record.loaded.tree
    variant = compiled.base_variant()
    lines = [f"provider: {record.name}", f"base_url: {tree.get('base_url', 'none (abstract)')}"]
    lines.append(f"auth: {_at(tree, 'auth', 'kind') or 'none'}")
    lines += [
        f"credentials: {', '.join(row.variable for row in record.description.form) or 'none'}"
    ]
    lines.append("operations:")
    for name in variant.operation_names:
        lines += _operation(name, variant, _at(tree, "operations", name))
    lines.append("parameters:")
    for row in variant.rows.values():
        kind = f" (as {row.as_kind})" if row.as_kind else ""
        place = "the templates" if row.to is None else ".".join(row.to)
        lines.append(f"  {row.name} -> {place}{kind}")
    rules = tree.get("model_rules")
    if isinstance(rules, Mapping) and rules:
        lines += ["model rules:", *(f"  {name}" for name in rules)]
    return "\n".join(lines)


def _operation(name: str, variant: Variant, spec: Any) -> list[str]:
    request = _at(spec, "request") or {}
    target = request.get("url") or request.get("path", "")
    lines = [f"  {name}: {request.get('method', 'POST')} {target}".rstrip()]
    if name != "llm":
        return lines
    operation = variant.llm()
    reads = sorted(operation.request_plan.names_read)
    lines.append(f"    body: {operation.request_plan.body_kind or 'none'}")
    lines.append(f"    reads: {', '.join(reads)}")
    if operation.can_stream:
        done = f", done at {operation.stream.done!r}" if operation.stream.done else ""
        lines.append(f"    stream: {operation.stream.framing}{done}")
    return lines


def _at(tree: Any, *path: str) -> Any:
    for key in path:
        tree = tree.get(key) if isinstance(tree, Mapping) else None
    return tree
