"""Makes the call of an exchange, through everything that a host's call goes through."""

from __future__ import annotations

import io
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from model_runtime.core import RuntimeCore
from model_runtime.credentials.form import FormField
from model_runtime.errors import ModelRuntimeError
from model_runtime.exchange import HttpRequest
from model_runtime.outside import set_outside
from model_runtime.registry import ProviderRecord, Registry
from model_runtime.settings import Settings
from model_runtime.vocabulary import MODEL_TYPES, ModelType

from .cases import Case
from .tape import MOMENT, TapeDriver, TapeEnded

Json = dict[str, Any]


# The arguments of an operation that have a place of their own, and those that have a name.
_PLACED: Final[Mapping[str, tuple[str, ...]]] = {
    "llm": ("messages",),
    "count_tokens": ("messages",),
    "text-embedding": ("texts",),
    "rerank": ("query", "documents"),
    "tts": ("text",),
    "moderation": ("text",),
}
_NAMED: Final = (
    "tools", "tool_choice", "response_format", "parameters", "stop", "user", "extra_body",
    "extra_headers", "input_type", "dimensions", "top_n", "score_threshold", "language", "voice",
    "format",
)  # fmt: skip
# The model type whose handle an operation is asked of, where it is none itself.
_HANDLES: Final[Mapping[str, ModelType]] = {"count_tokens": "llm", "voices": "tts"}


@dataclass(slots=True)
class Outcome:
    """What a call sent, and how it ended: with a result as data, or with an error."""

    requests: list[HttpRequest]
    data: Json | None = None
    error: Exception | None = None
    events: list[Json] = field(default_factory=list)


class _OneProvider(Registry):
    """A registry of one record, compiled anew: no token of an earlier call is remembered."""

    def __init__(self, record: ProviderRecord) -> None:
        super().__init__((), bundled=False)
        self._record = replace(record, compiled=None)

    def record(self, name: str) -> ProviderRecord:
        return self._record


def made_up_credentials(form: Sequence[FormField], given: Mapping[str, Any]) -> Json:
    """What a case gives, else `test-key` for the secret of the form that must be set."""
    if "credentials" in given:
        return dict(given["credentials"])
    secrets = [row.variable for row in form if row.is_secret]
    keys = [name for name in secrets if name == "api_key"] or secrets[:1]
    return dict.fromkeys(keys, "test-key")


def play(
    case: Case,
    record: ProviderRecord,
    *,
    credentials: Mapping[str, Any] | None = None,
    is_cut: bool = False,
) -> Outcome:
    """Make the call of a case against its own replies, sent to nobody, without retries.

    It is made at MOMENT, and the ids that the engine makes count from 1.
    """
    values = credentials
    if values is None:
        values = made_up_credentials(record.description.form, case.given)
    core = RuntimeCore(Settings(bundled=False, credentials={case.provider: values}, retries=0))
    core.registry = _OneProvider(record)
    driver = TapeDriver(case, is_cut=is_cut)
    outcome = Outcome(driver.requests)
    try:
        with set_outside(lambda: MOMENT + driver.passed):
            outcome.data = as_data(_call(case, core, driver, values, outcome.events))
    except (ModelRuntimeError, TapeEnded, OSError, TypeError, ValueError, KeyError) as error:
        outcome.error = error
    return outcome


def _call(
    case: Case, core: RuntimeCore, driver: TapeDriver, values: Mapping[str, Any], events: list[Json]
) -> Any:
    if case.operation == "list_models":
        return driver.run(core.remote_models(case.provider, 0.0, None))
    if case.operation == "validate_credentials":
        return _validate(case, core, driver, values)
    kind = _HANDLES.get(case.operation) or _model_type(case.operation)
    model = core.handle(driver, f"{case.provider}/{case.given.get('model', '*')}", kind, None, None)
    placed, named = arguments(case)
    if case.operation == "voices":
        return model.voices(**named)
    if case.operation == "count_tokens":
        return model.count_tokens(*placed, **named)
    if not case.is_stream:
        return model.invoke(*placed, **named)
    with model.stream(*placed, **named) as stream:
        events.extend(event_data(event) for event in stream)
        return stream.result()


def _validate(case: Case, core: RuntimeCore, driver: TapeDriver, values: Mapping[str, Any]) -> Json:
    """Check the provider's credentials, or those of the model that the case names."""
    if "model" in case.given:
        checked, flow = core.model_check(case.provider, "llm", str(case.given["model"]), values)
    else:
        checked, flow = core.provider_check(case.provider, values)
    driver.run(flow)
    return checked


def arguments(case: Case) -> tuple[list[Any], Json]:
    """What a call is made with: arguments with a place, and those with a name."""
    given = case.given
    named = {name: given[name] for name in _NAMED if name in given}
    if case.operation == "speech2text" and "url" in given["file"]:
        return [given["file"]["url"]], named
    if case.operation == "speech2text":
        file = io.BytesIO(b64decode(given["file"]["content"]))
        file.name = given["file"].get("filename", "audio.mp3")
        return [file], named
    names = _PLACED.get(case.operation, ())
    return [given[name] for name in names if name in given], named


def event_data(event: Any) -> Json:
    """One event of a stream as JSON."""
    if isinstance(event, bytes):
        return {"type": "audio", "audio": b64encode(event).decode()}
    return dict(event.to_dict())


def as_data(result: Any) -> Json:
    """A result as JSON: a count stays a number, models are told by their ids."""
    if isinstance(result, int):
        return {"tokens": result}
    if isinstance(result, list | tuple):
        if any(hasattr(item, "model") for item in result):
            return {"models": [item.model for item in result]}
        return {"voices": [item.to_dict() for item in result]} if result else {}
    return {} if isinstance(result, dict) else dict(result.to_dict())


def _model_type(operation: str) -> ModelType:
    for kind in MODEL_TYPES:
        if kind == operation:
            return kind
    raise ValueError(f"{operation!r} is no operation; expected one of the schema's")
