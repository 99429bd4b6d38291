"""The first page: every provider as a card, with a search and filters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from model_runtime import ModelRuntimeError

from .languages import language_of
from .site import Site


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What the gallery shows of a provider."""

    name: str
    label: str
    description: str
    types: tuple[str, ...]
    is_configured: bool
    is_callable: bool
    faults: int


def routes(site: Site) -> list[Route]:
    """The gallery and the icons."""

    async def gallery(request: Request) -> Response:
        wanted = {name: request.query_params.get(name, "") for name in ("q", "type", "state")}
        cards = [card for card in _cards(site, language_of(request)) if _fits(card, wanted)]
        return site.page(request, "gallery.html", cards=cards, wanted=wanted)

    async def icon(request: Request) -> Response:
        kind = "icon_small_dark" if request.query_params.get("dark") else "icon_small"
        name = request.path_params["name"]
        try:
            content, media_type = site.runtime.icon(name, kind, language_of(request))  # type: ignore[arg-type]
        except ModelRuntimeError as error:
            return Response(f"{error}\n", 404, media_type="text/plain")
        headers = {
            "cache-control": "max-age=3600",
            # An icon is shown as a picture; opened by itself it runs nothing.
            "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
        }
        return Response(content, headers=headers, media_type=media_type)

    return [site.route("/", gallery), site.route("/icons/{name}", icon)]


def _cards(site: Site, lang: str) -> list[Card]:
    return [_card(provider, lang, _is_configured(site, provider)) for provider in
            site.runtime.providers()]  # fmt: skip


def _card(provider: Any, lang: str, is_configured: bool) -> Card:
    shown = provider.to_dict(lang)
    return Card(
        name=provider.name,
        label=provider.label(lang),
        description=str(shown.get("description") or ""),
        types=tuple(provider.supported_model_types),
        is_configured=is_configured,
        is_callable=provider.is_callable,
        faults=sum(finding.severity == "error" for finding in provider.findings),
    )


def _is_configured(site: Site, provider: Any) -> bool:
    return provider.is_callable and bool(provider.status == "active")


def _fits(card: Card, wanted: dict[str, str]) -> bool:
    words = wanted["q"].casefold().split()
    text = f"{card.name} {card.label} {card.description}".casefold()
    is_in_state = {
        "": True,
        "configured": card.is_configured,
        "open": not card.is_configured,
    }
    return (
        all(word in text for word in words)
        and (not wanted["type"] or wanted["type"] in card.types)
        and is_in_state.get(wanted["state"], True)
    )
