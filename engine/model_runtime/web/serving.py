"""The app of `model-runtime serve`: a runtime of this machine, its store, specs and keys."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from starlette.applications import Starlette

from model_runtime import AsyncModelRuntime
from model_runtime.credentials.store import CredentialStore
from model_runtime.credentials.stores import open_store
from model_runtime.errors import InvalidParameter
from model_runtime.findings import Findings
from model_runtime.spec import plain, read_yaml

from .app import create_app
from .gateway.keys import GatewayKey
from .guard import LOOPBACK_HOSTS
from .kept import KeptCredentials

_STORE: Final = Path("model-runtime", "credentials.json")
_TOP: Final = ("keys", "aliases")


def build_app(
    *,
    specs: Path | None = None,
    gateway: Path | None = None,
    hosts: Sequence[str] = (),
    token: str | None = None,
) -> Starlette:
    """The app over the bundled specs and those of a folder.

    `gateway` is a YAML file with `keys` and `aliases`. `hosts` are names beside those of loopback
    under which the server is asked.
    """
    store = open_store(_data_home() / _STORE)
    runtime = _runtime(specs, store)
    keys, aliases = _read_gateway(gateway) if gateway is not None else ([], {})
    if specs is not None:
        specs.mkdir(parents=True, exist_ok=True)
    return create_app(
        runtime,
        keys=keys,
        aliases=aliases,
        hosts=LOOPBACK_HOSTS | set(hosts),
        token=token,
        store=store,
        specs=specs,
    )


def _runtime(specs: Path | None, store: CredentialStore | None) -> AsyncModelRuntime:
    def form_of(provider: str) -> Any:
        return runtime.provider(provider).credential_form()

    folders = [specs] if specs is not None else []
    if specs is not None:
        specs.mkdir(parents=True, exist_ok=True)
    kept = KeptCredentials(store, os.environ, form_of)
    runtime = AsyncModelRuntime(folders, credentials=kept)
    return runtime


def _data_home() -> Path:
    """Where programs keep data of their user. Source: the XDG base directory specification."""
    named = os.environ.get("XDG_DATA_HOME")
    return Path(named) if named else Path.home() / ".local" / "share"


def _read_gateway(file: Path) -> tuple[list[GatewayKey], dict[str, str]]:
    findings = Findings()
    tree = read_yaml(file.read_bytes(), str(file), findings, strict=True)
    findings.raise_errors(f"gateway {str(file)!r}")
    given: Any = plain(tree) if tree is not None else {}
    unknown = sorted(set(given) - set(_TOP)) if isinstance(given, dict) else ["a list"]
    if unknown:
        raise InvalidParameter(f"{file}: {unknown[0]!r} is not known. Known: {', '.join(_TOP)}.")
    keys = [GatewayKey.from_dict(key) for key in given.get("keys") or ()]
    return keys, dict(given.get("aliases") or {})
