"""Recorded exchanges: a call, the request that it sends, the reply, and the result, all offline.

`cases` reads them, `tape` answers in place of a service, `calls` makes the call, `matchers`
compare, `streams` cuts replies anew, `run` tells what differs, and `coverage` which branches of a
spec no exchange takes.
"""

from __future__ import annotations

from .calls import Outcome, made_up_credentials, play
from .cases import Case, cases_of, read_cases
from .coverage import Coverage, SpecCoverage
from .matchers import error_differences, outcome_differences, request_differences
from .run import check_case, exchange_findings
from .streams import Cuts

__all__ = [
    "Case",
    "Coverage",
    "Cuts",
    "Outcome",
    "SpecCoverage",
    "cases_of",
    "check_case",
    "error_differences",
    "exchange_findings",
    "made_up_credentials",
    "outcome_differences",
    "play",
    "read_cases",
    "request_differences",
]
