"""Writes docs/reference.md: every directive, filter, test, function, framing and kind of auth.

The names come from the engine's tables, the sentences from docstrings, and what an example gives
from the engine itself: `docs_examples.yaml` holds the examples alone.
"""

from __future__ import annotations

import json
import re
import struct
import tempfile
from binascii import crc32
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import yaml
from docs_markdown import code, first_line, table

from model_runtime import ModelRuntime
from model_runtime.absent import Absent
from model_runtime.auth import AUTH_KINDS
from model_runtime.compile import cache_marks, text_filters
from model_runtime.compile.conditions import TESTS
from model_runtime.compile.extractors import compile_path
from model_runtime.compile.filters import FILTERS, Filter
from model_runtime.compile.jmespath_functions import ADDED_FUNCTIONS, library
from model_runtime.compile.scopes import ANY
from model_runtime.compile.templates import Fragments, compile_template
from model_runtime.findings import Findings
from model_runtime.framing import FRAMINGS
from model_runtime.messages import normalize_messages, passes, prompts, schemas
from model_runtime.messages.filters import MESSAGE_FILTERS

EXAMPLES = Path(__file__).with_name("docs_examples.yaml")
DESCRIBED_IN = (text_filters, cache_marks, passes, prompts, schemas)
SERVICE = "https://api.acme.example"


@cache
def examples() -> dict[str, Any]:
    """The examples, with their words."""
    found: dict[str, Any] = yaml.safe_load(EXAMPLES.read_text(encoding="utf-8"))
    return found


@cache
def names() -> dict[str, Any]:
    """What the examples of filters, tests and directives see."""
    data = examples()["data"]
    return {**data, "messages": normalize_messages(data["messages"])}


def example_of(group: str, name: str) -> Any:
    """One example; what has none cannot be shown."""
    if name not in examples()[group]:
        raise LookupError(f"tests/docs_examples.yaml: add an example of {name!r} to {group}")
    return examples()[group][name]


def left_over() -> list[str]:
    """The examples of what is no longer there."""
    known = {
        "filters": set(FILTERS),
        "tests": set(TESTS),
        "functions": set(library().table),
        "framings": set(FRAMINGS),
        "auth": set(AUTH_KINDS),
    }
    return [f"{g}: {n}" for g, found in known.items() for n in set(examples()[g]) - found]


def data() -> str:
    """What the examples of filters, tests and directives see, as YAML."""
    return unrun("yaml", flowing(examples()["data"]))


def reply() -> str:
    """What the examples of functions see."""
    return unrun("yaml", flowing(examples()["reply"]))


def flowing(tree: Mapping[str, Any]) -> str:
    """A map with a line for each key, and for each item of a list of maps."""
    lines = []
    for key, value in tree.items():
        if isinstance(value, list) and isinstance(value[0], dict):
            lines += [f"{key}:", *(f"  - {json.dumps(row, ensure_ascii=False)}" for row in value)]
        else:
            lines.append(f"{key}: {json.dumps(value, ensure_ascii=False)}")
    return "\n".join(lines)


def block(language: str, text: str) -> str:
    """A block of code."""
    return f"```{language}\n{text.rstrip()}\n```\n"


def build(template: object, fragments: Mapping[str, Any] | None = None) -> object:
    """Build what a template gives, as requests are built."""
    findings = Findings()
    found = Fragments({"fragments": fragments or {}})
    compiled = compile_template(
        template, dict.fromkeys(names(), ANY), findings, None, fragments=found
    )
    assert not findings, f"{template}: {list(findings)}"
    return compiled(names())


def shown(value: object) -> str:
    """A value as a reader likes it: messages as a transcript, all else as JSON."""
    if value is Absent:
        return "absent"
    if isinstance(value, list) and value and all(is_message(item) for item in value):
        return "<br>".join(code(spoken(message)) for message in value)
    if is_message(value):
        return code(spoken(value))
    return code(json.dumps(value, ensure_ascii=False, default=str))


def is_message(value: object) -> bool:
    """Whether a value is a message in its canonical form."""
    return isinstance(value, Mapping) and "role" in value and "parts" in value


def spoken(message: Any) -> str:
    """A message in one line."""
    parts = [said(part) for part in message["parts"]]
    return f"{message['role']}: {' '.join(parts)}".strip()


def said(part: Mapping[str, Any]) -> str:
    """A part in a word or some."""
    if part["type"] == "text":
        return json.dumps(part["text"], ensure_ascii=False) + cache_word(part)
    if part["type"] == "tool_call":
        return f"{part['name']}({part['raw_arguments']})"
    if part["type"] == "tool_result":
        content = part["content"]
        inner = [json.dumps(content)] if isinstance(content, str) else map(said, content)
        return f"result({' '.join(inner)})"
    return f"[{part['type']}]"


def cache_word(part: Mapping[str, Any]) -> str:
    """The mark of a part that a cache ends with."""
    return " [cache]" if "cache_control" in (part.get("provider_state") or {}) else ""


def filters(kind: str) -> str:
    """A table of filters: of values, messages or schemas."""
    rows = (
        (
            code(name),
            arguments(entry),
            filter_words(name),
            code(text),
            shown(build(f"{{{{ {text} }}}}")),
        )
        for name, entry in FILTERS.items()
        if kind_of(name) == kind
        for text in (example_of("filters", name),)
    )
    return table(("filter", "arguments", "what it gives", "example", "gives"), rows)


def kind_of(name: str) -> str:
    """What a filter works on."""
    if name not in MESSAGE_FILTERS:
        return "messages" if hasattr(cache_marks, name) else "values"
    return "schemas" if hasattr(schemas, name) else "messages"


def arguments(entry: Filter) -> str:
    """How many arguments a filter takes, and which may be named."""
    most = "any number" if entry.most is None else str(entry.most)
    count = most if str(entry.least) == most else f"{entry.least} to {most}"
    if entry.most is None:
        count = f"{entry.least} or more" if entry.least else most
    named = f": {code(*sorted(entry.keywords))}" if entry.keywords else ""
    return ("none" if count == "0" else count) + named


def filter_words(name: str) -> str:
    """What a filter gives."""
    if name in examples()["filter_words"]:
        return str(examples()["filter_words"][name])
    subjects = [FILTERS[name].function, *(getattr(module, name, None) for module in DESCRIBED_IN)]
    for subject in subjects:
        if words := first_line(subject) if subject is not None else "":
            return words
    raise LookupError(f"the filter {name!r} is not described")


def tests() -> str:
    """Every test."""
    words = examples()["test_words"]
    rows = (
        (code(name), words[name], code(text), shown(build(f"{{{{ {text} }}}}")))
        for name in sorted(TESTS)
        for text in (example_of("tests", name),)
    )
    return table(("test", "true for", "example", "gives"), rows)


def functions() -> str:
    """Every function of extractors: ours, then JMESPath's own."""
    words = examples()["function_words"]
    ours = [(name, first_line(added.run)) for name, added in ADDED_FUNCTIONS.items()]
    own = [(name, words[name]) for name in sorted(set(library().table) - set(ADDED_FUNCTIONS))]
    rows = (
        (code(name), told, f"`` {text} ``", shown(extracted(text)))
        for name, told in (*ours, *own)
        for text in (example_of("functions", name),)
    )
    return table(("function", "what it does", "example", "gives"), rows)


def extracted(path: str) -> object:
    """What a path gives on the reply of the examples."""
    findings = Findings()
    found = compile_path(path, findings, None)
    assert not findings, f"{path}: {list(findings)}"
    return found(examples()["reply"])


def directives() -> str:
    """Every directive, with a structure and what it gives."""
    sections = []
    for entry in examples()["directives"]:
        fragments = entry.get("fragments")
        spec = (
            {"fragments": fragments, "body": entry["template"]} if fragments else entry["template"]
        )
        given = json.dumps(build(entry["template"], fragments), ensure_ascii=False)
        title = ", ".join(code(key) for key in entry["keys"])
        sections.append(
            f"### {title}\n\n{entry['words']}\n\n{unrun('yaml', as_yaml(spec))}\nIt gives:\n\n"
            f"{unrun('json', given)}"
        )
    return "\n".join(sections)


def shown_directives() -> set[str]:
    """The directives that the page shows."""
    return {key for entry in examples()["directives"] for key in entry["keys"]}


def unrun(language: str, text: str) -> str:
    """A block that the page's own tests need not run: writing the page has run it."""
    return f"<!-- test: written -->\n{block(language, text)}"


def as_yaml(value: object) -> str:
    """A structure in YAML as authors write it."""
    return yaml.safe_dump(value, sort_keys=False, width=100, allow_unicode=True)


def framings() -> str:
    """Every framing, with bytes and the frames that it cuts of them."""
    rows = (
        (code(name), first_line(kind), code(told_bytes(example)), frames_of(name, packed(example)))
        for name, kind in sorted(FRAMINGS.items())
        for example in (example_of("framings", name),)
    )
    return table(("framing", "what it does", "bytes", "frames"), rows)


def told_bytes(example: object) -> str:
    """The bytes of an example in one line."""
    return json.dumps(example) if isinstance(example, str) else f"message {json.dumps(example)}"


def packed(example: Any) -> bytes:
    """The bytes of an example."""
    if isinstance(example, str):
        return example.encode()
    headers = b"".join(
        struct.pack("B", len(name))
        + name.encode()
        + struct.pack(">BH", 7, len(value))
        + value.encode()
        for name, value in example["headers"].items()
    )
    payload = example["payload"].encode()
    head = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
    head += struct.pack(">I", crc32(head))
    return head + headers + payload + struct.pack(">I", crc32(head + headers + payload))


def frames_of(name: str, data: bytes) -> str:
    """The frames of some bytes."""
    framing = FRAMINGS[name].from_spec({})
    cut = [*framing.feed(data), *framing.finish()]
    assert cut and framing.is_whole
    texts = [item.data if isinstance(item.data, str) else item.data.decode() for item in cut]
    events = [f"{item.event}: " if item.event else "" for item in cut]
    return ", ".join(code(event + text) for event, text in zip(events, texts, strict=True))


def auth() -> str:
    """Every kind of auth, with what a spec says and what is sent."""
    rows = (
        (code(name), first_line(kind), code(json.dumps(example["auth"])), sent_by(example))
        for name, kind in sorted(AUTH_KINDS.items())
        for example in (example_of("auth", name),)
    )
    return table(("kind", "what it does", "example", "sends"), rows)


def sent_by(example: Mapping[str, Any]) -> str:
    """What a call with some auth sends beside a call without any."""
    *before, plain = requests_of({"kind": "none"}, {}, None)
    *before, signed = requests_of(
        example["auth"], example.get("credentials", {}), example.get("token")
    )
    added = [
        f"{name}: {value}" for name, value in signed.headers.items() if name not in plain.headers
    ]
    queries = [f"?{signed.url.query.decode()}"] if signed.url.query else []
    told = [f"{r.method} {r.url.path} {r.content.decode()}" for r in before] + added + queries
    return "<br>".join(code(timeless(line)) for line in told) or "nothing"


def timeless(line: str) -> str:
    """A line without what differs at each run: times and signatures."""
    line = re.sub(r"(?<=/)\d{8}(?=/)|\d{8}T\d{6}Z", "...", line)
    return re.sub(r"\b[0-9a-f]{64}\b", "...", line)


def requests_of(
    auth: Mapping[str, Any], credentials: Mapping[str, str], token: object
) -> list[httpx.Request]:
    """The requests of one call of a made-up service."""
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        answered = {"choices": [{"message": {"content": "pong"}, "finish_reason": "stop"}]}
        return httpx.Response(200, json=token if request.url.path == "/token" else answered)

    spec: dict[str, Any] = {"spec_version": 1, "provider": "acme", "extends": "openai_compatible"}
    spec |= {"base_url": f"{SERVICE}/v1", "auth": {"$replace": True, **auth}}
    spec["credentials"] = dict.fromkeys(credentials, {"required": True})
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "acme.yaml")
        file.write_text(yaml.safe_dump(spec), encoding="utf-8")
        with httpx.Client(transport=httpx.MockTransport(answer)) as client:
            given = {"acme": dict(credentials)}
            with ModelRuntime([file], credentials=given, client=client) as runtime:
                runtime.llm("acme/small").invoke("ping")
    return sent


def kinds(known: Mapping[str, type]) -> str:
    """A table of kinds with the first words of their classes."""
    return table(("kind", "what it is"), ((code(k), first_line(known[k])) for k in sorted(known)))


REFERENCE: dict[str, Any] = {
    "example data": data,
    "example reply": reply,
    "reference auth": auth,
    "reference directives": directives,
    "reference framings": framings,
    "reference functions": functions,
    "reference messages": lambda: filters("messages"),
    "reference schemas": lambda: filters("schemas"),
    "reference tests": tests,
    "reference values": lambda: filters("values"),
}
