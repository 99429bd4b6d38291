"""The table of docs/providers.md: what each bundled provider can do, and what proves it.

`python tests/docs_tables.py` writes it. `proofs.yaml` says of which services there are recordings;
a provider without any is documented where its spec or its exchange files name the vendor's page.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from model_runtime.registry import ProviderRecord, Registry

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
HEAD = ("provider", "model types, and models listed", "models take", "auth", "streams", "proof")
FEATURES = {
    "tool-call": "tools",
    "structured-output": "JSON schema",
    "agent-thought": "reasoning",
    "vision": "images",
    "document": "documents",
    "audio": "audio",
    "video": "video",
}
CHECKED = re.compile(r"(?P<url>https?://[^\s,]+).*?\b(?:checked|read) (?P<date>20\d\d-\d\d)", re.S)
BY_HAND = re.compile(r"^source: .*?(?P<url>https?://\S+)", re.M)


def rows() -> Iterator[tuple[str, ...]]:
    """A row for each bundled provider, in their order."""
    registry = Registry([], bundled=True)
    for name in registry.names():
        record = registry.record(name)
        yield (
            f"`{name}` {record.description.label_texts['en_US']}",
            types(record),
            features(record),
            auth(record),
            streams(record),
            proof(record),
        )


def types(record: ProviderRecord) -> str:
    """The model types, each with the number of models that the spec lists."""
    counts = Counter(model.get("model_type", "llm") for model in record.description.model_specs)
    return ", ".join(
        f"`{kind}`" + (f" {counts[kind]}" if counts[kind] else "")
        for kind in record.description.supported_model_types
    )


def features(record: ProviderRecord) -> str:
    """What some of the listed language models take or give beside text."""
    models = record.description.model_specs
    found = {f for model in models for f in model.get("features", ()) if model_is_llm(model)}
    return ", ".join(shown for name, shown in FEATURES.items() if name in found)


def model_is_llm(model: Mapping[str, Any]) -> bool:
    """Whether a model of a spec is a language model."""
    return bool(model.get("model_type", "llm") == "llm")


def auth(record: ProviderRecord) -> str:
    """How requests are signed."""
    found = record.loaded.tree.get("auth") or {"kind": "none"}
    ways = found.get("any", [found])
    ways = ways.values() if isinstance(ways, Mapping) else ways
    kinds = [str(way["kind"]).replace("_", " ") for way in ways if "kind" in way]
    return " or ".join(dict.fromkeys(kinds))


def streams(record: ProviderRecord) -> str:
    """The model types that can be streamed."""
    operations = record.loaded.tree.get("operations") or {}
    kinds = record.description.supported_model_types
    return ", ".join(kind for kind in kinds if "stream" in (operations.get(kind) or {}))


def proof(record: ProviderRecord) -> str:
    """How it is known that the spec is right: recorded, documented (where and when), unverified."""
    recorded = proofs().get(record.name, {}).get("types", ())
    found: dict[str, list[str]] = {}
    for kind in record.description.supported_model_types:
        word = "recorded" if kind in recorded else documented(record.name, kind) or "unverified"
        found.setdefault(word, []).append(kind)
    if len(found) == 1:
        return next(iter(found))
    return "; ".join(f"{word}: {', '.join(kinds)}" for word, kinds in found.items())


def documented(name: str, kind: str) -> str:
    """The vendor's page that an exchange file or the spec's own lines on that type name."""
    folder = ROOT / "tests" / "providers" / name
    for path in sorted((folder if kind == "llm" else folder / kind).glob("*.yaml")):
        if found := BY_HAND.search(path.read_text("utf-8")):
            return f"[documented]({found['url']})"
    spec = (ROOT / "provider_specs" / name / "provider.yaml").read_text("utf-8")
    head, _, operations = spec.partition("\noperations:\n")
    block = re.search(
        rf"(?:^ *#.*\n)*^  {kind}:.*\n(?:^   .*\n|^\s*\n|^ *#.*\n)*", operations, re.M
    )
    for text in (block[0] if block else "", head.partition("\nmodel_rules:")[0]):
        if found := CHECKED.search("\n".join(re.findall(r"#.*", text))):
            return f"[documented]({found['url']}) ({found['date']})"
    return ""


@cache
def proofs() -> dict[str, Any]:
    """Of which services there are recordings, by provider."""
    found: dict[str, Any] = yaml.safe_load((HERE / "proofs.yaml").read_text("utf-8"))
    return found
