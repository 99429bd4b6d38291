"""`model-runtime providers`: every provider, what it supports, and whether it is configured."""

from __future__ import annotations

import re
from typing import Any, Final

from model_runtime._data import shipped
from model_runtime.catalog.text import in_language
from model_runtime.credentials.source import is_configured
from model_runtime.registry import ProviderRecord

from .console import output, print_json, table
from .opening import AsJson, Specs, open_registry, usable_names

_ROW: Final = re.compile(r"^\| `([a-z][\w-]*)`[^|]*\|.*\| ([^|]*) \|$", re.M)
_LINK: Final = re.compile(r"\[([^\]]*)\]\([^)]*\)")


def run(specs: Specs = None, json: AsJson = False) -> None:
    """List the providers, what each supports, and whether it is configured."""
    registry = open_registry(specs)
    proofs = read_proofs()
    rows = [_row(registry.record(name), proofs) for name in usable_names(registry)]
    if json:
        print_json(rows)
        return
    made = table("NAME", "LABEL", "TYPES", "CONFIGURED", "MODELS", *(["PROOF"] if proofs else []))
    for row in rows:
        types = ", ".join(row["supported_model_types"])
        models = str(row["models"]) if row["models"] else "any"
        cells = [row["provider"], row["label"], types, _state(row), models]
        made.add_row(*cells, *([row["proof"] or ""] if proofs else []))
    output().print(made)


def read_proofs() -> dict[str, str]:
    """How each bundled spec is proven, as its page tells: the last column of the table there."""
    try:
        page = shipped("docs").joinpath("providers.md").read_text(encoding="utf-8")
    except OSError:
        return {}
    rows = _ROW.findall(page)
    return {name: _LINK.sub(r"\1", proof) for name, proof in rows}


def _row(record: ProviderRecord, proofs: dict[str, str]) -> dict[str, Any]:
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
        # The page tells of the bundled specs; one of the user's own may have the same name.
        "proof": proofs.get(record.name) if record.loaded.root == 0 else None,
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
