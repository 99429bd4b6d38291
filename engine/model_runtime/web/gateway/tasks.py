"""The paths of embeddings, rerank and moderation."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from model_runtime.writers import tasks as write

from .dialects import TASKS
from .faults import Fault
from .gate import Caller, Gate, Json, answering, json_body
from .replies import json_reply

Work = Callable[[Gate, Caller, str, Json], Awaitable[Json]]


def routes(gate: Gate) -> list[Route]:
    """The routes; rerank is called with and without a version by its clients."""
    paths: list[tuple[str, Work]] = [
        ("/v1/embeddings", _embed),
        ("/v1/rerank", _rerank),
        ("/rerank", _rerank),
        ("/v1/moderations", _moderate),
    ]
    return [
        Route(path, answering(TASKS, _working(gate, work)), methods=["POST"])
        for path, work in paths
    ]


def _working(gate: Gate, work: Work) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        caller = gate.caller(request)
        body = await json_body(request)
        return json_reply(await work(gate, caller, gate.model_of(body.get("model")), body))

    return answer


async def _embed(gate: Gate, caller: Caller, model: str, body: Json) -> Json:
    texts = _texts(body.get("input"), "input")
    kind = body.get("input_type")
    options: Json = {} if kind is None else {"input_type": kind}
    async with gate.call(caller, "embeddings", model) as call:
        result = await gate.runtime.text_embedding(model).invoke(
            texts, dimensions=body.get("dimensions"), user=body.get("user"), **options
        )
        call.used(result.usage)
    as_base64 = body.get("encoding_format") == "base64"
    return write.embeddings(result, str(body["model"]), as_base64=as_base64)


async def _rerank(gate: Gate, caller: Caller, model: str, body: Json) -> Json:
    query = body.get("query")
    if not isinstance(query, str):
        raise Fault("invalid_request", "query: expected a text.")
    documents = [_document(item, n) for n, item in enumerate(_list(body.get("documents")))]
    async with gate.call(caller, "rerank", model) as call:
        result = await gate.runtime.rerank(model).invoke(
            query, documents, top_n=body.get("top_n"), user=body.get("user")
        )
        call.used(result.usage)
    return write.rerank(
        result, str(body["model"]), with_documents=bool(body.get("return_documents"))
    )


async def _moderate(gate: Gate, caller: Caller, model: str, body: Json) -> Json:
    texts = _texts(body.get("input"), "input")
    handle = gate.runtime.moderation(model)
    async with gate.call(caller, "moderation", model):
        results = [await handle.invoke(text) for text in texts]
    return write.moderations(results, str(body["model"]), "modr-" + secrets.token_hex(12))


def _texts(value: object, where: str) -> list[str]:
    """One text or a list of texts. Token lists belong to one service's own tokenizer."""
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not texts:
        raise Fault("invalid_request", f"{where}: expected a text or a list of texts.")
    if not all(isinstance(text, str) for text in texts):
        raise Fault(
            "invalid_request",
            f"{where}: expected texts. Lists of tokens mean nothing to another model; send texts.",
        )
    return texts


def _list(value: object) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise Fault("invalid_request", "documents: expected a list of texts.")
    return value


def _document(item: object, number: int) -> str:
    text = item.get("text") if isinstance(item, dict) else item
    if not isinstance(text, str):
        raise Fault("invalid_request", f"documents[{number}]: expected a text.")
    return text
