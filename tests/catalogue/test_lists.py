"""The lists of models that ship: complete, callable, without nonsense."""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from catalogue import matrix
from recordings_folder import MISSING, reading, recordings

from model_runtime import ModelRuntime
from model_runtime.catalog.models import ModelEntry
from model_runtime.findings import Findings
from model_runtime.registry import Registry
from model_runtime.spec.schema import check_schema
from model_runtime.spec.yaml_source import read_yaml
from model_runtime.vocabulary import MODEL_TYPES

SPECS = Path(__file__).resolve().parents[2] / "provider_specs"
FILES = sorted(SPECS.glob("*/models/*.yaml"))
REGISTRY = Registry([], bundled=True)
READ_ON = re.compile(r"^# Facts from .+; read on (20\d\d-\d\d-\d\d) by `make catalogue`\.$", re.M)


def shown(path: Path) -> str:
    """The provider and the type of a file."""
    return f"{path.parts[-3]}-{path.stem}"


@cache
def entries() -> tuple[ModelEntry, ...]:
    """Every model of every bundled provider."""
    with ModelRuntime() as runtime:
        return runtime.models(include_deprecated=True)


def test_lists_cover_the_six_types_of_many_providers() -> None:
    """At least 30 providers list models, 600 in all, and no type is left out."""
    found = entries()
    assert len(REGISTRY.names()) >= 55
    assert len({one.provider for one in found}) >= 30
    assert len(found) >= 600
    assert {one.model_type for one in found} == set(MODEL_TYPES)


@pytest.mark.parametrize("path", FILES, ids=shown)
def test_file_follows_the_schema(path: Path) -> None:
    """A list has no finding, and names each model once."""
    findings = Findings()
    tree = read_yaml(path.read_bytes(), str(path), findings, strict=True)
    check_schema(tree, "models.schema.json", findings)
    assert [str(finding) for finding in findings] == []
    twice = [name for name, n in Counter(model["model"] for model in tree).items() if n > 1]
    assert twice == []


@pytest.mark.parametrize("path", FILES, ids=shown)
def test_file_tells_where_its_facts_are_from(path: Path) -> None:
    """The top of a list names its sources and the day on which they were read."""
    told = READ_ON.search(path.read_text("utf-8"))
    assert told and date.fromisoformat(told[1])


@pytest.mark.parametrize("path", FILES, ids=shown)
def test_listed_type_can_be_called(path: Path) -> None:
    """No model is listed whose provider has no operation for its type."""
    tree = REGISTRY.record(path.parts[-3]).loaded.tree
    assert tree["operations"].get(path.stem)


def prices(pricing: dict[str, Any]) -> Iterator[tuple[str, Decimal]]:
    """Every price with the count that it is for."""
    for name in ("input", "output"):
        if name in pricing:
            yield name, Decimal(pricing[name])
    for row in pricing.get("rows", ()):
        yield row["of"], Decimal(row["price"])


def faults(one: ModelEntry) -> Iterator[str]:
    """What cannot be true of a model."""
    context = one.model_properties.get("context_size")
    output = one.spec.get("max_output_tokens")
    if one.model_type == "llm" and not context:
        yield "has no context size"
    if context and not 100 <= context <= 20_000_000:
        yield f"has a context of {context}"
    if output and not 100 <= output <= 5_000_000:
        yield f"writes {output} tokens"
    for of, price in prices(dict(one.pricing or {})):
        is_by_token = of in ("input", "output") or of.endswith("_tokens")
        is_cheap = one.model_type in ("text-embedding", "rerank")
        if price > ((10 if is_cheap else 1_000) if is_by_token else 500):
            yield f"costs {price} for {of}"
        if price == 0 and one.model_type != "moderation":
            yield f"costs nothing for {of}"
    for rule in one.rules:
        if rule.minimum is not None and rule.maximum is not None and rule.minimum >= rule.maximum:
            yield f"takes no {rule.name}"


def test_no_model_has_impossible_facts() -> None:
    """Sizes and prices are within what any service has; unknown ones are missing, not zero."""
    found = [f"{one.provider}/{one.model} {fault}" for one in entries() for fault in faults(one)]
    assert found == []


def test_dearer_tiers_do_not_leave_gaps() -> None:
    """Of one count, tiers with an end are followed by the next one."""
    for one in entries():
        rows = [row for row in (one.pricing or {}).get("rows", ()) if "batch" not in row]
        tiers = sorted(
            (row.get("min_input_tokens", 0), row["max_input_tokens"])
            for row in rows
            if row["of"] == "input_tokens" and "max_input_tokens" in row
        )
        assert all(low[1] + 1 == high[0] for low, high in pairwise(tiers)), one.model


def test_listing_all_models_is_quick() -> None:
    """All lists are read in a few seconds on any machine, and then kept."""
    start = time.perf_counter()
    with ModelRuntime() as runtime:
        runtime.models()
        cold = time.perf_counter() - start
        start = time.perf_counter()
        runtime.models()
    assert cold < 10
    assert time.perf_counter() - start < 1


SAMPLING = {
    "temperature": ("temperature",),
    "top_p": ("top_p", "topP", "p"),
    "max_tokens": ("max_tokens", "max_completion_tokens", "max_output_tokens", "maxOutputTokens"),
}


def sent(body: Any) -> Iterator[tuple[str, Any]]:
    """The sampling parameters of a recorded request."""
    if isinstance(body, dict):
        inner = [body, *(body.get(key) or {} for key in ("generationConfig", "inferenceConfig"))]
        for block in inner:
            for name, spellings in SAMPLING.items():
                for spelling in spellings:
                    if isinstance(value := block.get(spelling), int | float):
                        yield name, value


@pytest.mark.skipif(recordings() is None, reason=MISSING)
def test_no_rule_refuses_what_a_service_took() -> None:
    """Whatever a recorded request asked for with success is within the rules of its model."""
    ranges = {
        (matrix.proofs().get(one.provider, {}).get("service"), one.model, rule.name): (
            rule.minimum,
            rule.maximum,
        )
        for one in entries()
        for rule in one.rules
    }
    root = recordings()
    assert root is not None
    folder, refused, held = root / "data" / "exchanges", [], 0
    for row in reading("oracle").load_rows(folder):
        if row["status"] != 200 or row["model_type"] != "llm" or not row["has_request"]:
            continue
        service, model = row["provider"], row["model"]
        if not any((service, model, name) in ranges for name in SAMPLING):
            continue
        request = reading("oracle").load_exchange(folder, row)["request"]
        for name, value in sent(request["body"]):
            low, high = ranges.get((service, model, name), (None, None))
            held += 1
            if (low is not None and value < low) or (high is not None and value > high):
                refused.append(f"{row['id']} {model}: {name} {value}")
    assert refused == []
    assert held > 20


@pytest.mark.parametrize(
    ("name", "tokens"),
    [
        ("openai/gpt-4.1", 15),
        ("openai/gpt-4", 20),
        ("openai_responses/gpt-5.4", 15),
        ("azure_openai/gpt-4o", 15),
        ("openrouter/openai/gpt-5.5", 15),
        ("groq/openai/gpt-oss-120b", 15),
    ],
)
def test_bundled_encodings_count_exactly(name: str, tokens: int) -> None:
    """By the published encoding of the model, without any key; 7 are what is around a message."""
    with ModelRuntime(credentials={}) as runtime:
        text = "\u6211\u559c\u6b22\u5728\u6d77\u8fb9\u6563\u6b65\u3002"
        found = runtime.llm(name).count_tokens(text, method="local")
    assert (found.method, found.tokens) == ("local", tokens)


@pytest.mark.skipif(recordings() is None, reason=MISSING)
def test_local_count_is_what_the_service_counted() -> None:
    """Of every recorded conversation of plain texts, to the token."""
    root = recordings()
    assert root is not None
    folder, held = root / "data" / "exchanges", 0
    with ModelRuntime(credentials={}) as runtime:
        for row in reading("oracle").load_rows(folder):
            if row["provider"] != "openai" or row["model_type"] != "llm" or not row["has_request"]:
                continue
            exchange = reading("oracle").load_exchange(folder, row)
            body = exchange["request"]["body"]
            told = re.search(r'"prompt_tokens\\*": ?(\d+)', json.dumps(exchange["response"]))
            if told and is_plain(body):
                model = runtime.llm(f"openai/{body['model']}")
                found = model.count_tokens(body["messages"], method="local")
                assert found.tokens == int(told[1]), row["id"]
                held += 1
    assert held >= 20


def is_plain(body: Any) -> bool:
    """Whether a request holds texts alone, of a model that adds nothing of its own."""
    if not isinstance(body, dict) or {"tools", "functions", "response_format"} & body.keys():
        return False
    texts = [message.get("content") for message in body.get("messages", ())]
    is_bare = not any(m.keys() - {"role", "content"} for m in body.get("messages", ()))
    is_known = str(body.get("model")).startswith(("gpt-4o", "gpt-4.1"))
    return bool(texts) and is_bare and is_known and all(isinstance(text, str) for text in texts)
