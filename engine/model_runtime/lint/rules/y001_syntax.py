"""The file is not YAML.

What it checks
    The file is UTF-8 text with one YAML document in it, indented with blanks.

Why
    Nothing else can be said of a file that cannot be read.

Example
    label: Acme
      base_url: https://api.acme.example

Instead
    label: Acme
    base_url: https://api.acme.example

See
    docs/language.md
"""

from __future__ import annotations

from typing import Final, Literal

FOUND_BY: Final[Literal["loader"]] = "loader"
