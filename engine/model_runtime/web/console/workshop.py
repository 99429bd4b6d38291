"""The workshop: specs are written, checked while they are typed, tried and saved."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from model_runtime import AsyncModelRuntime, ModelRuntimeError
from model_runtime.errors import InvalidParameter
from model_runtime.probe.spec_text import write_template

from .completion import complete
from .drafts import LONGEST, NAME, Drafts, check_draft
from .paths import go_to
from .site import Site

_PROMPT = "Say hello in one short sentence."


def routes(site: Site) -> list[Route]:
    """The list of specs, the editor, and what the editor asks while one types."""

    async def folder(request: Request) -> Response:
        return _folder(site, request)

    async def begin(request: Request) -> Response:
        form = await request.form()
        return _begin(site, request, {name: str(value) for name, value in form.items()})

    async def editor(request: Request) -> Response:
        return await _editor(site, request)

    async def act(request: Request) -> Response:
        return await _act(site, request)

    async def check(request: Request) -> Response:
        given = await request.json()
        try:
            found = check_draft(_drafts(site), str(given["name"]), _text_of(given))
        except ModelRuntimeError as error:
            return JSONResponse({"error": str(error)}, 422)
        return JSONResponse({"findings": found})

    async def completions(request: Request) -> Response:
        given = await request.json()
        found = complete(_text_of(given), int(given["line"]), int(given["column"]))
        return JSONResponse({"completions": [row.to_dict() for row in found]})

    return [
        site.route("/workshop", folder),
        site.route("/workshop", begin, "POST"),
        site.route("/workshop/-/check", check, "POST"),
        site.route("/workshop/-/complete", completions, "POST"),
        site.route("/workshop/{name}", editor),
        site.route("/workshop/{name}", act, "POST"),
    ]


def _drafts(site: Site) -> Drafts:
    if site.specs is None:
        raise InvalidParameter("No folder for specs was named. Start with --specs FOLDER.")
    return Drafts(site.specs)


def _folder(site: Site, request: Request, fault: str | None = None, **given: str) -> Response:
    if site.specs is None:
        return site.page(
            request,
            "workshop.html",
            names=[],
            folder=None,
            fault=fault,
            given=defaultdict(str, given),
        )
    drafts = Drafts(site.specs)
    return site.page(
        request,
        "workshop.html",
        422 if fault else 200,
        names=drafts.names(),
        folder=str(site.specs),
        fault=fault,
        given=defaultdict(str, given),
    )


def _begin(site: Site, request: Request, given: dict[str, str]) -> Response:
    """Write the template of a new spec, and go to the editor."""
    name, base_url = given.get("name", "").strip(), given.get("base_url", "").strip()
    try:
        drafts = _drafts(site)
        if drafts.text(name) is not None:
            raise InvalidParameter(f"There is a spec {name!r} already. Choose another name.")
        label = given.get("label", "").strip() or name
        drafts.save(name, write_template(name, label, base_url, None))
    except ModelRuntimeError as error:
        return _folder(site, request, str(error), **given)
    site.runtime.reload()
    return go_to(request, f"/workshop/{name}")


async def _editor(site: Site, request: Request, status: int = 200, **told: Any) -> Response:
    name = request.path_params["name"]
    if site.specs is None or not NAME.fullmatch(name):
        return site.missing(request, name)
    drafts = Drafts(site.specs)
    text = told.pop("text", None)
    if text is None:
        text = drafts.text(name)
    if text is None:
        return site.missing(request, name)
    findings = check_draft(drafts, name, text)
    values = {"saved": "saved" in request.query_params, "fault": None, "answer": None, "model": ""}
    return site.page(
        request, "editor.html", status, name=name, file=str(drafts.file(name)), text=text,
        findings=findings, **{**values, **told},
    )  # fmt: skip


async def _act(site: Site, request: Request) -> Response:
    name = request.path_params["name"]
    form = await request.form()
    # Browsers send line ends of their own.
    text = str(form.get("text", "")).replace("\r\n", "\n")
    model = str(form.get("model", "")).strip()
    if site.specs is None or not NAME.fullmatch(name):
        return site.missing(request, name)
    action = form.get("action")
    if action == "save":
        Drafts(site.specs).save(name, text)
        site.runtime.reload()
        return go_to(request, f"/workshop/{name}?saved=1")
    if action == "try":
        try:
            answer = await _tried(site, name, text, model)
        except ModelRuntimeError as error:
            return await _editor(site, request, 422, text=text, fault=str(error), model=model)
        return await _editor(site, request, text=text, answer=answer, model=model)
    return await _editor(site, request, text=text, model=model)


async def _tried(site: Site, name: str, text: str, model: str) -> str:
    """The answer of a draft's model to a short prompt, with the credentials that are kept."""
    folder = _drafts(site).edited(name, text)
    runtime = AsyncModelRuntime([folder], credentials=site.credentials, retries=0)  # type: ignore[list-item]
    try:
        chosen = model or next((entry.model for entry in runtime.models("llm", name)), "")
        if not chosen:
            raise InvalidParameter("The spec lists no language model. Name one to try.")
        result = await runtime.llm(f"{name}/{chosen}").invoke(_PROMPT, timeout=60)
        return result.text
    finally:
        await runtime.close()


def _text_of(given: dict[str, Any]) -> str:
    text = given["text"]
    if not isinstance(text, str) or len(text) > LONGEST:
        raise InvalidParameter("text: expected a text of at most 1 MiB.")
    return text
