"""The flow of an operation with steps and jobs: one request after the other until the last."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final, Protocol

from model_runtime.auth import Auth
from model_runtime.errors import PROVIDER_ERRORS, InvokeError, LimitExceeded, TimedOut
from model_runtime.exchange import Flow, HttpReply, HttpRequest, Wait
from model_runtime.vocabulary import ErrorKind

from .call import Exchange, call

Scope = dict[str, Any]

# A day of asking every five seconds; a spec may ask without any wait between.
MAX_POLLS: Final = 20_000
MAX_WARNINGS: Final = 100


class Plan(Protocol):
    """Builds a request from a scope."""

    def build(
        self, scope: Scope, base_url: str, *, extra_headers: Mapping[str, str]
    ) -> HttpRequest: ...


class Saving(Protocol):
    """A request of several, and what is kept of its reply."""

    @property
    def plan(self) -> Plan: ...

    @property
    def auth(self) -> Auth | None: ...

    def is_needed(self, scope: Scope) -> bool: ...

    def saved(self, reply: HttpReply) -> dict[str, Any]: ...


class Job(Protocol):
    """A job: how it is submitted, asked after and fetched."""

    @property
    def submit(self) -> Saving: ...

    @property
    def poll(self) -> Saving: ...

    @property
    def fetch(self) -> Saving | None: ...

    @property
    def cancel(self) -> Saving | None: ...

    @property
    def start(self) -> float: ...

    @property
    def factor(self) -> float: ...

    @property
    def longest(self) -> float: ...

    @property
    def timeout(self) -> float: ...

    @property
    def failure_kind(self) -> ErrorKind: ...

    def status(self, reply: HttpReply) -> tuple[str, str, str]: ...

    def is_known(self, word: str) -> bool: ...


class Operation(Protocol):
    """What this flow asks of an operation."""

    @property
    def steps(self) -> Mapping[str, Saving]: ...

    @property
    def job(self) -> Job | None: ...

    @property
    def request(self) -> Plan: ...


Bind = Callable[[HttpRequest, Scope], Exchange]


def run_task(
    operation: Operation,
    scope: Scope,
    base_url: str,
    extra_headers: Mapping[str, str],
    bind: Bind,
    warnings: list[str],
) -> Flow[HttpReply]:
    """Run the steps, then the request or the job, and return the last reply."""
    for name, step in operation.steps.items():
        if not step.is_needed(scope):
            continue
        request = step.plan.build(scope, base_url, extra_headers={})
        reply = yield from _send(bind(request, scope), step.auth)
        scope = {**scope, "steps": {**scope.get("steps", {}), name: step.saved(reply)}}
    if operation.job is not None:
        return (yield from _run_job(operation.job, scope, base_url, extra_headers, bind, warnings))
    request = operation.request.build(scope, base_url, extra_headers=extra_headers)
    return (yield from _send(bind(request, scope)))


def _run_job(
    job: Job,
    scope: Scope,
    base_url: str,
    extra_headers: Mapping[str, str],
    bind: Bind,
    warnings: list[str],
) -> Flow[HttpReply]:
    submitted = job.submit.plan.build(scope, base_url, extra_headers=extra_headers)
    reply = yield from _send(bind(submitted, scope))
    scope = {**scope, "job": job.submit.saved(reply)}
    try:
        reply = yield from _poll(job, scope, base_url, bind, warnings)
    except TimedOut:
        if job.cancel is not None:
            request = job.cancel.plan.build(scope, base_url, extra_headers={})
            # A job that cannot be cancelled any more does not hide that the time was over.
            with suppress(InvokeError):
                yield from _send(bind(request, scope))
        raise
    if job.fetch is None:
        return reply
    scope = {**scope, "job": {**scope["job"], **job.poll.saved(reply)}}
    request = job.fetch.plan.build(scope, base_url, extra_headers={})
    return (yield from _send(bind(request, scope), job.fetch.auth))


def _poll(
    job: Job, scope: Scope, base_url: str, bind: Bind, warnings: list[str]
) -> Flow[HttpReply]:
    wait, waited = job.start, 0.0
    for _ in range(MAX_POLLS):
        request = job.poll.plan.build(scope, base_url, extra_headers={})
        reply = yield from _send(bind(request, scope))
        status, word, message = job.status(reply)
        if status == "done":
            return reply
        if status == "failed":
            kind = job.failure_kind
            raise PROVIDER_ERRORS[kind](f"The job failed: {message}", kind=kind)
        if not job.is_known(word):
            warning = f"The job has the unknown status {word[:80]!r}; it counts as running."
            if warning not in warnings and len(warnings) < MAX_WARNINGS:
                warnings.append(warning)
        if waited + wait > job.timeout:
            raise TimedOut(f"The job was not done after {job.timeout:g} s.", phase="total")
        yield Wait(wait)
        waited += wait
        wait = min(wait * job.factor, job.longest)
    raise LimitExceeded(
        f"The job was asked after {MAX_POLLS} times and is not done. "
        "Let it be asked after less often, by `poll.every` of the spec."
    )


def _send(exchange: Exchange, auth: Auth | None = None) -> Flow[HttpReply]:
    if auth is not None:
        exchange = replace(exchange, auth=auth)
    return (yield from call(exchange, lambda reply, _seconds: reply))
