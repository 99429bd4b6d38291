"""One provider as people and front ends see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from model_runtime.credentials.form import FormField, read_form
from model_runtime.vocabulary import MODEL_TYPES, ModelType

from .text import as_i18n, in_language

_TEXTS = ("description", "icon_small", "icon_large", "icon_small_dark", "icon_large_dark")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderDescription:
    """What a spec says of a provider to people. `is_callable` is false for one without a wire."""

    name: str
    label_texts: Mapping[str, str]
    supported_model_types: tuple[ModelType, ...]
    configurate_methods: tuple[str, ...]
    form: tuple[FormField, ...]
    model_form: tuple[FormField, ...]
    model_specs: tuple[Mapping[str, Any], ...] = ()
    is_callable: bool = True
    spec: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self, lang: str | None = None) -> dict[str, Any]:
        """Return JSON-ready data in the schema's field names; with `lang` texts in one language."""
        label = in_language(self.label_texts, lang) if lang else dict(self.label_texts)
        found: dict[str, Any] = {"provider": self.name, "label": label}
        for name in _TEXTS:
            if (text := as_i18n(self.spec.get(name))) is not None:
                found[name] = in_language(text, lang) if lang else text
        if "background" in self.spec:
            found["background"] = self.spec["background"]
        if isinstance(help := self.spec.get("help"), Mapping):
            found["help"] = {key: _localized(text, lang) for key, text in help.items()}
        found["supported_model_types"] = list(self.supported_model_types)
        found["configurate_methods"] = list(self.configurate_methods)
        found["provider_credential_schema"] = _form_dict(self.form)
        if self.model_form:
            model_schema = self.spec.get("model_credential_schema")
            head = dict(model_schema) if isinstance(model_schema, Mapping) else {}
            found["model_credential_schema"] = {**head, **_form_dict(self.model_form)}
        return found


def read_provider(
    name: str,
    tree: Mapping[str, Any],
    models: Sequence[Mapping[str, Any]],
    *,
    is_callable: bool,
    own_operations: Sequence[str] = (),
) -> ProviderDescription:
    """Return the description of a loaded spec. Types and methods have defaults that follow from
    the rest: the types of its own models and operations, else `llm`."""
    form = read_form(name, tree.get("credentials"), tree.get("provider_credential_schema"))
    model_form = read_form(name, tree.get("model_credentials"), tree.get("model_credential_schema"))
    return ProviderDescription(
        name=name,
        label_texts=as_i18n(tree.get("label")) or {"en_US": _title(name)},
        supported_model_types=_types(tree, models, own_operations),
        configurate_methods=_methods(tree, models, model_form),
        form=form,
        model_form=model_form,
        model_specs=tuple(models),
        is_callable=is_callable,
        spec=tree,
    )


def _types(
    tree: Mapping[str, Any], models: Sequence[Mapping[str, Any]], operations: Sequence[str]
) -> tuple[ModelType, ...]:
    declared = tree.get("supported_model_types")
    if isinstance(declared, list):
        return tuple(declared)
    known = {model.get("model_type", "llm") for model in models} | set(operations)
    return tuple(kind for kind in MODEL_TYPES if kind in known) or ("llm",)


def _methods(
    tree: Mapping[str, Any], models: Sequence[Mapping[str, Any]], model_form: Sequence[FormField]
) -> tuple[str, ...]:
    declared = tree.get("configurate_methods")
    if isinstance(declared, list):
        return tuple(str(method) for method in declared)
    return ("predefined-model", "customizable-model") if model_form else ("predefined-model",)


def _localized(value: object, lang: str | None) -> object:
    text = as_i18n(value)
    return in_language(text, lang) if lang else text


def _form_dict(form: Sequence[FormField]) -> dict[str, Any]:
    return {"credential_form_schemas": [dict(row.spec) for row in form]}


def _title(name: str) -> str:
    return name.replace("_", " ").replace("-", " ").title()
