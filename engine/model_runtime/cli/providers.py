"""`model-runtime providers`: every provider, what it supports, and whether it is configured."""

from __future__ import annotations

from typing import Any

from model_runtime.catalog.text import in_language
from model_runtime.credentials.source import is_configured
from model_runtime.registry import ProviderRecord

from .console import output, print_json, table
from .opening import AsJson, Specs, open_registry, usable_names


def run(specs: Specs = None, json: AsJson = False) -> None:
    """List the providers, what each supports, and whether it is configured."""
    registry = open_registry(specs)
    rows = [_row(registry.record(name)) for name in usable_names(registry)]
    if json:
        print_json(rows)
        return
    made = table("NAME", "LABEL", "TYPES", "CONFIGURED", "MODELS")
    for row in rows:
        types = ", ".join(row["supported_model_types"])
        models = str(row["models"]) if row["models"] else "any"
        made.add_row(row["provider"], row["label"], types, _state(row), models)
    output().print(made)


def _row(record: ProviderRecord) -> dict[str, Any]:
    description = record.description
    form = description.form
    return {
        "provider": record.name,
        "label": in_language(description.label_texts, None),
        "supported_model_types": list(description.supported_model_types),
        "configured": is_configured(None, form, record.name),
        "callable": description.is_callable and not record.findings.errors,
        "needs": [row.env or row.variable for row in form if _is_needed(row)],
        "models": len(description.model_specs),
        "faults": len(record.findings.errors),
    }


def _is_needed(row: Any) -> bool:
    return bool(row.required and row.default in (None, "") and not row.show_on)


def _state(row: dict[str, Any]) -> str:
    if row["faults"]:
        return "broken, see `model-runtime check`"
    if not row["callable"]:
        return "described only"
    if row["configured"]:
        return "yes" if row["needs"] else "yes, nothing is required"
    return f"no, set {' and '.join(row['needs'])}"
