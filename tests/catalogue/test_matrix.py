"""The proofs that docs/providers.md tells of are there."""

from __future__ import annotations

import pytest
from catalogue import matrix
from recordings_folder import MISSING, reading, recordings

from model_runtime.registry import Registry

ENDPOINTS = {"openai_responses": "/responses"}


def test_every_provider_with_a_proof_is_bundled() -> None:
    """No proof is kept for a provider that is gone, nor for a type that it does not have."""
    registry = Registry([], bundled=True)
    for name, told in matrix.proofs().items():
        description = registry.record(name).description
        assert set(told["types"]) <= set(description.supported_model_types), name


@pytest.mark.skipif(recordings() is None, reason=MISSING)
def test_recorded_is_what_the_recordings_hold() -> None:
    """A type is called recorded exactly when its service was recorded answering it."""
    root = recordings()
    assert root is not None
    rows = reading("oracle").load_rows(root / "data" / "exchanges")
    for name, told in matrix.proofs().items():
        found = {
            row["model_type"]
            for row in rows
            if row["provider"] == told["service"]
            and row["status"] < 400
            and row["endpoint"].endswith(ENDPOINTS.get(name, ""))
        }
        assert set(told["types"]) <= found, name


def test_row_tells_every_type_and_its_proof() -> None:
    """Each row names each model type of the provider, and how each is known."""
    registry = Registry([], bundled=True)
    rows = list(matrix.rows())
    assert [row[0].split("`")[1] for row in rows] == registry.names()
    for row in rows:
        assert all(len(row) == len(matrix.HEAD) and row[column] for column in (0, 1, 3, 5))
        assert any(word in row[5] for word in ("recorded", "documented", "unverified"))
