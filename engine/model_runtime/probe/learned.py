"""What was learned of a service, and from which replies."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from .service import BEARER, Answer, KeyStyle

State = Literal["yes", "no", "unknown"]
UNSET: Final = "$unset"
# Where services put the words of an error, beside the places that the parent knows.
_MESSAGE_KEYS: Final = ("message", "msg", "detail", "error", "description", "title", "reason")
_DEPTH: Final = 4


@dataclass(frozen=True, slots=True)
class Note:
    """One finding: what it is about, how it came out, and the reply that says so.

    `line` is the YAML that the spec would hold if it were known, for what is not.
    """

    subject: str
    state: State
    evidence: str
    line: str = ""


@dataclass(slots=True)
class Learned:
    """The differences from the parent, the models that answered, and a note for each finding."""

    is_reached: bool = False
    needs_key: bool | None = None
    style: KeyStyle = BEARER
    parameters: dict[str, Any] = field(default_factory=dict)
    roles: dict[str, Any] = field(default_factory=dict)
    response_format: list[str] = field(default_factory=list)
    operations: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, Any] = field(default_factory=dict)
    models: list[dict[str, Any]] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    def note(
        self, subject: str, state: State, answer: Answer, line: str = "", *, more: str = ""
    ) -> None:
        """Keep a finding with the reply that shows it."""
        evidence = answer.evidence + (f", {more}" if more else "")
        self.notes.append(Note(subject, state, evidence, line))

    def add_model(self, model: str, model_type: str, **more: Any) -> dict[str, Any]:
        """Keep a model that has answered."""
        row = {"model": model, "model_type": model_type, **more}
        self.models.append(row)
        return row

    def change(self, *path: str, value: object) -> None:
        """Say a difference below `operations`."""
        inner = self.operations
        for key in path[:-1]:
            inner = inner.setdefault(key, {})
        inner[path[-1]] = value

    def read_errors(self, failures: Iterable[Answer]) -> None:
        """Find where the service puts the words of its errors, if not where the parent looks."""
        places: dict[str, Answer] = {}
        for answer in failures:
            place = message_place(answer.json)
            if place:
                places.setdefault(place, answer)
        if not places:
            return
        first = next(iter(places.values()))
        if all(place in _KNOWN_PLACES for place in places):
            self.note("error shape", "yes", first, more="the parent reads it")
            return
        told = ", ".join(sorted(places, key=lambda place: (-place.count("."), place)))
        self.errors["message"] = f"not_null({told})" if len(places) > 1 else told
        strange = next(answer for place, answer in places.items() if place not in _KNOWN_PLACES)
        self.note("error shape", "yes", strange)


_KNOWN_PLACES: Final = frozenset({"error.message", "error", "message", "detail"})


def message_place(body: Any, path: str = "", depth: int = 0) -> str:
    """The JMESPath of the first words in an error's body, the likely names first."""
    if isinstance(body, str):
        return path if body else ""
    if depth < _DEPTH and isinstance(body, list) and body:
        return message_place(body[0], f"{path}[0]", depth + 1)
    if depth < _DEPTH and isinstance(body, dict):
        order = ("error", *_MESSAGE_KEYS) if not depth else _MESSAGE_KEYS
        for key in order:
            if found := message_place(body.get(key), f"{path}.{key}".lstrip("."), depth + 1):
                return found
    return ""
