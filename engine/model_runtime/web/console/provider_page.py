"""One provider: its credential form, the check of a key, its models and what the service lists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from model_runtime import ModelRuntimeError
from model_runtime.catalog.changes import compare
from model_runtime.credentials.form import check_form, read_form

from .forms import fields_of, submitted
from .languages import language_of
from .paths import go_to
from .rows import model_rows
from .site import Site


def routes(site: Site) -> list[Route]:
    """The page, what its form does, and the service's own list."""

    async def page(request: Request) -> Response:
        return await _page(site, request, saved="saved" in request.query_params)

    async def act(request: Request) -> Response:
        name = request.path_params["name"]
        if site.runtime_provider(name) is None:
            return await _page(site, request)
        form = {key: str(value) for key, value in (await request.form()).items()}
        return await _act(site, request, name, form)

    async def remote(request: Request) -> Response:
        return await _remote(site, request)

    return [
        site.route("/providers/{name}", page),
        site.route("/providers/{name}/credentials", act, "POST"),
        site.route("/providers/{name}/remote", remote),
    ]


async def _page(site: Site, request: Request, status: int = 200, **told: Any) -> Response:
    name, lang = request.path_params["name"], language_of(request)
    provider = site.runtime_provider(name)
    if provider is None:
        return site.missing(request, name)
    values = told.pop("values", None)
    if values is None:
        values = dict(site.kept(name) or {})
    return site.page(
        request,
        told.pop("template", "provider.html"),
        status,
        provider=provider,
        shown=provider.to_dict(lang),
        label=provider.label(lang),
        fields=fields_of(name, provider.credential_form(), values, lang),
        models=model_rows(provider.models(), lang),
        can_save=site.store is not None,
        is_kept=site.kept(name) is not None,
        findings=[f for f in provider.findings if f.severity == "error"],
        **{"saved": False, "fault": None, "proof": None, **told},
    )


async def _act(site: Site, request: Request, name: str, form: Mapping[str, str]) -> Response:
    provider = site.runtime.provider(name)
    rows = provider.credential_form()
    values = submitted(rows, form, site.kept(name))
    action = form.get("action", "refresh")
    if action == "delete" and site.store is not None:
        site.store.delete(name)
        return go_to(request, f"/providers/{name}")
    if action == "refresh":
        template = "credential_fields.html" if _is_script(request) else "provider.html"
        return await _page(site, request, values=values, template=template)
    try:
        if action == "check":
            await provider.validate_credentials(values)
        checked = check_form(read_form(name, None, {"credential_form_schemas": list(rows)}), values)
    except ModelRuntimeError as error:
        return await _page(site, request, 422, values=values, fault=str(error))
    if action == "check":
        return await _page(site, request, values=values, proof="good")
    if site.store is None:
        return await _page(site, request, 409, values=values, fault="nowhere")
    site.store.write(name, checked)
    return go_to(request, f"/providers/{name}?saved=1")


async def _remote(site: Site, request: Request) -> Response:
    name, lang = request.path_params["name"], language_of(request)
    provider = site.runtime_provider(name)
    if provider is None:
        return site.missing(request, name)
    try:
        there = await site.runtime.remote_models(name)
    except ModelRuntimeError as error:
        return site.page(
            request, "remote.html", 502, label=provider.label(lang), provider=provider,
            fault=str(error), changes=(),
        )  # fmt: skip
    changes = compare(provider.models(), there)
    return site.page(
        request, "remote.html", label=provider.label(lang), provider=provider, fault=None,
        changes=changes,
    )  # fmt: skip


def _is_script(request: Request) -> bool:
    return request.headers.get("x-requested-with") == "console"
