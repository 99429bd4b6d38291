"""The protocol of a store of credentials, which a host implements."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class CredentialStore(Protocol):
    """Keeps credentials by provider, and by model where a model has its own.

    `model_type` and `model` are None for the credentials of the provider. Credentials of a model
    replace those of its provider wholly. Methods may be called from several threads.
    """

    def read(
        self, provider: str, model_type: str | None = None, model: str | None = None
    ) -> Mapping[str, Any] | None:
        """Return what is kept, the provider's own where the model has none; None for nothing."""
        ...

    def write(
        self,
        provider: str,
        values: Mapping[str, Any],
        model_type: str | None = None,
        model: str | None = None,
    ) -> None:
        """Keep values, in place of those before."""
        ...

    def delete(
        self, provider: str, model_type: str | None = None, model: str | None = None
    ) -> None:
        """Forget what is kept; nothing happens when there is nothing."""
        ...
