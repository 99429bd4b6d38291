"""The libraries that are measured, one a row: where each is installed and how it is imported.

A module here imports its library when its client is made, never before: each library has a
virtual environment of its own, and the table is read in all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Final

from .work import Client


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One library. `venv` is the name of its requirements; `statement` is what an import costs.

    `place` names a module of this package and a class in it. `distribution` is what is counted
    as its installed size, with its own dependencies, and `extras` are counted with it.
    """

    place: str
    venv: str
    statement: str
    distribution: str = ""
    extras: tuple[str, ...] = ()
    # Libraries that this process shall not find, where they are installed for others.
    hidden: tuple[str, ...] = ()

    def make(self, root: str) -> Client:
        """Make the client, which imports its library."""
        module, name = self.place.split(".")
        made: Client = getattr(import_module(f"{__name__}.{module}"), name)(root)
        return made


FAST: Final = ("orjson", "httpx_aiohttp", "aiohttp")
OWN_IMPORT: Final = "from model_runtime import ModelRuntime"

RAW: Final[dict[str, Entry]] = {
    "httpx": Entry(place="raw.Httpx", venv="raw", statement="import httpx", distribution="httpx"),
    "httpx+orjson": Entry(place="raw.HttpxOrjson", venv="raw", statement="import httpx, orjson"),
    "aiohttp+orjson": Entry(place="raw.Aiohttp", venv="raw", statement="import aiohttp, orjson"),
    "httpx-aiohttp": Entry(place="raw.HttpxAiohttp", venv="raw", statement="import httpx_aiohttp"),
}
OURS: Final[dict[str, Entry]] = {
    "model-runtime": Entry(
        place="ours.Ours",
        venv="model-runtime",
        statement=OWN_IMPORT,
        distribution="model-runtime",
        hidden=FAST,
    ),
    "model-runtime[fast]": Entry(
        place="ours.Ours",
        venv="model-runtime",
        statement=OWN_IMPORT,
        distribution="model-runtime",
        extras=("fast",),
    ),
}
PEERS: Final[dict[str, Entry]] = {
    "openai": Entry(
        place="openai_sdk.OpenAI", venv="openai", statement="import openai", distribution="openai"
    ),
    "litellm": Entry(
        place="litellm_sdk.LiteLLM",
        venv="litellm",
        statement="import litellm",
        distribution="litellm",
    ),
    "any-llm": Entry(
        place="any_llm_sdk.AnyLLM",
        venv="any-llm-sdk",
        statement="from any_llm import AnyLLM",
        distribution="any-llm-sdk",
        extras=("openai",),
    ),
    "aisuite": Entry(
        place="aisuite_sdk.AISuite",
        venv="aisuite",
        statement="import aisuite",
        distribution="aisuite",
        extras=("openai",),
    ),
    "langchain-openai": Entry(
        place="langchain.LangChain",
        venv="langchain-openai",
        statement="from langchain_openai import ChatOpenAI",
        distribution="langchain-openai",
    ),
    "pydantic-ai": Entry(
        place="pydantic_ai_direct.PydanticAI",
        venv="pydantic-ai",
        statement="import pydantic_ai.direct, pydantic_ai.models.openai",
        distribution="pydantic-ai-slim",
        extras=("openai",),
    ),
    "dify-plugin": Entry(
        place="dify.DifyPlugin",
        venv="dify-plugin",
        statement="import dify_plugin.interfaces.model.openai_compatible.llm",
        distribution="dify-plugin",
    ),
}
CLIENTS: Final[dict[str, Entry]] = {**RAW, **OURS, **PEERS}
