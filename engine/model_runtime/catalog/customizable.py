"""What the credentials of a model that the user names tell of it.

The form of such a model asks for facts beside the key, under names that forms share.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

Facts = dict[str, Any]

_COUNTS: Final[Mapping[str, tuple[str, ...]]] = {
    "context_size": ("context_size", "context_length"),
    "max_chunks": ("max_chunks",),
    "word_limit": ("word_limit",),
}
_OUTPUT: Final = ("max_tokens_to_sample", "max_tokens")
# variable -> value -> features; "" is what every form says yes with.
_FEATURES: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "function_calling_type": {
        "function_call": ("tool-call",),
        "tool_call": ("tool-call", "multi-tool-call"),
    },
    "function_call_support": {"": ("tool-call",)},
    "stream_function_calling": {"": ("stream-tool-call",)},
    "stream_tool_call_support": {"": ("stream-tool-call",)},
    "vision_support": {"": ("vision",)},
    "video_support": {"": ("video",)},
    "audio_support": {"": ("audio",)},
    "document_support": {"": ("document",)},
    "agent_thought_support": {"": ("agent-thought",)},
    "structured_output_support": {"": ("structured-output",)},
}
_YES: Final = ("support", "supported", "true", "yes", True)


def properties_told(values: Mapping[str, Any]) -> Facts:
    """The model properties that the values of a model's form tell."""
    found: Facts = {}
    for name, variables in _COUNTS.items():
        if count := _count(values, variables):
            found[name] = count
    if values.get("mode") in ("chat", "completion"):
        found["mode"] = values["mode"]
    if isinstance(voices := values.get("voices"), str) and voices.strip():
        names = [name.strip() for name in voices.split(",")]
        found["voices"] = [{"mode": name, "name": name, "language": []} for name in names if name]
    return found


def spec_told(values: Mapping[str, Any]) -> Facts:
    """What the values of a model's form tell of it, as a model of our own lists has it."""
    spec: Facts = {}
    if properties := properties_told(values):
        spec["model_properties"] = properties
    if features := _features(values):
        spec["features"] = features
    if most := _count(values, _OUTPUT):
        spec["max_output_tokens"] = most
    if values.get("input_price"):
        pricing = {"input": str(values["input_price"]), "output": values.get("output_price")}
        pricing |= {"unit": values.get("unit"), "currency": values.get("currency")}
        spec["pricing"] = {name: str(value) for name, value in pricing.items() if value}
    return spec


def _features(values: Mapping[str, Any]) -> list[str]:
    found: list[str] = []
    for variable, meanings in _FEATURES.items():
        value = values.get(variable)
        features = meanings.get("", ()) if value in _YES else meanings.get(str(value), ())
        found += [name for name in features if name not in found]
    return found


def _count(values: Mapping[str, Any], variables: tuple[str, ...]) -> int | None:
    for variable in variables:
        try:
            count = int(values.get(variable) or 0)
        except (TypeError, ValueError):
            continue
        if count > 0:
            return count
    return None
