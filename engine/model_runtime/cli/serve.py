"""`model-runtime serve`: the console and the gateway."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Annotated, Final

import typer

from model_runtime import web
from model_runtime.errors import MissingExtra

from .console import WrongUsage, notes
from .opening import SPECS_VARIABLE

TOKEN_VARIABLE: Final = "MODEL_RUNTIME_TOKEN"
_LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")


def run(
    host: Annotated[
        str, typer.Option(help="Where to listen; off loopback a token is needed.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port.")] = 8000,
    specs: Annotated[
        Path | None,
        typer.Option(
            envvar=SPECS_VARIABLE,
            help="The folder of your own specs; the workshop writes there.",
        ),
    ] = None,
    gateway: Annotated[
        Path | None,
        typer.Option(exists=True, help="A YAML file with the gateway's keys and aliases."),
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(help="A name under which the server is asked. May be given again."),
    ] = None,
) -> None:
    """Serve the console and the gateway. Stop it with Ctrl+C."""
    token = os.environ.get(TOKEN_VARIABLE) or None
    if host not in _LOOPBACK and token is None:
        raise WrongUsage(
            f"--host {host} can be reached from other machines, so a token is needed. "
            f"Set {TOKEN_VARIABLE}, for example to {secrets.token_urlsafe(24)}"
        )
    hosts = [*(allow_host or ()), host]
    app = web.build_app(specs=specs, gateway=gateway, hosts=hosts, token=token)
    shown = f"[{host}]" if ":" in host else host
    notes().print(f"Console: http://{shown}:{port}/", markup=False)
    notes().print(f"Gateway: http://{shown}:{port}/v1", markup=False)
    _serve(app, host, port)


def _serve(app: object, host: str, port: int) -> None:
    try:
        import uvicorn
    except ModuleNotFoundError:
        raise MissingExtra("serve", "the console and the gateway") from None
    uvicorn.run(app, host=host, port=port, log_level="warning", server_header=False)  # type: ignore[arg-type]
