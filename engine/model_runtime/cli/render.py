"""`model-runtime render`: the request that would be sent. Nothing is sent."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import typer

from model_runtime.core import RuntimeCore, split_name
from model_runtime.credentials.form import FormField
from model_runtime.credentials.source import environment_values
from model_runtime.errors import CredentialsInvalid, InvalidParameter, MissingCredential
from model_runtime.exchange import HttpRequest
from model_runtime.findings import Findings
from model_runtime.runtime.binding import BoundCall, CallOptions, bind_llm_call
from model_runtime.secrets import Redactor, Secret
from model_runtime.spec import plain, read_yaml

from .console import WrongUsage, notes
from .opening import ModelName, Specs, open_runtime, read_json, read_text

MASK = "***"
_PROMPTS = ("messages", "prompt")
_OPTIONS = frozenset(CallOptions.__slots__) - {"timeout"}


def run(
    model: ModelName,
    request: Annotated[
        str,
        typer.Option(
            metavar="FILE",
            help="JSON or YAML: the messages, or an object of `messages` and what else `invoke` "
            "takes (parameters, tools ...). `-` for stdin.",
        ),
    ],
    stream: Annotated[bool, typer.Option("--stream", help="As a streamed call.")] = False,
    specs: Specs = None,
) -> None:
    """Print the HTTP request that would be sent, secrets masked. Nothing is sent."""
    prompt, options = read_request(read_text(request, "--request"), request)
    with open_runtime(specs) as runtime:
        # The binding, not the handle: only it holds what auth is rendered from.
        bound = _bind(runtime._core, model, prompt, stream, options)
    typer.echo(format_request(masked(bound)))


def read_request(text: str, name: str) -> tuple[object, CallOptions]:
    """Read a request file: the prompt, and the other arguments of a call."""
    value = _read_yaml(text, name) if Path(name).suffix in (".yaml", ".yml") else None
    value = read_json(text, "--request") if value is None else value
    if not isinstance(value, dict) or "role" in value:
        return value, CallOptions()
    prompts = [key for key in _PROMPTS if key in value]
    unknown = sorted(set(value) - _OPTIONS - set(_PROMPTS))
    if len(prompts) != 1 or unknown:
        what = f"has the unknown key {unknown[0]!r}" if unknown else "has not one prompt"
        known = ", ".join([*_PROMPTS, *sorted(_OPTIONS)])
        raise WrongUsage(f"--request: the object {what}. Known: {known}; one of the first two.")
    options = {key: item for key, item in value.items() if key in _OPTIONS}
    return value[prompts[0]], CallOptions(**options)


def masked(bound: BoundCall) -> HttpRequest:
    """The request with auth applied and everything secret replaced by stars."""
    before = bound.exchange.request
    after = _with_auth(bound) or before
    hidden = mask_additions(before, after)
    credentials = bound.exchange.scope["credentials"]
    assert isinstance(credentials, Mapping)
    # A URL or region that is no secret stays readable.
    redact = Redactor(value for value in credentials.values() if isinstance(value, Secret))
    return replace(
        hidden,
        url=redact(hidden.url),
        headers={name: redact(value) for name, value in hidden.headers.items()},
        body=_redacted(hidden.body, redact),
    )


def _with_auth(bound: BoundCall) -> HttpRequest | None:
    """The request with credentials; None, with a note, when that takes a call or a key."""
    try:
        flow = bound.exchange.auth.apply(bound.exchange.request, bound.exchange.scope)
        next(flow)
    except StopIteration as done:
        request: HttpRequest = done.value
        return request
    except (InvalidParameter, MissingCredential) as error:
        notes().print(f"note: {error} So auth is left out here.", markup=False)
        return None
    flow.close()
    notes().print("note: auth asks a server for a token first, so it is left out here.")
    return None


def mask_additions(before: HttpRequest, after: HttpRequest) -> HttpRequest:
    """Mask every header and query value that auth has added: a signature is a secret as well."""
    headers = {
        name: value if before.headers.get(name) == value else _masked_header(value)
        for name, value in after.headers.items()
    }
    return replace(after, url=_masked_url(before.url, after.url), headers=headers)


def format_request(request: HttpRequest) -> str:
    """Write a request as people read it: its line, its headers, its body as indented JSON."""
    lines = [f"{request.method} {request.url}"]
    lines += [f"{name}: {value}" for name, value in request.headers.items()]
    if request.body:
        lines += ["", _body_text(request)]
    return "\n".join(lines)


def _bind(
    core: RuntimeCore, model: str, prompt: object, stream: bool, options: CallOptions
) -> BoundCall:
    """Bind a call; what is missing of the credentials is stood in for, since nothing is sent."""
    try:
        return bind_llm_call(core.bind(model, "llm", None, None), prompt, stream, options)
    except MissingCredential as missing:
        values = _stand_ins(core.registry.record(split_name(model)[0]).description.form)
        try:
            bound = bind_llm_call(core.bind(model, "llm", values, None), prompt, stream, options)
        except (CredentialsInvalid, MissingCredential):
            raise missing from None
        notes().print(f"note: {missing} Here {MASK} stands for it.", markup=False)
        return bound


def _stand_ins(form: Iterable[FormField]) -> dict[str, Any]:
    """What the environment holds, and stars for each required secret that it does not hold."""
    form = tuple(form)
    values: dict[str, Any] = dict(environment_values(form))
    for row in form:
        if row.required and row.is_secret and row.default is None:
            values.setdefault(row.variable, MASK)
    return values


def _masked_header(value: str) -> str:
    scheme, space, _ = value.partition(" ")
    return f"{scheme} {MASK}" if space and scheme.isalnum() else MASK


def _masked_url(before: str, after: str) -> str:
    if before == after:
        return after
    own = set(parse_qsl(urlsplit(before).query, keep_blank_values=True))
    pairs = parse_qsl(urlsplit(after).query, keep_blank_values=True)
    shown = [(name, value if (name, value) in own else MASK) for name, value in pairs]
    return urlsplit(after)._replace(query=urlencode(shown, safe="*")).geturl()


def _redacted(body: bytes, redact: Redactor) -> bytes:
    try:
        return redact(body.decode()).encode()
    except UnicodeDecodeError:
        return body


def _body_text(request: HttpRequest) -> str:
    try:
        text = request.body.decode()
    except UnicodeDecodeError:
        return f"({len(request.body)} bytes that are no text)"
    if "json" not in request.headers.get("content-type", ""):
        return text
    return json.dumps(json.loads(text), indent=2, ensure_ascii=False)


def _read_yaml(text: str, name: str) -> object:
    findings = Findings()
    tree = read_yaml(text.encode(), name, findings, strict=True)
    findings.raise_errors(f"request {name!r}")
    return plain(tree)
