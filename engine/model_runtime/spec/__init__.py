"""Specs from text to one resolved tree: read, checked by schema, merged over their parents.

`yaml_source` reads text, `schema` checks a file as written, `resolve` merges it over its
parents, `described` reads the providers and models of Dify's schema, `shapes` leaves out what
readers of descriptions could not take, and `load` runs them all.
"""

from __future__ import annotations

from .brevity import expand
from .folders import SpecFile
from .load import LoadedSpec, SpecFolders, load
from .resolve import merge, patch, resolve
from .schema import check_schema
from .tree import YamlList, YamlMap, place_of, plain
from .yaml_source import read_yaml

__all__ = [
    "LoadedSpec",
    "SpecFile",
    "SpecFolders",
    "YamlList",
    "YamlMap",
    "check_schema",
    "expand",
    "load",
    "merge",
    "patch",
    "place_of",
    "plain",
    "read_yaml",
    "resolve",
]
