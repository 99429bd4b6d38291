"""Operations that list things: a service's models or voices, page by page."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from model_runtime.errors import ReplyError
from model_runtime.exchange import HttpReply, HttpRequest
from model_runtime.json_text import decode_json

from .auth_plan import compile_auth
from .context import CompileContext
from .errors_plan import ErrorsPlan, is_error
from .extractors import shape_of
from .model_facts import compile_facts
from .request_plan import RequestPlan
from .values import Reader, compile_value, place_in

_MAX_PAGES = 50
_MAX_HEADER = 8_000
_LINK = re.compile(r"<([^<>]*)>([^<>]*)")
_REL_NEXT = re.compile(r';\s*rel\s*=\s*"?(?:[^";,]*\s)?next(?:\s[^";,]*)?(?:"|\s*[;,]|\s*$)', re.I)


class ListOperation:
    """The compiled `list_models` or `voices` operation.

    `pages.next` says how the next page is asked for: `{query, from, while}` repeats the request
    with a value of the page in its query, `{query, first}` with the number of the page, `{url}`
    follows a URL of the page, `{header: link}` the URL that the reply's Link header calls next.
    """

    def __init__(
        self, spec: Mapping[str, Any], context: CompileContext, errors: ErrorsPlan, operation: str
    ) -> None:
        findings = context.findings
        self.errors = errors
        # A list that anybody may read needs none of the provider's auth.
        self.auth = compile_auth(spec["auth"], context) if "auth" in spec else None
        self._plan = RequestPlan(spec.get("request") or {}, {}, context, operation)
        response = spec.get("response") or {}
        self._each = compile_value(response.get("each", "@"), findings, place_in(response, "each"))
        self._fields = compile_facts(response, findings)
        self._is_error = (
            compile_value(errors.in_success, findings, None) if errors.in_success else None
        )
        pages = spec.get("pages") or {}
        follow = pages.get("next") or {}
        self.max_pages = int(pages.get("max", _MAX_PAGES))
        self._next_query = follow.get("query")
        self._next_url = self._path(follow, "url", context)
        self._next_value = self._path(follow, "from", context)
        self._first_page = follow.get("first")
        self._while = self._path(follow, "while", context)
        self._next_header = follow.get("header")

    def first(
        self,
        credentials: Mapping[str, object],
        base_url: str,
        names: Mapping[str, object] = MappingProxyType({}),
    ) -> HttpRequest:
        """The request of the first page; `names` is what templates see beside credentials."""
        scope = {**names, "credentials": credentials}
        return self._plan.build(scope, base_url, extra_headers={})

    def read(self, reply: HttpReply) -> tuple[list[dict[str, Any]], tuple[str, str] | None]:
        """Return the rows of a page, and how to ask for the page after it.

        That is ("url", URL), ("query:NAME", value), ("count:NAME", number of the first page) or
        None.
        """
        try:
            page = decode_json(reply.body.strip())
        except ValueError:
            raise ReplyError("The list is not JSON. Is base_url right?") from None
        if self._is_error is not None and is_error(self._is_error(page)):
            raise self.errors.read(reply.status, reply.headers, page)
        rows = self._each(page)
        if not isinstance(rows, list):
            raise ReplyError(f"The reply holds no list; it has the shape {shape_of(page)}.")
        found = [{name: read(row) for name, read in self._fields.items()} for row in rows]
        if self._first_page is not None and not rows:
            return found, None
        return found, self._following(page, reply.headers)

    def _following(self, page: Any, headers: Mapping[str, str]) -> tuple[str, str] | None:
        if self._while is not None and not self._while(page):
            return None
        if self._next_header is not None:
            url = _next_link(headers.get(self._next_header, ""))
            return ("url", url) if url else None
        if self._next_url is not None:
            url = self._next_url(page)
            return ("url", str(url)) if url else None
        if self._next_query and self._first_page is not None:
            return f"count:{self._next_query}", str(self._first_page)
        if self._next_query and self._next_value is not None:
            value = self._next_value(page)
            is_end = value is None or value is False or value == ""
            return None if is_end else (f"query:{self._next_query}", str(value))
        return None

    @staticmethod
    def _path(spec: Mapping[str, Any], key: str, context: CompileContext) -> Reader | None:
        if key not in spec:
            return None
        return compile_value(spec[key], context.findings, place_in(spec, key))


def _next_link(header: str) -> str | None:
    """The URL that a Link header (RFC 8288) gives the relation `next`."""
    for url, parameters in _LINK.findall(header[:_MAX_HEADER]):
        if _REL_NEXT.search(parameters):
            return str(url)
    return None
