"""A text that looks like a key.

What it checks
    No file holds what looks like an API key, a token or a private key, not even in a comment.

Why
    A spec is shared, committed and shown. A key in it is a key given away.

Example
    headers: {x-api-key: sk-...}

Instead
    headers: {x-api-key: "{{ credentials.api_key }}"}

See
    docs/writing-a-provider.md
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

from model_runtime.findings import Finding
from model_runtime.location import Place

_KNOWN: Final = re.compile(
    r"(?P<key>\bsk-[A-Za-z0-9_-]{20,}|\bAIza[0-9A-Za-z_-]{35}|\bgh[pousr]_[A-Za-z0-9]{36}"
    r"|\bxox[abprs]-[A-Za-z0-9-]{10,}|\bhf_[A-Za-z0-9]{30,}|\bAKIA[0-9A-Z]{16}\b"
    r"|\bgsk_[A-Za-z0-9]{20,}|-----BEGIN [A-Z ]*PRIVATE KEY-----"
    r"|\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,})"
)
_BEARER: Final = re.compile(r"\b(?:Bearer|Basic)\s+(?P<key>[A-Za-z0-9._~+/=-]{16,})")
# A long word right after a key that is named after a secret.
_NAMED: Final = re.compile(
    r"(?i)(?:key|token|secret|password|authorization)[\"']?\s*[:=]\s*[\"']?"
    r"(?P<key>[A-Za-z0-9+/_=-]{24,})(?=[\"'\s,}]|$)"
)
_LEAST_BITS: Final = 3.5


def check_text(text: str, file: str) -> Iterator[Finding]:
    """Look through the lines of a file; what is found is never shown."""
    for number, line in enumerate(text.split("\n"), start=1):
        if len(line) < 16:
            continue
        found = _KNOWN.search(line) or _BEARER.search(line) or _high_entropy(line)
        if found is not None:
            yield Finding(
                code="A501",
                message=f"this looks like a secret ({len(found['key'])} characters).",
                place=Place(file, number, found.start("key") + 1),
                help="Take it out, withdraw it at the service, and declare a credential.",
                length=len(found["key"]),
            )


def _high_entropy(line: str) -> re.Match[str] | None:
    found = _NAMED.search(line)
    if found is None or not any(character.isdigit() for character in found["key"]):
        return None
    counts, size = Counter(found["key"]), len(found["key"])
    bits = -sum(n / size * math.log2(n / size) for n in counts.values())
    return found if bits >= _LEAST_BITS else None
