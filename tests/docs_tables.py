"""Writes the tables of the documentation from the code and the schemas they tell of.

A page marks a table with `<!-- table: NAME -->` and `<!-- end of table -->`. A test compares
each with what stands here; `python tests/docs_tables.py` writes all of them anew.
"""

from __future__ import annotations

import dataclasses
import inspect
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

ROOT = Path(__file__).resolve().parents[1]
MARKED = re.compile(
    r"(?P<head><!-- table: (?P<name>[\w .-]+) -->\n)(?P<table>.*?)(?P<tail><!-- end of table -->)",
    re.DOTALL,
)

if __name__ == "__main__":
    sys.path.insert(0, str(ROOT / "engine"))

from catalogue import matrix  # noqa: E402
from docs_markdown import code, first_line, table  # noqa: E402
from docs_reference import REFERENCE, kinds  # noqa: E402
from quirks import table as quirk_table  # noqa: E402

from model_runtime import errors, factory, vocabulary  # noqa: E402
from model_runtime.auth import AUTH_KINDS  # noqa: E402
from model_runtime.compile.scopes import OPERATION_NAMES, PART  # noqa: E402
from model_runtime.framing import FRAMINGS  # noqa: E402
from model_runtime.lint.explain import all_pages  # noqa: E402
from model_runtime.parameters import CONVERSIONS, TEMPLATES  # noqa: E402
from model_runtime.results.events import Event  # noqa: E402
from model_runtime.results.llm import LLMResult  # noqa: E402
from model_runtime.runtime.handles import LanguageModel  # noqa: E402
from model_runtime.runtime.task_handles import TTSModel  # noqa: E402
from model_runtime.spec.load import WIRE_KEYS  # noqa: E402

PART_FIELDS = {
    "text": ("text",),
    "image": ("data", "url", "media_type", "detail"),
    "audio": ("data", "url", "media_type", "filename"),
    "video": ("data", "url", "media_type", "filename"),
    "document": ("data", "url", "media_type", "filename"),
    "reasoning": ("text",),
    "tool_call": ("id", "name", "arguments", "raw_arguments"),
    "tool_result": ("id", "name", "content", "is_error"),
}
# How an operation is called, in the class that has the method.
CALLED_BY = {
    "llm": (factory.ModelRuntime, "runtime.llm"),
    "text-embedding": (factory.ModelRuntime, "runtime.text_embedding"),
    "rerank": (factory.ModelRuntime, "runtime.rerank"),
    "speech2text": (factory.ModelRuntime, "runtime.speech2text"),
    "tts": (factory.ModelRuntime, "runtime.tts"),
    "moderation": (factory.ModelRuntime, "runtime.moderation"),
    "list_models": (factory.ModelRuntime, "runtime.remote_models"),
    "describe_model": (factory.ModelRuntime, "runtime.describe_model"),
    "validate_credentials": (factory.ModelRuntime, "runtime.validate_provider_credentials"),
    "count_tokens": (LanguageModel, "llm.count_tokens"),
    "voices": (TTSModel, "tts.voices"),
}


def provider_schema() -> dict[str, Any]:
    """The schema of provider files."""
    path = ROOT / "json_schemas" / "provider.schema.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def keys(name: str) -> str:
    """The keys of a block of a spec: `keys wire`, `keys request`, `keys job.poll` ..."""
    schema = provider_schema()
    first, *inner = name.split(".")
    block = schema if first == "wire" else schema["$defs"][first]
    for key in inner:
        block = block["properties"][key]
    # What may be a text or a map names its keys under the condition that it is a map.
    found = block.get("properties") or block["then"]["properties"]
    wanted = [key for key in found if (key in WIRE_KEYS if name == "wire" else key[0] != "$")]
    return table(("key", "what it says"), ((code(k), found[k]["description"]) for k in wanted))


def error_kinds() -> str:
    """Every kind of error that a service may tell."""
    return table(
        ("kind", "class", "worth another attempt"),
        (
            (
                code(kind),
                code(errors.PROVIDER_ERRORS[kind].__name__),
                "yes" if kind in errors.RETRYABLE_KINDS else "no",
            )
            for kind in vocabulary.ERROR_KINDS
        ),
    )


def error_classes() -> str:
    """Every error class."""
    found = [
        item
        for item in vars(errors).values()
        if isinstance(item, type) and issubclass(item, errors.ModelRuntimeError)
    ]
    return table(
        ("class", "is a", "when"),
        ((code(kind.__name__), code(kind.__base__.__name__), first_line(kind)) for kind in found),
    )


def error_tree() -> str:
    """The tree as the module draws it."""
    _, _, tree = inspect.cleandoc(errors.__doc__ or "").partition("\n\n")
    return f"```text\n{tree.partition(chr(10) * 2)[0]}\n```\n"


def part_types() -> str:
    """Every type of part with its fields."""
    assert set(PART_FIELDS) == set(vocabulary.PART_TYPES)
    assert {f for fields in PART_FIELDS.values() for f in fields} | {"type", "provider_state"} == (
        set(PART.fields or {})
    )
    return table(
        ("`p.type`", "fields beside `provider_state`"),
        ((code(kind), code(*PART_FIELDS[kind])) for kind in vocabulary.PART_TYPES),
    )


def names() -> str:
    """What templates see, by operation."""
    return table(
        ("operation", "names"), ((code(op), code(*found)) for op, found in OPERATION_NAMES.items())
    )


def operations() -> str:
    """Every operation, and whether this version calls it."""
    found = provider_schema()["$defs"]["operations"]["properties"]
    rows = []
    for name in found:
        if name.startswith("$"):
            continue
        owner, shown = CALLED_BY[name]
        calls = code(shown) if hasattr(owner, shown.partition(".")[2]) else "not yet"
        rows.append((code(name), found[name]["description"], calls))
    return table(("operation", "what it is", "called by"), rows)


def events() -> str:
    """Every event of a stream."""
    rows = []
    for kind in get_args(Event):
        fields = [item.name for item in dataclasses.fields(kind)]
        rows.append((code(kind.type), code(*fields), first_line(kind)))
    return table(("`event.type`", "fields", "what it is"), rows)


def result_fields() -> str:
    """The fields of a language model's result."""
    return table(
        ("field", "type"),
        ((code(item.name), code(str(item.type))) for item in dataclasses.fields(LLMResult)),
    )


def conversions() -> str:
    """The conversions of a parameter row."""
    return code(*sorted(CONVERSIONS)) + "\n"


def templates() -> str:
    """The templates that parameter rules may use."""
    return table(
        ("template", "type", "range"),
        (
            (
                code(name),
                str(rule["type"]),
                f"{rule['min']} to {rule['max']}" if "min" in rule else "",
            )
            for name, rule in TEMPLATES.items()
        ),
    )


def commands() -> str:
    """Every command of the command line."""
    from model_runtime.cli.main import build_app

    rows = []
    for command in build_app().registered_commands:
        rows.append((code(f"model-runtime {command.name}"), first_line(command.callback)))
    return table(("command", "what it does"), rows)


def providers() -> str:
    """Every bundled provider."""
    return table(matrix.HEAD, matrix.rows())


def quirks() -> str:
    """Every quirk of services, with the YAML that says it and what proves it."""
    return table(quirk_table.HEAD, quirk_table.rows())


TABLES: dict[str, Callable[[], str]] = {
    "auth": lambda: kinds(dict(AUTH_KINDS)),
    "commands": commands,
    "conversions": conversions,
    "error classes": error_classes,
    "error kinds": error_kinds,
    "error tree": error_tree,
    "events": events,
    "framings": lambda: kinds(dict(FRAMINGS)),
    "names": names,
    "operations": operations,
    "part types": part_types,
    "providers": providers,
    "quirk specs": quirk_table.sections,
    "quirks": quirks,
    "result": result_fields,
    "rules": all_pages,
    "templates": templates,
    **REFERENCE,
}


def fresh(text: str) -> str:
    """A page with every table as it should be."""

    def write(found: re.Match[str]) -> str:
        kind, _, name = found["name"].partition(" ")
        made = keys(name) if kind == "keys" else TABLES[found["name"]]()
        return f"{found['head']}\n{made}\n{found['tail']}"

    return MARKED.sub(write, text)


def pages() -> list[Path]:
    """Every page of the documentation that may hold a table."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


if __name__ == "__main__":
    for page in pages():
        page.write_text(fresh(page.read_text(encoding="utf-8")), encoding="utf-8")
