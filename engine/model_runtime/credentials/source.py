"""Where the values of credentials come from: what the host gives, else the environment."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from model_runtime.errors import CredentialsInvalid, InvalidParameter, MissingCredential

from .form import MODEL_TYPE_VARIABLE, FormField, check_form, is_shown

Lookup = Callable[[str, str | None, str | None], Mapping[str, Any] | None]
Given = Mapping[str, Mapping[str, Any]] | Lookup | None


def given_values(
    given: Given, provider: str, model_type: str | None, model: str | None
) -> Mapping[str, Any] | None:
    """What the host gives for a provider; None when it gives nothing.

    In a mapping the key `provider/model` stands for one model: its values replace those of the
    provider wholly, as they do in a store. Raises InvalidParameter for what is no mapping.
    """
    if given is None:
        return None
    if callable(given):
        values = given(provider, model_type, model)
    elif not isinstance(given, Mapping):
        raise InvalidParameter(
            f"credentials: a {type(given).__name__} was given. Expected a mapping of providers, "
            "such as {'acme': {'api_key': ...}}, or a callable."
        )
    else:
        own = given.get(f"{provider}/{model}") if model is not None else None
        values = given.get(provider) if own is None else own
    if values is not None and not isinstance(values, Mapping):
        raise InvalidParameter(
            f"credentials: a {type(values).__name__} was given for {provider!r}. "
            "Expected a mapping of its variables, such as {'api_key': ...}."
        )
    return values


def environment_values(
    form: Iterable[FormField], environ: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The values that the environment holds under the names that the form gives."""
    environ = os.environ if environ is None else environ
    return {row.variable: environ[row.env] for row in form if environ.get(row.env)}


def find_values(
    given: Given,
    form: tuple[FormField, ...],
    provider: str,
    model_type: str | None = None,
    model: str | None = None,
) -> dict[str, Any]:
    """Return the checked credentials of a call. MissingCredential names what to pass or set."""
    values = given_values(given, provider, model_type, model)
    if values is None:
        values = environment_values(form) if given is None else {}
    _refuse_missing(form, provider, values, model_type)
    return check_form(form, values, model_type=model_type)


def is_configured(given: Given, form: tuple[FormField, ...], provider: str) -> bool:
    """Whether everything that the form requires is there, without a call."""
    try:
        find_values(given, form, provider)
    except (MissingCredential, CredentialsInvalid):
        return False
    return True


def _refuse_missing(
    form: tuple[FormField, ...], provider: str, values: Mapping[str, Any], model_type: str | None
) -> None:
    known = {row.variable: row.default for row in form} | {
        name: value for name, value in values.items() if value not in (None, "")
    }
    known[MODEL_TYPE_VARIABLE] = model_type
    strays = sorted(set(values) - {row.variable for row in form})
    other = f", and {', '.join(map(repr, strays))} was given" if strays else ""
    for row in form:
        if row.required and is_shown(row, known) and known.get(row.variable) in (None, ""):
            raise MissingCredential(
                f"Provider {provider!r} needs the credential {row.variable!r}{other}. "
                f"Pass credentials={{{provider!r}: {{{row.variable!r}: ...}}}} or set {row.env}."
            )
