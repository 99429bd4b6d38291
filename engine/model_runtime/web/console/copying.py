"""A call of the playground as Python, as curl and as YAML, to be taken elsewhere."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from .recorder import Recorder


class Called(Protocol):
    """What was called, and with what."""

    @property
    def method(self) -> str: ...

    def arguments(self) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Copy:
    """One way to write the call."""

    name: str
    text: str


def copies(
    model: str, called: Called, parameters: Mapping[str, Any], recorder: Recorder
) -> list[Copy]:
    """The call in three languages; curl only where a request was made."""
    arguments = {**called.arguments(), **({"parameters": dict(parameters)} if parameters else {})}
    found = [Copy("Python", _python(model, called.method, arguments))]
    if recorder.requests:
        found.append(Copy("curl", _curl(recorder)))
    found.append(Copy("YAML", _yaml(arguments)))
    return found


def _python(model: str, method: str, arguments: dict[str, Any]) -> str:
    first = next(iter(arguments), None)
    given = [] if first is None else [repr(arguments[first])]
    given += [f"{name}={value!r}" for name, value in arguments.items() if name != first]
    inside = "".join(f"        {item},\n" for item in given)
    return (
        "from model_runtime import ModelRuntime\n\n"
        "with ModelRuntime() as runtime:\n"
        f"    result = runtime.{method}({model!r}).invoke(\n{inside}    )\n"
        "    print(result)\n"
    )


def _curl(recorder: Recorder) -> str:
    """The last request. Auth is added when a call is sent, so it is told, not shown."""
    request = recorder.requests[-1]
    lines = [f"curl -X {request.method} {shlex.quote(request.url)}"]
    lines += [f"  -H {shlex.quote(f'{name}: {value}')}" for name, value in request.headers.items()]
    if request.body:
        try:
            lines.append(f"  --data-binary {shlex.quote(request.body.decode())}")
        except UnicodeDecodeError:
            lines.append("  --data-binary @body.bin")
    return " \\\n".join(lines) + "\n"


def _yaml(arguments: dict[str, Any]) -> str:
    """The arguments as `given` of a recorded exchange has them; JSON values are YAML."""
    lines = ["given:"]
    lines += [f"  {name}: {_json(value)}" for name, value in arguments.items()]
    return "\n".join(lines) + "\n"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
