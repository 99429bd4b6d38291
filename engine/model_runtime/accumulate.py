"""Builds one result from the pieces of a reply, streamed or whole.

The plans of the compile room call the methods of `ReplyBuilder` with what their extractors found.
The builder keeps the blocks of the answer, makes the events that a stream yields, and gives the
result. There is one builder for every provider, so a plain call and a stream cannot differ.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Literal

from .errors import LimitExceeded
from .json_text import decode_json, mend_text
from .messages.call_ids import new_call_id
from .messages.content import Message, Reasoning, Text, ToolCall
from .messages.parts import parse_arguments
from .results.events import Event, Finish, ReasoningDelta, TextDelta, ToolCallDelta, UsageEvent
from .results.llm import LLMResult
from .results.usage import Usage
from .think_tags import ThinkSplitter, ThinkTags
from .vocabulary import FINISH_REASONS, FinishReason

BlockKind = Literal["text", "reasoning", "tool_call", "ignored"]
ToolKey = Literal["index", "id", "last"]

MAX_TOOL_CALLS = 10_000
MAX_RAW_FRAMES = 10_000
_FLAT_ORDER = {"reasoning": 0, "text": 1, "tool_call": 2}


class Block:
    """One part of the answer while it grows."""

    __slots__ = ("fragments", "id", "index", "kind", "name", "state", "value")

    def __init__(self, kind: BlockKind) -> None:
        self.kind: BlockKind = kind
        self.fragments: list[str] = []
        self.state: dict[str, Any] = {}
        self.index = 0
        self.id: str | None = None
        self.name: str | None = None
        self.value: object = None

    @property
    def text(self) -> str:
        """Everything appended so far."""
        if len(self.fragments) > 1:
            self.fragments = ["".join(self.fragments)]
        return mend_text(self.fragments[0]) if self.fragments else ""


@dataclass(frozen=True, slots=True)
class BuilderOptions:
    """What a spec fixes about accumulation, the same for every call of an operation."""

    provider: str
    finish_map: Mapping[str, FinishReason | None]
    normalize_usage: Callable[[Mapping[str, Any], object], Usage]
    tool_keys: tuple[ToolKey, ...] = ("index", "id", "last")
    think_tags: ThinkTags | None = None
    cumulative: frozenset[str] = frozenset()


class ReplyBuilder:
    """The accumulator of one reply. `take()` hands over the events made since the last call."""

    def __init__(self, options: BuilderOptions) -> None:
        self._options = options
        self._events: list[Event] = []
        self._blocks: list[Block] = []
        self._keyed: dict[Hashable, Block] = {}
        self._text: Block | None = None
        self._reasoning: Block | None = None
        self._tools: list[Block] = []
        self._tool_by_index: dict[Hashable, Block] = {}
        self._tool_by_id: dict[str, Block] = {}
        self._splitter = ThinkSplitter(options.think_tags) if options.think_tags else None
        self._cumulative = options.cumulative
        self._seen: dict[str, str] = {}
        self._plain_text = self._splitter is None and "text" not in options.cumulative
        self._counts: dict[str, Any] = {}
        self._raw_usage: object = None
        self._finish: str | None = None
        self._refused = False
        self._blocked = False
        self._facts: dict[str, Any] = {}
        self._citations: list[Any] = []
        self._logprobs: list[Any] = []
        self.raw: list[Any] = []
        self.warnings: list[str] = []
        self.is_ordered = False

    # ---- what plans tell

    def begin(self) -> None:
        """Begin an answer: one that came before it in the same stream is not the result.

        Services that run tools themselves send one answer after the other.
        """
        if self._blocks or self._finish is not None:
            fresh = ReplyBuilder(self._options)
            kept = ("_events", "raw", "warnings")
            self.__dict__.update({k: v for k, v in vars(fresh).items() if k not in kept})

    def text(self, piece: str) -> None:
        """Append to the answer's text, on a wire without ordered parts."""
        if not self._plain_text:
            self._split_text(piece)
        elif piece:
            self._append_text(piece)

    def reasoning(self, piece: str) -> None:
        """Append to the reasoning, on a wire without ordered parts."""
        if "reasoning" in self._cumulative:
            piece = self._fresh("reasoning", piece)
        if piece:
            self._append_reasoning(piece)

    def tool_fragment(
        self,
        position: int,
        index: object,
        id: str | None,
        name: str | None,
        arguments: object,
    ) -> Block | None:
        """Append to a tool call, found by index, then id, then the last one; return its block.

        `position` is the fragment's place in its frame's list: two fragments of one frame that
        carry neither index nor id are two calls. Empty ids and names overwrite nothing.
        """
        index, id = _hashable(index), str(id) if id else None
        if not (id or name or arguments):
            return self._tool_by_index.get(index)
        block = self._find_tool(position, index, id, name, arguments)
        self._extend_tool(block, id, name, arguments)
        return block

    def refusal(self, piece: str) -> None:
        """Append a refusal: it is text to read, and the finish reason becomes content_filter."""
        if piece:
            self._refused = True
            self._append_text(piece)

    def block(self, kind: BlockKind, fields: Mapping[str, Any], key: object = None) -> Block:
        """Open the next ordered part. A key lets later pieces find it."""
        self.is_ordered = True
        block = self._new_block(kind)
        if key is not None:
            self._keyed[_hashable(key)] = block
        self._fill(block, fields)
        return block

    def find(self, key: object) -> Block | None:
        """The block that was opened under `key`."""
        return self._keyed.get(_hashable(key))

    def append(self, key: object, kind: BlockKind, piece: str) -> None:
        """Append to the block under `key`; one never opened is opened as a `kind`."""
        block = self.find(key)
        if block is None:
            block = self.block(kind, {}, key)
        if block.kind == "ignored":
            return
        if block.kind == "tool_call":
            self._extend_tool(block, None, None, piece)
        elif piece:
            block.fragments.append(piece)
            self._emit_piece(block.kind, piece)

    def close(self, key: object, kind: BlockKind, fields: Mapping[str, Any]) -> None:
        """Close the block under `key`; what the closing frame repeats fills what is missing."""
        block = self.find(key)
        if block is None:
            self.block(kind, fields, key)
            return
        text = "" if block.fragments or block.value is not None else fields.get("text")
        arguments = None if block.fragments else fields.get("arguments")
        self._fill(block, {**fields, "text": text, "arguments": arguments})

    def set_state(self, key: object, kind: BlockKind, state: Mapping[str, Any]) -> None:
        """Keep opaque state of the block under `key`; pieces of text in it are joined."""
        block = self.find(key) or self.block(kind, {}, key)
        for name, value in state.items():
            before = block.state.get(name)
            is_text = isinstance(before, str) and isinstance(value, str)
            block.state[name] = f"{before}{value}" if is_text else value

    def keep_state(self, block: Block, state: Mapping[str, Any]) -> None:
        """Keep what is not null of a block's opaque state."""
        for name, value in state.items():
            if value is not None:
                block.state[name] = value

    def flat_state(self, state: object) -> None:
        """Keep opaque state of the reasoning, on a wire without ordered parts.

        Lists are joined over the frames of a stream.
        """
        block = self._reasoning
        if block is None:
            block = self._reasoning = self._new_block("reasoning")
        before = block.state.get("details")
        if isinstance(before, list) and isinstance(state, list):
            state = before + state
        block.state["details"] = state

    def continues(self, kind: BlockKind) -> Block | None:
        """The last block, when a next frame's first part of this kind continues it."""
        last = self._blocks[-1] if self._blocks else None
        return last if last is not None and last.kind == kind != "tool_call" else None

    def extend(self, block: Block, fields: Mapping[str, Any]) -> None:
        """Append a whole part's fields to a block that it continues."""
        self._fill(block, fields)

    def usage(self, counts: Mapping[str, Any], raw: object) -> None:
        """Note usage: the last count that is not null wins, field by field."""
        for name, value in counts.items():
            if value is not None:
                self._counts[name] = value
        if isinstance(raw, Mapping) and isinstance(self._raw_usage, Mapping):
            known = {key: value for key, value in raw.items() if value is not None}
            self._raw_usage = {**self._raw_usage, **known}
        else:
            self._raw_usage = raw

    def finish(self, word: object) -> None:
        """Note the service's finish word; null and words mapped to null are none."""
        if word is None or word == "":
            return
        text = word if isinstance(word, str) else str(word)
        if self._options.finish_map.get(text, "other") is not None:
            self._finish = text
            self._blocked = False

    def block_prompt(self, word: str) -> None:
        """Note that the service refused the prompt and answers nothing."""
        if word and self._finish is None:
            self._finish = word
            self._blocked = True

    def fact(self, name: str, value: object) -> None:
        """Note a fact of the reply (id, model ...); the first that is not empty stands."""
        if value not in (None, "") and name not in self._facts:
            self._facts[name] = value

    def citations(self, found: object) -> None:
        """Note citations; those already known are not repeated."""
        for citation in found if isinstance(found, list) else [found]:
            if citation is not None and citation not in self._citations:
                self._citations.append(citation)

    def logprobs(self, found: object) -> None:
        """Note log probabilities, joined over the frames of a stream."""
        if isinstance(found, list):
            self._logprobs.extend(found)
        elif found is not None:
            self._logprobs.append(found)

    def keep(self, frame: object) -> None:
        """Keep a frame that held no piece of text for `result.raw`, up to a bound."""
        if len(self.raw) < MAX_RAW_FRAMES:
            self.raw.append(frame)

    # ---- what callers take

    @property
    def pieces(self) -> int:
        """How many events wait to be taken."""
        return len(self._events)

    @property
    def has_finish(self) -> bool:
        """Whether the service has said why it stopped."""
        return self._finish is not None

    def take(self) -> list[Event]:
        """Return the events made since the last call."""
        events, self._events = self._events, []
        return events

    def end(self, latency: float | None, first: float | None) -> None:
        """Note that the stream has ended well; makes the usage and finish events."""
        self._flush_splitter()
        usage = self._usage(latency, first)
        self._events.append(UsageEvent(usage))
        self._events.append(Finish(self._finish_reason(), self._finish))

    def result(
        self, *, raw: object = None, latency: float | None = None, first: float | None = None
    ) -> LLMResult:
        """Return the result of everything told so far."""
        self._flush_splitter()
        calls = tuple(self._tool_call(block) for block in self._tools)
        reasoning = [b.text for b in self._blocks if b.kind == "reasoning"]
        return LLMResult(
            message=Message("assistant", self._parts(calls)),
            text="".join(b.text for b in self._blocks if b.kind == "text"),
            reasoning="".join(reasoning) or None,
            tool_calls=calls,
            finish_reason=self._finish_reason(),
            raw_finish_reason=self._finish,
            usage=self._usage(latency, first),
            citations=tuple(self._citations),
            logprobs=self._logprobs or None,
            warnings=tuple(self.warnings),
            raw=raw if raw is not None else (self.raw or None),
            model=_text_or_none(self._facts.get("model")),
            id=_text_or_none(self._facts.get("id")),
            served_by=_text_or_none(self._facts.get("served_by")),
        )

    # ---- inside

    def _new_block(self, kind: BlockKind) -> Block:
        block = Block(kind)
        self._blocks.append(block)
        if kind == "tool_call":
            if len(self._tools) >= MAX_TOOL_CALLS:
                raise LimitExceeded(f"The reply holds more than {MAX_TOOL_CALLS} tool calls.")
            block.index = len(self._tools)
            self._tools.append(block)
        return block

    def _fill(self, block: Block, fields: Mapping[str, Any]) -> None:
        self.keep_state(block, fields.get("state") or {})
        if block.kind == "tool_call":
            self._extend_tool(block, fields.get("id"), fields.get("name"), fields.get("arguments"))
        elif block.kind != "ignored" and (text := fields.get("text")):
            block.fragments.append(text)
            self._emit_piece(block.kind, text)

    def _emit_piece(self, kind: BlockKind, piece: str) -> None:
        self._events.append(TextDelta(piece) if kind == "text" else ReasoningDelta(piece))

    def _append_text(self, piece: str) -> None:
        if self._text is None:
            self._text = self._new_block("text")
        self._text.fragments.append(piece)
        self._events.append(TextDelta(piece))

    def _append_reasoning(self, piece: str) -> None:
        if self._reasoning is None:
            self._reasoning = self._new_block("reasoning")
        self._reasoning.fragments.append(piece)
        self._events.append(ReasoningDelta(piece))

    def _split_text(self, piece: str) -> None:
        if "text" in self._cumulative:
            piece = self._fresh("text", piece)
        if not piece:
            return
        pieces = [(False, piece)] if self._splitter is None else self._splitter.feed(piece)
        self._append_split(pieces)

    def _append_split(self, pieces: list[tuple[bool, str]]) -> None:
        for is_reasoning, part in pieces:
            if is_reasoning:
                self._append_reasoning(part)
            else:
                self._append_text(part)

    def _flush_splitter(self) -> None:
        if self._splitter is not None:
            self._append_split(self._splitter.finish())

    def _fresh(self, field: str, whole: str) -> str:
        """What a cumulative field has gained since the last frame; a shrunk one starts anew."""
        before = self._seen.get(field, "")
        self._seen[field] = whole
        return whole[len(before) :] if whole.startswith(before) else whole

    def _find_tool(
        self, position: int, index: Hashable, id: str | None, name: str | None, arguments: object
    ) -> Block:
        for key in self._options.tool_keys:
            if key == "index" and index is not None:
                block = self._tool_by_index.get(index)
                if block is None or (id and block.id and id != block.id and name):
                    block = self._tool_by_index[index] = self._new_block("tool_call")
                return block
            if key == "id" and id:
                return self._tool_by_id.get(id) or self._new_block("tool_call")
        last = self._tools[-1] if self._tools else None
        if last is None or position > 0 or _starts_anew(last, name, arguments):
            return self._new_block("tool_call")
        return last

    def _extend_tool(
        self, block: Block, id: str | None, name: str | None, arguments: object
    ) -> None:
        if id:
            block.id = str(id)
            self._tool_by_id.setdefault(block.id, block)
        if name:
            block.name = str(name)
        piece = ""
        if isinstance(arguments, str):
            piece = arguments
            if piece:
                block.fragments.append(piece)
        elif arguments is not None:
            if arguments and not block.value:
                piece = json.dumps(arguments, ensure_ascii=False)
            block.value = arguments
        self._events.append(ToolCallDelta(block.index, block.id, block.name, piece))

    def _tool_call(self, block: Block) -> ToolCall:
        if not block.id:
            block.id = new_call_id()
        raw = block.text or None
        arguments = _read_arguments(raw) if raw is not None else block.value
        if arguments is None and raw is None:
            arguments = {}
        if not isinstance(arguments, dict):
            raw = raw if raw is not None else json.dumps(arguments, ensure_ascii=False)
            arguments = None
        return ToolCall(
            id=block.id,
            name=block.name or "",
            arguments=arguments,
            raw_arguments=raw,
            provider_state=self._state(block),
        )

    def _state(self, block: Block) -> dict[str, Any] | None:
        if not block.state:
            return None
        return {**block.state, "_provider": self._options.provider}

    def _parts(self, calls: tuple[ToolCall, ...]) -> list[Text | Reasoning | ToolCall]:
        blocks = self._blocks
        if not self.is_ordered:
            blocks = sorted(blocks, key=lambda block: _FLAT_ORDER.get(block.kind, 3))
        parts: list[Text | Reasoning | ToolCall] = []
        for block in blocks:
            if block.kind == "tool_call":
                parts.append(calls[block.index])
            elif block.kind != "ignored" and (block.fragments or block.state):
                kind = Text if block.kind == "text" else Reasoning
                parts.append(kind(block.text, provider_state=self._state(block)))
        return parts

    def _finish_reason(self) -> FinishReason:
        if self._blocked:
            return "content_filter"
        known: FinishReason = "other"
        if self._finish is not None:
            known = self._mapped(self._finish)
        if self._refused and known in ("stop", "other"):
            return "content_filter"
        if self._tools and (known == "stop" or self._finish is None):
            return "tool_calls"
        return known

    def _mapped(self, word: str) -> FinishReason:
        """What a finish word means: by the table, else by being one of our own words."""
        table = self._options.finish_map
        own: list[FinishReason] = [reason for reason in FINISH_REASONS if reason == word]
        return table.get(word) or table.get("*") or (own[0] if own else "other")

    def _usage(self, latency: float | None, first: float | None) -> Usage:
        usage = self._options.normalize_usage(self._counts, self._raw_usage)
        if latency is None:
            return usage
        return replace(usage, latency=latency, time_to_first_token=first)


def _hashable(key: object) -> Hashable:
    """A key as a service sends it; one that is no scalar is known by its JSON text."""
    return json.dumps(key, sort_keys=True) if isinstance(key, dict | list) else key


def _starts_anew(last: Block, name: str | None, arguments: object) -> bool:
    """Whether a fragment without index and id is a new call and not more of the last one."""
    if not name or last.name is None:
        return False
    return name != last.name or (arguments is not None and not isinstance(arguments, str))


def _read_arguments(text: str) -> object:
    """The arguments in a model's own text, halves of characters that it escaped mended."""
    found = parse_arguments(text)
    if found is None and "\\ud" in text.lower():
        with suppress(ValueError):
            mended = mend_text(json.dumps(decode_json(text), ensure_ascii=False))
            return parse_arguments(mended)
    return found


def _text_or_none(value: object) -> str | None:
    return None if value is None else str(value)
