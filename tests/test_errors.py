"""Errors as values: what a worker process raises must reach its parent."""

from __future__ import annotations

import copy
import pickle

import pytest

from model_runtime.errors import (
    InvalidParameter,
    MissingExtra,
    ModelRuntimeError,
    RateLimitError,
    SpecError,
    StreamInterrupted,
    TimedOut,
)
from model_runtime.findings import Finding
from model_runtime.location import Place

ERRORS: list[ModelRuntimeError] = [
    RateLimitError("slow down", kind="rate_limit", status=429, retry_after=2.0, body={"a": [1]}),
    TimedOut("late", phase="connect"),
    StreamInterrupted("gone", partial=("some", "text")),
    SpecError("acme", [Finding(code="S102", message="m", place=Place("a.yaml", 3, 5))]),
    MissingExtra("aws", "signing"),
    InvalidParameter("no"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_error_survives_pickle_and_copy(error: ModelRuntimeError) -> None:
    """Class, text and every attribute, the name of the call included."""
    if isinstance(error, TimedOut):
        error.locate("acme", "large", "llm")
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(again) is type(error)
        assert str(again) == str(error)
        assert vars(again) == vars(error)
