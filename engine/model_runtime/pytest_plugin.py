"""The plugin for pytest: `pytest --model-runtime-specs DIR` makes each recorded exchange a test.

The engine is loaded when the option is given, so that other test runs pay nothing for it.
"""

from __future__ import annotations

from typing import Final

import pytest

OPTION: Final = "--model-runtime-specs"
EXHAUSTIVE: Final = "--model-runtime-exhaustive"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("model-runtime", "recorded exchanges of provider specs")
    group.addoption(
        OPTION,
        action="append",
        default=[],
        metavar="DIR",
        help="Test the recorded exchanges of a spec file, a provider's folder, or a folder of "
        "these. May be given again.",
    )
    group.addoption(
        EXHAUSTIVE,
        action="store_true",
        default=False,
        help="Cut recorded streams at every byte.",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Load what collects the exchanges."""
    if config.getoption(OPTION):
        config.pluginmanager.import_plugin("model_runtime.pytest_exchanges")
