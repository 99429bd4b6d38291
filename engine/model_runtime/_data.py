"""Finds the specs, schemas and pages that ship with the package, installed or in a checkout."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path


def shipped(folder: str) -> Traversable:
    """Return the shipped folder `provider_specs`, `json_schemas` or `docs`.

    A wheel holds them under `model_runtime/_data`. An editable install has none there, so the
    folders of the checkout are used and edits are live.
    """
    checkout = Path(__file__).resolve().parents[2] / folder
    if checkout.is_dir() and (checkout.parent / "pyproject.toml").is_file():
        return checkout
    return files("model_runtime").joinpath("_data", folder)
