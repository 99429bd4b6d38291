"""Finds the address below which the service answers, and how it wants its key."""

from __future__ import annotations

from typing import Final

from .learned import Learned
from .service import BEARER, KEY_STYLES, Answer, Service

# What people leave out of an address, likeliest first.
_TAILS: Final = ("", "/v1", "/api/v1")
# Paths of the six model types that a service without chat may have; an empty body costs nothing.
_CHAT: Final = "/chat/completions"
_CHAT_POINTS, _LIST_POINTS = 3, 2
_OTHERS: Final = (
    "/embeddings",
    "/audio/transcriptions",
    "/audio/speech",
    "/rerank",
    "/moderations",
)


def survey(service: Service, learned: Learned) -> bool:
    """Settle the service's address and style of key; False when nothing known is there."""
    given = service.base_url.rstrip("/")
    scores: dict[str, int] = {}
    seen: dict[str, Answer] = {}
    for tail in _TAILS:
        if tail and given.endswith(tail):
            continue
        service.base_url = given + tail
        scores[service.base_url], seen[service.base_url] = _score(service)
        if scores[service.base_url] == _CHAT_POINTS + _LIST_POINTS:
            break
    best = max(scores, key=lambda url: scores[url])
    service.base_url, answer = best, seen[best]
    if not scores[best]:
        learned.note("address", "no", answer, more="none of the known paths is there")
        return False
    learned.is_reached = True
    learned.note("address", "yes", answer, more=best)
    _settle_key(service, learned, answer)
    return True


def _score(service: Service) -> tuple[int, Answer]:
    """How much of what is known is there, chat counting most; and a reply that says so."""
    models = service.get("/models")
    chat = service.post(_CHAT, {})
    score = _CHAT_POINTS * _is_there(chat) + _LIST_POINTS * _is_there(models)
    if score or (models.status == 0 and chat.status == 0):
        return score, models if _is_there(models) else chat
    for path in _OTHERS:
        if _is_there(answer := service.post(path, {})):
            return 1, answer
    return 0, chat


def _is_there(answer: Answer) -> bool:
    if answer.asked.startswith("GET"):
        # A page for people is no list of models.
        return answer.is_refused or (answer.is_ok and answer.json is not None)
    return answer.status != 0 and not answer.is_absent and answer.content_type != "text/html"


def _settle_key(service: Service, learned: Learned, there: Answer) -> None:
    """Find out whether a key is needed and in which header."""
    bare = service.post(_CHAT, {}, bare=True)
    if bare.is_absent:
        method, _, path = there.asked.partition(" ")
        bare = service.post(path if method == "POST" else _OTHERS[0], {}, bare=True)
    if not bare.is_refused:
        is_told = bare.status in (200, 400, 422)
        learned.needs_key = False if is_told else None
        learned.note("key", "no" if is_told else "unknown", bare, more="sent without a key")
        return
    learned.needs_key = True
    if not service.key:
        learned.note("key", "unknown", bare, more="no key was given, so its header is not known")
        return
    path = bare.asked.removeprefix("POST ")
    for style in KEY_STYLES:
        answer = service.post(path, {}, style=style)
        if not answer.is_refused:
            service.style = learned.style = style
            learned.note("key", "yes", answer, more=f"with the header {style.header}")
            return
    learned.note("key", "unknown", bare, more="and it takes the key in no header that is known")
    service.style = BEARER
