"""`model-runtime try`: an expression of a spec, on a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from model_runtime.absent import Absent
from model_runtime.compile.extractors import compile_path
from model_runtime.compile.scopes import ANY
from model_runtime.compile.templates import compile_template
from model_runtime.findings import Findings
from model_runtime.location import Place
from model_runtime.messages import normalize_messages
from model_runtime.spec import plain, read_yaml

from .console import WrongUsage, notes, print_json
from .opening import read_json, read_text


def run(
    expression: Annotated[str, typer.Argument(help="What a spec would say.")],
    on: Annotated[
        str, typer.Option(metavar="FILE", help="JSON or YAML to try it on; `-` for stdin.")
    ],
    jinja: Annotated[
        bool,
        typer.Option("--jinja", help="Build as requests do; the names are the file's keys."),
    ] = False,
) -> None:
    """Try an expression on a file: JMESPath as replies are read, or Jinja with --jinja."""
    value = _read(read_text(on, "--on"), on)
    found = _built(expression, value) if jinja else _extracted(expression, value)
    if found is Absent:
        notes().print("absent: the key that holds this is left out.")
        return
    print_json(found)


def _read(text: str, name: str) -> object:
    if Path(name).suffix not in (".yaml", ".yml"):
        return read_json(text, "--on")
    findings = Findings()
    tree = read_yaml(text.encode(), name, findings, strict=True)
    findings.raise_errors(f"file {name!r}")
    return plain(tree)


def _extracted(expression: str, value: object) -> object:
    findings = Findings()
    path = compile_path(expression, findings, _place())
    findings.raise_errors(f"expression {expression!r}")
    return path(value)


def _built(expression: str, value: object) -> object:
    if not isinstance(value, dict):
        raise WrongUsage("--on: a Jinja expression needs names; expected a file with an object.")
    scope = dict(value)
    if "messages" in scope:
        # As templates see them, whichever way they are spelled.
        scope["messages"] = normalize_messages(scope["messages"])
    text = expression if "{{" in expression else f"{{{{ {expression} }}}}"
    findings = Findings()
    template = compile_template(text, dict.fromkeys(scope, ANY), findings, _place())
    findings.raise_errors(f"expression {expression!r}")
    return template(scope)


def _place() -> Place:
    return Place("expression", 1, 1, text_column=1)
