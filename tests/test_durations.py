"""Durations and sizes as specs write them."""

from __future__ import annotations

import pytest

from model_runtime.durations import read_duration, read_size


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("10s", 10.0),
        ("500ms", 0.5),
        ("1m30s", 90.0),
        ("1m 30s", 90.0),
        ("1h", 3600.0),
        ("2d", 172800.0),
        ("0.5s", 0.5),
        (" 5 m ", 300.0),
        (7, 7.0),
        (0.25, 0.25),
        (0, 0.0),
    ],
)
def test_duration_is_read_in_seconds(written: object, seconds: float) -> None:
    """Units may be combined; a bare number counts seconds."""
    assert read_duration(written) == pytest.approx(seconds)


@pytest.mark.parametrize("written", ["", "10", "ten s", "10 parsecs", "s10", "-5s", True, None])
def test_what_is_no_duration_is_refused_with_its_value(written: object) -> None:
    """The message shows what was written and how to write it."""
    with pytest.raises(ValueError, match="is not a duration; write 500ms, 10s") as caught:
        read_duration(written)
    assert repr(written) in str(caught.value)


@pytest.mark.parametrize(
    "written", [-5, float("nan"), float("inf"), 10**400], ids=["negative", "nan", "inf", "huge"]
)
def test_number_that_no_clock_takes_is_no_duration(written: float) -> None:
    """A bare number counts from 0 seconds to a year."""
    with pytest.raises(ValueError, match="from 0 seconds to a year"):
        read_duration(written)


@pytest.mark.parametrize(
    ("written", "size"),
    [("50MiB", 52428800), ("10KB", 10000), ("7", 7), ("3 B", 3), ("1GiB", 2**30), (12, 12)],
)
def test_size_is_read_in_bytes(written: object, size: int) -> None:
    """Decimal and binary units are told apart."""
    assert read_size(written) == size


@pytest.mark.parametrize("written", ["", "50 mib", "1.5MB", "-1", "MB", True, 1.5, None])
def test_what_is_no_size_is_refused(written: object) -> None:
    """Sizes are whole numbers with an exact unit."""
    with pytest.raises(ValueError, match="is not a size"):
        read_size(written)
