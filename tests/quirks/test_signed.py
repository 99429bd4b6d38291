"""Quirks whose bytes change with the clock: what of them stays."""

from __future__ import annotations

from quirks.table import SPECS

from model_runtime.findings import Findings
from model_runtime.lint.exchanges import cases_of, play
from model_runtime.registry import Registry


def test_signed_way_is_taken_when_its_keys_are_given() -> None:
    """A request is signed for the service and region that the spec names, with a session's token
    left out where there is none."""
    record = Registry([str(SPECS)], bundled=True).record("q07_many_ways")
    case = cases_of(record, Findings())[0]
    outcome = play(case, record, credentials={"access_key": "AKIAEXAMPLE", "secret_key": "secret"})
    assert outcome.error is None
    headers = outcome.requests[0].headers
    day = headers["x-amz-date"][:8]
    assert headers["authorization"].startswith(
        f"AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/{day}/eu-west-1/acme/aws4_request, "
    )
    assert "x-amz-security-token" not in headers and "cookie" not in headers
