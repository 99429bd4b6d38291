"""Every model of every provider, with filters, a hundred to a page."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from model_runtime.vocabulary import MODEL_TYPES

from .languages import language_of
from .rows import ModelRow, model_rows
from .site import Site

_SIZE: Final = 100
_FILTERS: Final = ("q", "type", "provider", "feature", "state")


def routes(site: Site) -> list[Route]:
    """The list."""

    async def models(request: Request) -> Response:
        wanted = {name: request.query_params.get(name, "") for name in _FILTERS}
        everything = model_rows(site.runtime.models(), language_of(request))
        rows = [row for row in everything if _fits(row, wanted)]
        number = request.query_params.get("page", "1")
        page = max(int(number), 1) if number.isdecimal() else 1
        last = max((len(rows) + _SIZE - 1) // _SIZE, 1)
        page = min(page, last)
        return site.page(
            request,
            "models.html",
            rows=rows[(page - 1) * _SIZE : page * _SIZE],
            count=len(rows),
            wanted=wanted,
            page=page,
            last=last,
            query=urlencode({name: value for name, value in wanted.items() if value}),
            providers=sorted({row.provider for row in everything}),
            features=sorted({feature for row in everything for feature in row.features}),
            types=MODEL_TYPES,
        )

    return [site.route("/models", models)]


def _fits(row: ModelRow, wanted: dict[str, str]) -> bool:
    words = wanted["q"].casefold().split()
    text = f"{row.name} {row.label}".casefold()
    return (
        all(word in text for word in words)
        and wanted["type"] in ("", row.type)
        and wanted["provider"] in ("", row.provider)
        and (not wanted["feature"] or wanted["feature"] in row.features)
        and (not wanted["state"] or (row.status == "active") == (wanted["state"] == "active"))
    )
