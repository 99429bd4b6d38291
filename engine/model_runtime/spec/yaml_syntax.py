"""A YAML parser's complaints in the words of an author: what is wrong, and what to do."""

from __future__ import annotations

from typing import Final

_QUOTE_ADVICE: Final = "Put quotes around the text."
_CLOSE_ADVICE: Final = "Close it, or put quotes around the whole text."
_SYNTAX_WORDS: Final[tuple[tuple[str, str, str], ...]] = (
    ("found a tab", "a tab stands where YAML wants spaces.", "Indent with spaces."),
    (
        "mapping values are not allowed",
        "a second ': ' stands in one value.",
        "Put quotes around text that holds ': ', or check the indent of this line.",
    ),
    (
        "did not find expected key",
        "this does not belong to the map above it; expected a key in the map's column.",
        "Check the indent, and quotes that are not closed.",
    ),
    ("could not find expected ':'", "expected ':' after this key.", "Write 'key: value'."),
    ("',' or '}'", "a { is not closed; expected ',' or '}'.", _CLOSE_ADVICE),
    ("',' or ']'", "a [ is not closed; expected ',' or ']'.", _CLOSE_ADVICE),
    ("node content", "a value is missing here.", "Check { and [ that are not closed."),
    ("unexpected end of stream", "the file ends inside a quoted text.", "Close the quotes."),
    ("unexpected document indicator", "a document ends inside quotes.", "Close the quotes."),
    (
        "escape",
        "double quotes hold an escape that YAML does not know.",
        "Use single quotes, or write the backslash twice.",
    ),
    (
        "block sequence entries are not allowed",
        "a list item ('- ') may not begin here.",
        "Put the list on lines of its own below the key.",
    ),
    ("'-' indicator", "expected another list item ('- ') in this column.", "Check the indent."),
    (
        "document start",
        "the document has ended before this line.",
        "Check the indent of this line; a file holds one document.",
    ),
)


def syntax_words(problem: str, found: str) -> tuple[str, str]:
    """Say what a parser's problem means to an author, and what to do."""
    if found == "\t":
        return _SYNTAX_WORDS[0][1:]
    if "cannot start any token" in problem and found:
        return f"a value may not begin with {found!r}.", _QUOTE_ADVICE
    for part, message, advice in _SYNTAX_WORDS:
        if part in problem:
            return message, advice
    return f"this is not YAML ({problem or 'the parser says no more'}).", ""
