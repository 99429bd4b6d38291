"""Builds the HTTP request of an operation: the compiled `request:` block."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from model_runtime.absent import Absent
from model_runtime.errors import InvalidParameter
from model_runtime.exchange import HttpRequest
from model_runtime.json_text import encode_json
from model_runtime.multipart import FilePart, encode_multipart
from model_runtime.network import header_name, header_value
from model_runtime.secrets import Secret, reveal
from model_runtime.spec.tree import key_place_of

from .address_plan import AddressPlan
from .body_edits import BodyEdits
from .context import CompileContext
from .scopes import Field
from .templates import Template, compile_template, merge_maps
from .values import place_in

Scope = dict[str, object]
_BODIES = ("body", "multipart", "form", "raw", "text")


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """A body as bytes, and the content type that belongs to it."""

    data: bytes
    content_type: str | None


class RequestPlan:
    """Method, URL, headers and body, rendered from a scope.

    `stream` is the operation's `stream:` block: its `body`, `query` and `headers` are laid over
    the request's own when the call streams.
    """

    def __init__(
        self,
        spec: Mapping[str, Any],
        stream: Mapping[str, Any],
        context: CompileContext,
        operation: str,
        field: Field = "request",
    ) -> None:
        self._context = context
        self._field: Field = field
        self._operation = operation
        self.method = str(spec.get("method", "POST"))
        self._address = AddressPlan(spec, context, operation, field)
        self._query = self._templates(context.tree, "query"), self._templates(spec, "query")
        self._stream_query = self._templates(stream, "query")
        self._headers = self._header_templates(context.tree, spec)
        self._stream_headers = self._header_templates(stream)
        self.body_kind = next((kind for kind in _BODIES if kind in spec), None)
        self._body = self._template(spec, self.body_kind) if self.body_kind else None
        self._stream_body = self._template(stream, "body")
        self._content_type = spec.get("content_type")
        self._edits = self._body_edits(spec)
        # Dotted names (`tool_choice.mode`), and the first part of each.
        self.fields_read = self._fields_read()
        self.names_read = frozenset(name.partition(".")[0] for name in self.fields_read)

    def build(
        self, scope: Scope, base_url: str, *, extra_headers: Mapping[str, str]
    ) -> HttpRequest:
        """Render the request. InvalidParameter when a value fits nowhere."""
        streaming = bool(scope.get("stream"))
        url = self._build_url(scope, base_url, streaming)
        encoded = self._encode_body(scope, streaming)
        headers: dict[str, str] = {}
        for name, template in self._headers.items():
            _set_header(headers, name, template.render(scope))
        if streaming:
            for name, template in self._stream_headers.items():
                _set_header(headers, name, template.render(scope))
        for name, value in extra_headers.items():
            _set_header(headers, header_name(name), value)
        if encoded.content_type is not None:
            headers.setdefault("content-type", encoded.content_type)
        reach = self._address.reach(url, base_url)
        return HttpRequest(
            method=self.method, url=url, headers=headers, body=encoded.data, reach=reach
        )

    def render_body(self, scope: Scope) -> object:
        """Render a JSON body as data: with the stream's part and `extra_body` over it, edited."""
        assert self._body is not None
        body = self._body.render(scope)
        if scope.get("stream") and self._stream_body is not None and isinstance(body, dict):
            over = self._stream_body.render(scope)
            extra = scope.get("extra_body")
            body = merge_maps(body, over if isinstance(over, dict) else {})
            body = merge_maps(body, extra) if isinstance(extra, dict) else body
        return body if self._edits is None else self._edits.apply(body, scope)

    @property
    def part_types(self) -> frozenset[str] | None:
        """The types of parts that the body tells apart; None when it looks at none."""
        return self._body.part_types if self._body is not None else None

    def _build_url(self, scope: Scope, base_url: str, streaming: bool) -> str:
        query = [pair for group in self._query for pair in _pairs(group, scope)]
        if streaming:
            query += _pairs(self._stream_query, scope)
        return self._address.build(scope, base_url, query)

    def _encode_body(self, scope: Scope, streaming: bool) -> Encoded:
        if self._body is None:
            return Encoded(data=b"", content_type=None)
        if self.body_kind == "body":
            body = self.render_body(scope)
            return Encoded(data=encode_json(body), content_type="application/json")
        return _ENCODERS[str(self.body_kind)](self._body.render(scope), self._content_type)

    def _body_edits(self, spec: Mapping[str, Any]) -> BodyEdits | None:
        edits = spec.get("edits")
        if not isinstance(edits, Mapping):
            return None
        if self.body_kind != "body":
            message = "`edits` change a JSON body, and the request has none."
            self._context.findings.add("S104", message, place_in(spec, "edits"))
        return BodyEdits(edits, self._context, self._operation, self._field)

    def _template(self, spec: Mapping[str, Any], key: str) -> Template | None:
        if key not in spec:
            return None
        return compile_template(
            spec[key],
            self._context.names(self._field, self._operation),
            self._context.findings,
            place_in(spec, key),
            fragments=self._context.fragments,
        )

    def _templates(self, spec: Mapping[str, Any], key: str) -> dict[str, Template]:
        found = spec.get(key)
        if not isinstance(found, Mapping):
            return {}
        templates = {name: self._template(found, name) for name in found}
        return {name: template for name, template in templates.items() if template is not None}

    def _header_templates(self, *specs: Mapping[str, Any]) -> dict[str, Template]:
        names = self._context.names("headers", self._operation)
        found: dict[str, Template] = {}
        for spec in specs:
            headers = spec.get("headers")
            for name, value in headers.items() if isinstance(headers, Mapping) else ():
                place = place_in(headers, name)
                try:
                    lower = header_name(str(name))
                except InvalidParameter as fault:
                    place = key_place_of(headers, str(name)) or place
                    help = "Write a name such as x-api-version, or leave the header out."
                    self._context.findings.add(
                        "A506", str(fault), place, help=help, length=len(name)
                    )
                    continue
                found[lower] = compile_template(
                    value,
                    names,
                    self._context.findings,
                    place,
                    fragments=self._context.fragments,
                )
        return found

    def _fields_read(self) -> frozenset[str]:
        templates = [*self._address.templates, self._body, self._stream_body]
        for group in (*self._query, self._stream_query, self._headers, self._stream_headers):
            templates += group.values()
        edited = self._edits.fields_read if self._edits is not None else frozenset[str]()
        return edited.union(*(template.names_read for template in templates if template))


def _pairs(templates: Mapping[str, Template], scope: Scope) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for name, template in templates.items():
        value = template.render(scope)
        for item in value if isinstance(value, list) else [value]:
            if item is not Absent and item is not None:
                pairs.append((name, _query_text(name, item)))
    return pairs


def _query_text(name: str, value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    if isinstance(value, Secret):
        return str(reveal(value))
    raise InvalidParameter(f"The query value {name!r} is a {type(value).__name__}; expected text.")


def _set_header(headers: dict[str, str], name: str, value: object) -> None:
    if value is Absent or value is None:
        return
    headers[name] = header_value(name, str(reveal(value)))


def _multipart(value: object, content_type: str | None) -> Encoded:
    fields: list[tuple[str, str | FilePart]] = []
    for name, item in value.items() if isinstance(value, dict) else ():
        for part in item if isinstance(item, list) else [item]:
            if part is not None:
                fields.append((name, _multipart_part(name, part)))
    data, content_type = encode_multipart(fields)
    return Encoded(data=data, content_type=content_type)


def _multipart_part(name: str, value: object) -> str | FilePart:
    if isinstance(value, dict) and "content" in value:
        content = value["content"]
        if not isinstance(content, bytes):
            raise InvalidParameter(f"The multipart file {name!r} holds no bytes.")
        filename = str(value.get("filename") or "file")
        return FilePart(content=content, filename=filename, media_type=value.get("type"))
    if isinstance(value, dict):
        return encode_json(value).decode()
    return _query_text(name, value)


def _form(value: object, content_type: str | None) -> Encoded:
    pairs = [(k, _query_text(k, v)) for k, v in value.items()] if isinstance(value, dict) else []
    data = urlencode(pairs, errors="replace").encode()
    return Encoded(data=data, content_type="application/x-www-form-urlencoded")


def _raw(value: object, content_type: str | None) -> Encoded:
    if isinstance(value, str):
        value = value.encode("utf-8", "replace")
    if not isinstance(value, bytes):
        raise InvalidParameter(f"The raw body is a {type(value).__name__}; expected bytes or text.")
    return Encoded(data=value, content_type=content_type or "application/octet-stream")


def _text(value: object, content_type: str | None) -> Encoded:
    data = str(value).encode("utf-8", "replace")
    return Encoded(data=data, content_type=content_type or "text/plain")


_ENCODERS = {"multipart": _multipart, "form": _form, "raw": _raw, "text": _text}
