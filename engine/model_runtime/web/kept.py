"""Credentials of the served runtime: what the store keeps, else what the environment holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from model_runtime.credentials.form import read_form
from model_runtime.credentials.source import environment_values
from model_runtime.credentials.store import CredentialStore

Form = Callable[[str], Iterable[Mapping[str, Any]]]


class KeptCredentials:
    """A lookup of credentials. `form_of` tells the fields of a provider's form.

    The environment belongs to whoever started the server; a host that serves several tenants
    gives its own lookup to the runtime instead.
    """

    def __init__(
        self, store: CredentialStore | None, environ: Mapping[str, str], form_of: Form
    ) -> None:
        self._store = store
        self._environ = environ
        self._form_of = form_of

    def __call__(
        self, provider: str, model_type: str | None, model: str | None
    ) -> Mapping[str, Any] | None:
        """The values for one provider or model; None for nothing."""
        kept = self._store.read(provider, model_type, model) if self._store is not None else None
        if kept is not None:
            return kept
        rows = list(self._form_of(provider))
        form = read_form(provider, None, {"credential_form_schemas": rows})
        return environment_values(form, self._environ) or None
