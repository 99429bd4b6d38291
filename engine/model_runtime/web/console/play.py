"""The playground: one page for each of the six model types."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from model_runtime import ModelEntry, ModelRuntimeError
from model_runtime.errors import InvalidParameter
from model_runtime.vocabulary import MODEL_TYPES

from .copying import copies
from .languages import language_of
from .parameters import controls, read_parameters
from .plays import PLAYS, Play
from .recorder import Recorder
from .site import Site

_LINES: Final = "application/x-ndjson"


def routes(site: Site) -> list[Route]:
    """The page, and the call."""

    async def page(request: Request) -> Response:
        given = dict(request.query_params)
        return _page(site, request, given)

    async def call(request: Request) -> Response:
        async with request.form(max_files=8) as form:
            run = await _Run.read(site, request, form)
        if _LINES in request.headers.get("accept", ""):
            return StreamingResponse(run.lines(), media_type=_LINES)
        return _page(site, request, run.given, outcome=await run.whole())

    return [site.route("/play", page), site.route("/play", call, "POST")]


def _page(
    site: Site, request: Request, given: Mapping[str, str], outcome: str | None = None
) -> Response:
    lang = language_of(request)
    kind = given.get("type", "llm")
    kind = kind if kind in MODEL_TYPES else "llm"
    entries = site.runtime.models(kind)
    ready = [f"{entry.provider}/{entry.model}" for entry in entries if entry.status == "active"]
    model = given.get("model") or (ready[0] if ready else "")
    entry = _entry(entries, model)
    rules = entry.parameter_rules if entry is not None else ()
    return site.page(
        request,
        "play.html",
        kind=kind,
        model=model,
        ready=ready,
        entry=entry,
        given=defaultdict(str, given),
        controls=controls(rules, given, lang),
        features=entry.features if entry is not None else (),
        outcome=outcome,
    )


def _entry(entries: tuple[ModelEntry, ...], name: str) -> ModelEntry | None:
    return next((e for e in entries if f"{e.provider}/{e.model}" == name), None)


class _Run:
    """One call of the playground, from the form to what is shown of it."""

    def __init__(
        self, site: Site, request: Request, given: dict[str, str], play: Play, model: str
    ) -> None:
        self._site, self._request = site, request
        self._play, self._model = play, model
        self.given = given
        self._recorder = Recorder()
        self._fault: ModelRuntimeError | None = None
        self._parameters: dict[str, Any] = {}

    @classmethod
    async def read(cls, site: Site, request: Request, form: FormData) -> _Run:
        """Read the form. What is wrong with it is told as the outcome."""
        given = {name: value for name, value in form.items() if isinstance(value, str)}
        kind = given.get("type", "llm")
        play = PLAYS.get(kind, PLAYS["llm"])()
        run = cls(site, request, given, play, given.get("model", "").strip())
        entries = site.runtime.models(kind if kind in PLAYS else "llm")  # type: ignore[arg-type]
        entry = _entry(entries, run._model)
        try:
            if not run._model:
                raise InvalidParameter("No model was chosen. Choose one, such as provider/model.")
            run._parameters = read_parameters(entry.parameter_rules if entry else (), given)
            await play.read(form)
        except ModelRuntimeError as error:
            run._fault = error
        return run

    async def whole(self) -> str:
        """The outcome as a part of a page."""
        async for _ in self._events():
            pass
        return self._outcome()

    async def lines(self) -> AsyncIterator[str]:
        """What happens, one JSON object a line; the outcome as a part of a page comes last."""
        async for event in self._events():
            yield json.dumps(event) + "\n"
        yield json.dumps({"type": "outcome", "html": self._outcome()}) + "\n"

    async def _events(self) -> AsyncIterator[dict[str, Any]]:
        if self._fault is not None:
            return
        runtime = self._site.runtime.observed(self._recorder)
        started = time.perf_counter()
        try:
            async for event in self._play.run(runtime, self._model, self._parameters):
                yield event
        except ModelRuntimeError as error:
            self._fault = error
        self._recorder.seconds = time.perf_counter() - started

    def _outcome(self) -> str:
        return self._site.text(
            self._request,
            "outcome.html",
            kind=self._play.kind,
            fault=self._fault,
            shown=self._play.shown() if self._fault is None else None,
            record=self._recorder,
            raw=self._recorder.raw_text(),
            copies=copies(self._model, self._play, self._parameters, self._recorder),
        )
