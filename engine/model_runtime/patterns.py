"""Regular expressions of specs: compiled at load, short, and unable to take exponential time."""

from __future__ import annotations

import re
from typing import Final

PATTERN_LIMIT: Final = 200

_ATOM: Final = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
_GROUP_HEAD: Final = re.compile(r"\(\?(?:P?<[A-Za-z_]\w*>|<?[=!]|[aiLmsux-]*:?)")
_INNERMOST: Final = re.compile(r"\(([^()]*)\)([*+{]?)")
_VARIES: Final = re.compile(r"[*+?{|]")
_COMMENT: Final = re.compile(r"\(\?#[^)]*\)")
_VERBOSE: Final = re.compile(r"\(\?[a-zA-Z]*x")


def compile_regex(pattern: str) -> re.Pattern[str]:
    """Compile a pattern, or raise ValueError with a sentence that says what is wrong with it."""
    if len(pattern) > PATTERN_LIMIT:
        raise ValueError(f"it has {len(pattern)} characters, at most {PATTERN_LIMIT} are allowed")
    try:
        compiled = re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as fault:
        raise ValueError(f"it is no regular expression: {fault}") from None
    text = _COMMENT.sub("", _ATOM.sub("a", pattern))
    if _VERBOSE.search(text):
        raise ValueError("it sets the flag x, which hides what a repetition repeats")
    if _repeats_a_varying_group(text):
        raise ValueError("it repeats a group that itself repeats or chooses, which can take ages")
    return compiled


def _repeats_a_varying_group(text: str) -> bool:
    """Whether a group like `(a+)+` or `(a|b)*` stands in it, the source of exponential time."""
    text = _GROUP_HEAD.sub("(", text)
    while match := _INNERMOST.search(text):
        varies = _VARIES.search(match[1]) is not None
        if varies and match[2]:
            return True
        text = f"{text[: match.start()]}{'x?' if varies else 'x'}{match[2]}{text[match.end() :]}"
    return False
