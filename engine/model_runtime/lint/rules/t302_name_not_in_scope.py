"""A name that this field does not see.

What it checks
    An expression reads only names that its field and operation have. A secret is read in
    `auth`, in headers and in token requests, nowhere else.

Why
    A name that is not there is absent and vanishes without a word; a secret in a body or path
    ends up in logs.

Example
    body: {key: "{{ credentials.api_key }}"}

Instead
    headers: {x-api-key: "{{ credentials.api_key }}"}

See
    docs/language.md
"""

from __future__ import annotations

from typing import Final, Literal

FOUND_BY: Final[Literal["compiler"]] = "compiler"
