"""The app under a real server on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from app_server import Serve, serving


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Serve an app; see `app_server.py`."""
    with serving(tmp_path) as start:
        yield start
