"""`model-runtime new`: the spec of a service, written from what the service answers."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.text import Text

from model_runtime.core import typed_url
from model_runtime.factory import ModelRuntime
from model_runtime.probe import Learned, Service, probe
from model_runtime.probe.curl import read_curl, write_curl_spec
from model_runtime.probe.spec_text import write_spec, write_template
from model_runtime.runtime.sync_driver import SyncDriver
from model_runtime.sentences import visible

from .asking import Answer, print_remarks
from .console import FAILED, WrongUsage, notes
from .opening import read_text, working
from .schemas import modeline

_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
_MARKS: Final = {"yes": "green", "no": "dim", "unknown": "yellow"}
_SAMPLE: Final = "Say hello in one short sentence."


@dataclass(slots=True)
class Wanted:
    """What a new spec is to be called, where its service is, and the key to ask it with."""

    name: str
    label: str
    base_url: str
    key_env: str | None = None
    key: str | None = None


def run(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="The provider's name; asked for without.")
    ] = None,
    base_url: Annotated[str | None, typer.Option(help="Where the service is.")] = None,
    key_env: Annotated[
        str | None,
        typer.Option(metavar="VAR", help="The variable that holds the key; else NAME_API_KEY."),
    ] = None,
    label: Annotated[str | None, typer.Option(help="The name that people see.")] = None,
    model: Annotated[str | None, typer.Option(help="The language model to ask.")] = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Ask nothing: write a template.")
    ] = False,
    from_curl: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="A curl command to make an operation of; `-`: stdin."),
    ] = None,
    out: Annotated[Path, typer.Option(metavar="DIR", help="The folder to write into.")] = Path(),
) -> None:
    """Write the spec of a service: it is asked what it can do, by a few small requests."""
    if from_curl is not None:
        _from_curl(_checked_name(name), label, from_curl, out)
        return
    is_asked = name is None and base_url is None
    wanted = _ask() if is_asked else _read(name, base_url, label, key_env)
    file = _free_file(out, wanted.name)
    if offline:
        _save(file, write_template(wanted.name, wanted.label, wanted.base_url, key_env))
        return
    learned, url = _probe(wanted, model)
    _tell(learned)
    if not learned.is_reached:
        notes().print(f"error: {wanted.base_url}: no known path answers there.", markup=False)
        raise typer.Exit(FAILED)
    _save(file, write_spec(wanted.name, wanted.label, url, learned, wanted.key_env))
    if is_asked:
        _first_answer(file, wanted, learned)


def _probe(wanted: Wanted, model: str | None) -> tuple[Learned, str]:
    driver = SyncDriver()
    try:
        service = Service(wanted.base_url, driver, wanted.key)
        with working(f"Asking {wanted.base_url}"):
            return probe(service, model=model), service.base_url
    finally:
        driver.close()


def _read(name: str | None, base_url: str | None, label: str | None, env: str | None) -> Wanted:
    name = _checked_name(name)
    if base_url is None:
        raise WrongUsage("new: where is the service? Add --base-url URL.")
    wanted = Wanted(name, label or _label(name), typed_url(base_url), env)
    wanted.key = os.environ.get(env or f"{name.upper()}_API_KEY")
    if env and not wanted.key:
        raise WrongUsage(f"--key-env: the variable {env} is not set. Set it to the key.")
    return wanted


def _ask() -> Wanted:
    """Ask for everything, on a terminal."""
    if not sys.stdin.isatty():
        raise WrongUsage("new: what is the provider called? Write: new NAME --base-url URL.")
    label = typer.prompt("The service's name", err=True)
    name = _checked_name(re.sub(r"[^a-z0-9]+", "_", label.lower()).strip("_"))
    url = typed_url(typer.prompt("Its address (base URL)", err=True))
    question = "Its key (none: Enter)"
    key = typer.prompt(question, default="", hide_input=True, show_default=False, err=True)
    return Wanted(name, label, url, key=key or None)


def _checked_name(name: str | None) -> str:
    if name is None or not _NAME.fullmatch(name):
        raise WrongUsage(
            f"new: {name!r} is no provider's name; expected small letters, digits and `_`, "
            "a letter first."
        )
    return name


def _label(name: str) -> str:
    return " ".join(word.capitalize() for word in name.split("_"))


def _free_file(out: Path, name: str) -> Path:
    file = out / f"{name}.yaml"
    if file.exists():
        raise WrongUsage(f"{file} is there already. Remove it, or choose another --out.")
    return file


def _save(file: Path, text: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(modeline(file) + text, encoding="utf-8")
    except OSError as error:
        raise WrongUsage(f"--out: {file} cannot be written: {error.strerror}.") from None
    typer.echo(str(file))
    notes().print(f"Written. Next: model-runtime check {file}", markup=False)


def _tell(learned: Learned) -> None:
    """Tell each finding with its evidence."""
    for note in learned.notes:
        line = Text(f"{note.state:>8}  ", _MARKS[note.state])
        line.append(note.subject, "bold").append(f"  {visible(note.evidence)}", "not bold default")
        notes().print(line)


def _from_curl(name: str, label: str | None, source: str, out: Path) -> None:
    file = _free_file(out, name)
    try:
        command = read_curl(read_text(source, "--from-curl"))
    except ValueError as fault:
        raise WrongUsage(f"--from-curl: {fault}") from None
    _save(file, write_curl_spec(name, label or _label(name), command))


def _first_answer(file: Path, wanted: Wanted, learned: Learned) -> None:
    """Show the first answer of the model through the spec that was written."""
    model = next((row["model"] for row in learned.models if row["model_type"] == "llm"), None)
    if model is None:
        return
    given = {wanted.name: {"api_key": wanted.key} if wanted.key else {}}
    with ModelRuntime([str(file)], credentials=given) as runtime:
        notes().print(f"{wanted.name}/{model} says:", markup=False)
        result = runtime.llm(f"{wanted.name}/{model}").invoke(_SAMPLE)
    Answer().show_result(result)
    print_remarks(result)
    if wanted.key:
        notes().print(f"Set {wanted.name.upper()}_API_KEY to the key to call it again.")
