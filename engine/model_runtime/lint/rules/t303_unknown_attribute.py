"""An attribute or parameter that does not exist.

What it checks
    Attributes are those of messages, parts and tools; `parameters.` names a row of
    `parameters:` or a parameter rule.

Why
    A misspelt attribute is absent, so its key would silently never be sent.

Example
    temperature: "{{ parameters.temprature }}"

Instead
    temperature: "{{ parameters.temperature }}"

See
    docs/language.md
"""

from __future__ import annotations

from typing import Final, Literal

FOUND_BY: Final[Literal["compiler"]] = "compiler"
