"""The numbered bad inputs: the forty that are kept, and more of our own.

| number | input |
| --- | --- |
| 1 | alias bomb |
| 2 | recursive alias |
| 3 | 5,000 nested lists |
| 4 | duplicate `base_url` |
| 5 | `!!python/object/apply` |
| 6 | key `on:` or `no:` |
| 7 | NUL byte, UTF-16; a UTF-8 mark is read |
| 8 | `''.__class__.__mro__` |
| 9 | `attr` with a name put together |
| 10 | `'a'.ljust(10**9)` |
| 11 | `'%999999999d'|format(1)` |
| 12 | `9**9**9` |
| 13 | 10,000 nested parentheses in Jinja |
| 14 | the same in JMESPath |
| 15 | a literal of a megabyte in JMESPath |
| 16 | `{% for %}` |
| 17 | a cycle of `extends` |
| 18 | `extends` with a path |
| 19 | a metadata service as base URL |
| 20 | addresses in disguise |
| 21 | a user name that looks like a host |
| 22 | a pattern of exponential time |
| 23 | a secret in a body or path |
| 24 | a header's name with a line break |
| 25 | a prompt that breaks out of JSON |
| 26 | a prompt that is a template |
| 27 | a prompt that looks like a value |
| 28 | lone surrogate, NUL, U+2028 |
| 29 | a model's name with marks of a URL |
| 30 | a header's value with CR LF or an emoji |
| 31 | a file's name that adds a part |
| 32 | a tool with properties named like keywords |
| 33 | 10,000 messages, an image of 50 MB |
| 34 | NaN, Infinity, an integer of 5,000 digits |
| 35 | a redirect to another host |
| 36 | a sent URL on another origin, or `file://` |
| 37 | gzip bomb, endless line, endless pings |
| 38 | status 200 with a page, an error or nothing; 204 |
| 39 | a stream cut off; an error event after text |
| 40 | fragments of tool calls, bad event-stream frames, an echoed key |

From 41 on they are our own.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

FILES = ("test_inputs_of_specs.py", "test_inputs_of_callers.py", "test_inputs_of_servers.py")
NUMBERED = re.compile(r"test_(\d+)_\w+")


def numbers() -> dict[int, int]:
    """How many tests each number has, read from the names of the functions."""
    found: dict[int, int] = {}
    for name in FILES:
        tree = ast.parse((Path(__file__).parent / name).read_text(encoding="utf-8"))
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and (match := NUMBERED.fullmatch(node.name)):
                number = int(match[1])
                found[number] = found.get(number, 0) + 1
    return found


def test_each_of_the_forty_has_a_test() -> None:
    """None of the numbers 1 to 40 is missing, and the table above names each."""
    table = [int(number) for number in re.findall(r"^\| (\d+) \|", __doc__ or "", re.MULTILINE)]
    assert table == list(range(1, 41))
    assert [number for number in range(1, 41) if number not in numbers()] == []


def test_sixty_more_are_our_own() -> None:
    """The numbers go on without a gap, one attack each."""
    own = sorted(number for number in numbers() if number > 40)
    assert own == list(range(41, 41 + len(own))) and len(own) >= 60
