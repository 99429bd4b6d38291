"""Runs recorded exchanges and tells what no longer matches, as L603."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from model_runtime.errors import MissingExtra
from model_runtime.findings import Finding, Findings
from model_runtime.registry import ProviderRecord

from .bodies import frames_of
from .calls import Outcome, play
from .cases import Case, cases_of
from .matchers import error_differences, outcome_differences, request_differences, shown
from .streams import Cuts

_MOST: Final = 5


def exchange_findings(
    record: ProviderRecord, *, is_exhaustive: bool = False, is_sound: bool = True
) -> list[Finding]:
    """Run every exchange of a spec that can be called.

    Of a spec that is not sound the files are read and not run: what came of them would be told
    as faults of the exchanges.
    """
    findings = Findings()
    cases = cases_of(record, findings)
    if not is_sound or record.findings.errors:
        return list(findings)
    if not record.description.is_callable or record.is_abstract:
        return list(findings)
    if cases and any(finding.severity == "error" for finding in record.usable().findings()):
        return list(findings)
    for case in cases:
        others = [other for other in cases if other.operation == case.operation]
        for key, told in check_case(case, record, others=others, is_exhaustive=is_exhaustive):
            findings.add(
                "L603",
                f"exchange `{case.operation}/{case.name}`: {told}",
                case.place(key),
                help="Mend the spec; or the exchange, if the service has changed.",
            )
    return list(findings)


def check_case(
    case: Case,
    record: ProviderRecord,
    *,
    others: Sequence[Case] = (),
    credentials: Mapping[str, Any] | None = None,
    is_exhaustive: bool = False,
) -> list[tuple[str, str]]:
    """Run one exchange; give the key that does not hold with what differs, a few at most.

    Among `others` a stream that ends in an error lends it, to be put into this one. What needs
    an extra that is not installed is passed over.
    """
    outcome = play(case, record, credentials=credentials)
    if isinstance(outcome.error, MissingExtra):
        return []
    found = list(compared(case, outcome))
    if not found and case.is_stream and case.rounds:
        found = list(_streamed(case, record, others, is_exhaustive))
    return found[:_MOST]


def compared(case: Case, outcome: Outcome) -> Iterator[tuple[str, str]]:
    """Compare what was sent, then what came of it."""
    rounds = case.rounds
    where = "rounds" if "rounds" in case.spec else "sends"
    for index, (sent, part) in enumerate(zip(outcome.requests, rounds, strict=False)):
        lead = f"request {index + 1}: " if len(rounds) > 1 else ""
        for told in request_differences(sent, part.get("sends") or {}):
            yield where, f"sends: {lead}{told}"
    if len(outcome.requests) < len(rounds):
        error = f" ({shown(outcome.error)})" if outcome.error else ""
        yield where, f"sends {len(outcome.requests)} of {len(rounds)} requests{error}"
        return
    yield from _ended(case, outcome)
    if "events" in case.spec:
        for told in outcome_differences(case.spec["events"], outcome.events, "events"):
            yield "events", told


def _ended(case: Case, outcome: Outcome) -> Iterator[tuple[str, str]]:
    if "raises" in case.spec:
        if outcome.error is None:
            yield "raises", f"raises nothing, but gives {shown(outcome.data)}"
        else:
            for told in error_differences(outcome.error, case.spec["raises"]):
                yield "raises", f"raises: {told}"
    elif outcome.error is not None:
        kind = type(outcome.error).__name__
        yield "gives", f"raises {kind}: {shown(outcome.error)}; expected a result"
    else:
        for told in outcome_differences(case.spec.get("gives") or {}, outcome.data, "gives"):
            yield "gives", told


def _streamed(
    case: Case, record: ProviderRecord, others: Sequence[Case], is_exhaustive: bool
) -> Iterator[tuple[str, str]]:
    if case.operation != "llm":
        whole, cut = play(case, record), play(case, record, is_cut=True)
        if (whole.data, str(whole.error)) != (cut.data, str(cut.error)):
            yield "reply", "the stream reads otherwise byte by byte"
        return
    model = str(case.given.get("model", "*"))
    entry = record.find_model(model, "llm")
    properties = entry.model_properties if entry else {}
    given = case.given.get("credentials") or {}
    operation = record.usable().variant(model, properties, given).llm()
    cuts = Cuts(
        case=case,
        operation=operation,
        is_exhaustive=is_exhaustive,
        may_end=operation.stream.may_just_stop,
    )
    if isinstance(cuts.read([b""])[0], MissingExtra):
        return
    for told in cuts.differences(_error_frame(case, others)):
        yield "reply", told


def _error_frame(case: Case, others: Sequence[Case]) -> bytes | None:
    """The last frame of another stream of the same kind that ends in an error."""
    kinds = {"sse", "text", "x-eventstream"} & set(case.rounds[-1].get("reply") or {})
    for other in others:
        if not (other.is_stream and other.rounds and "raises" in other.spec):
            continue
        reply = other.rounds[-1].get("reply") or {}
        frames = frames_of(reply)
        if kinds & set(reply) and 200 <= reply.get("status", 200) < 300 and frames:
            return frames[-1]
    return None
