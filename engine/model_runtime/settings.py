"""What a host sets for a runtime."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .vocabulary import ModelStatus, OnViolation

if TYPE_CHECKING:
    import os

    from .catalog.models import ModelEntry
    from .credentials.source import Given
    from .credentials.store import CredentialStore

StatusLookup = Callable[["ModelEntry"], "ModelStatus | None"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a host sets for a runtime; `ModelRuntime` tells what each means."""

    specs: Sequence[str | os.PathLike[str]] = ()
    bundled: bool = True
    credentials: Given = None
    base_urls: Mapping[str, str] = field(default_factory=dict)
    hooks: Sequence[object] = ()
    include: Sequence[str] = ()
    exclude: Sequence[str] = ()
    pin: Sequence[str] = ()
    on_violation: OnViolation = "error"
    retries: int | None = None
    status: StatusLookup | None = None
    credential_store: CredentialStore | None = None
    untrusted: bool = False
