"""One model as people and front ends see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from model_runtime.parameters import TEMPLATES, ParameterRule, read_rules
from model_runtime.vocabulary import ModelStatus, ModelType

from .text import as_i18n, in_language


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelEntry:
    """A model of a provider. `status` is `active` when its provider is configured.

    `parameter_rules` and `pricing` are as the spec has them, with the templates laid under.
    """

    provider: str
    model: str
    model_type: ModelType
    label_texts: Mapping[str, str]
    features: tuple[str, ...] = ()
    fetch_from: str = "predefined-model"
    model_properties: Mapping[str, Any] = field(default_factory=dict)
    parameter_rules: tuple[Mapping[str, Any], ...] = ()
    pricing: Mapping[str, Any] | None = None
    deprecated: bool = False
    status: ModelStatus = "no-configure"
    spec: Mapping[str, Any] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """The label in English."""
        return in_language(self.label_texts, None)

    @property
    def rules(self) -> tuple[ParameterRule, ...]:
        """The parameter rules, ready to check values."""
        return read_rules(self.parameter_rules)

    def to_dict(self, lang: str | None = None) -> dict[str, Any]:
        """Return JSON-ready data in the schema's field names; with `lang` texts in one language."""
        label = in_language(self.label_texts, lang) if lang else dict(self.label_texts)
        return {
            **self.spec,
            "provider": self.provider,
            "model": self.model,
            "label": label,
            "model_type": self.model_type,
            "features": list(self.features),
            "fetch_from": self.fetch_from,
            "model_properties": dict(self.model_properties),
            "parameter_rules": [dict(rule) for rule in self.parameter_rules],
            "pricing": dict(self.pricing) if self.pricing else None,
            "deprecated": self.deprecated,
            "status": self.status,
        }


def read_model(
    provider: str, spec: Mapping[str, Any], status: ModelStatus, model_type: ModelType | None = None
) -> ModelEntry:
    """Return the entry of one model of a spec."""
    model = str(spec["model"])
    return ModelEntry(
        provider=provider,
        model=model,
        model_type=spec.get("model_type") or model_type or "llm",
        label_texts=as_i18n(spec.get("label")) or {"en_US": model},
        features=tuple(str(feature) for feature in spec.get("features") or ()),
        fetch_from=str(spec.get("fetch_from", "predefined-model")),
        model_properties=spec.get("model_properties") or {},
        parameter_rules=tuple(_shown_rule(rule) for rule in spec.get("parameter_rules") or ()),
        pricing=spec.get("pricing"),
        deprecated=bool(spec.get("deprecated", False)),
        status=status,
        spec=spec,
    )


def _shown_rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    return {**TEMPLATES.get(str(rule.get("use_template")), {}), **rule}
