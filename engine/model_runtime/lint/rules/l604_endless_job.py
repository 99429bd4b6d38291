"""A job that may be polled for ever, or submitted twice.

What it checks
    A poll has a `timeout`, and a spec that retries connections gives the submission an
    idempotency key.

Why
    A job that never ends holds its caller; one that is sent twice is paid twice.

Example
    poll: {request: {method: GET, path: "/jobs/{{ job.id }}"}}

Instead
    poll: {request: {method: GET, path: "/jobs/{{ job.id }}"}, timeout: {default: 10m}}

See
    docs/language.md
"""

from __future__ import annotations

from collections.abc import Iterator

from model_runtime.findings import Finding
from model_runtime.lint.subject import Subject, block
from model_runtime.spec.tree import key_place_of


def check(provider: Subject) -> Iterator[Finding]:
    """Tell polls without an end, and submissions that a retry would repeat."""
    retried = set(provider.block("retry").get("kinds") or ()) & {"connection", "timeout"}
    for name, operation in provider.model_operations():
        job = block(operation, "job")
        if not job:
            continue
        if "timeout" not in block(job, "poll"):
            yield Finding(
                code="L604",
                message=f"`operations.{name}.job.poll` has no `timeout`.",
                place=key_place_of(job, "poll"),
                help="Say how long to wait: `timeout: {default: 10m}`.",
                length=len("poll"),
            )
        headers = {str(key).lower() for key in block(job, "submit", "request", "headers")}
        if retried and not any("idempotency" in key for key in headers):
            yield Finding(
                code="L604",
                message=f"`operations.{name}.job.submit` is sent again after a "
                f"{' or '.join(sorted(retried))} error, and has no idempotency key.",
                place=key_place_of(job, "submit"),
                help="Leave these kinds out of `retry.kinds`, or send a key.",
                length=len("submit"),
            )
