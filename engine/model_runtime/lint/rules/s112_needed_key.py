"""A block that lacks, after inheritance, the key without which it does nothing.

What it checks
    `auth` has a `kind` or `any`; a model rule has globs to match; reranked documents are read
    with their score, tool calls with their name, rows of a list with their id; usage says where
    cached and reasoning tokens count; and some word of a job's status means `done`.

Why
    A child may leave out what its parent has, so that the schema cannot ask for these keys in
    each file. Without them calls go out unsigned, rules change nothing, and jobs never end.

Example
    auth: {headers: {x-api-key: "{{ credentials.api_key }}"}}

Instead
    auth: {kind: header, headers: {x-api-key: "{{ credentials.api_key }}"}}

See
    docs/language.md
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from model_runtime.findings import Finding
from model_runtime.lint.subject import Subject, block
from model_runtime.location import Place
from model_runtime.spec.tree import key_place_of, place_of

# A block of an operation, and the key of it without which what it reads is no use.
_OF_OPERATIONS: Final = {
    "llm": ("response", "tool_calls", "name"),
    "rerank": ("response", "documents", "score"),
    "list_models": ("response", "id"),
    "voices": ("response", "id"),
}
# What tells whether counts are among the total, and the counts that it is told of.
_COUNTED: Final = {
    "cached": ("cache_read_tokens", "cache_write_tokens"),
    "reasoning": ("reasoning_tokens",),
}


def check(provider: Subject) -> Iterator[Finding]:
    """Tell what is missing in each block that is there."""
    if provider.is_abstract:
        return
    auth = provider.block("auth")
    if auth and not {"kind", "any"} & auth.keys():
        help = "Add `kind`: bearer, header, query, basic ..."
        yield _finding("auth", "kind", key_place_of(provider.tree, "auth"), help)
    yield from _of_rules(provider.block("model_rules"))
    for name, (*path, key) in _OF_OPERATIONS.items():
        outer, last = ("operations", name, *path[:-1]), path[-1]
        if (found := provider.block(*outer, last)) and key not in found:
            place = key_place_of(provider.block(*outer), last)
            help = f"Add the path of it: `{key}: ...`."
            yield _finding(".".join((*outer, last)), key, place, help)
    for name, operation in provider.model_operations():
        yield from _of_status(name, block(operation, "job", "poll", "status"))
        yield from _of_usage(name, block(operation, "response"))
        yield from _of_parts(name, block(operation, "response", "content", "parts"))


def _of_rules(rules: Mapping[str, Any]) -> Iterator[Finding]:
    for name, rule in rules.items():
        if isinstance(rule, Mapping) and rule.get("match", ()) in ((), [], ""):
            has_key = "match" in rule
            place = place_of(rule, "match") if has_key else key_place_of(rules, name)
            help = 'Write the models that it changes: `match: ["large-*"]`, or "*" for all.'
            yield _finding(f"model_rules.{name}", "match", place, help)


def _of_status(name: str, status: Mapping[str, Any]) -> Iterator[Finding]:
    words = status.get("map")
    if isinstance(words, Mapping) and "done" not in words.values():
        yield Finding(
            code="S112",
            message=f"no status of the job of `{name}` means that it is done: it never ends.",
            place=place_of(status, "map"),
            help="Add the service's word for it: `completed: done`.",
        )


def _of_usage(name: str, response: Mapping[str, Any]) -> Iterator[Finding]:
    usage = block(response, "usage")
    place = key_place_of(response, "usage")
    for key, counts in _COUNTED.items():
        if key not in usage and (read := [count for count in counts if count in usage]):
            where = f"operations.{name}.response.usage"
            help = f"Add `{key}: inside` if the total counts them, else `{key}: outside`."
            yield Finding(
                code="S112",
                message=f"`{where}` reads `{read[0]}` and does not say where they count.",
                place=place,
                help=help,
                length=len("usage"),
            )


def _of_parts(name: str, parts: Mapping[str, Any]) -> Iterator[Finding]:
    for word in parts:
        call = block(parts, word, "tool_call")
        if call and "name" not in call:
            where = f"operations.{name}.response.content.parts.{word}.tool_call"
            place = key_place_of(block(parts, word), "tool_call")
            yield _finding(where, "name", place, "Add the path of it: `name: ...`.")


def _finding(where: str, key: str, place: Place | None, help: str) -> Finding:
    return Finding(code="S112", message=f"`{where}` has no `{key}`.", place=place, help=help)
