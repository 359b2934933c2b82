"""What a partner's engineer reads: the OpenAPI document, a page to try it, and a page for every kind of problem."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from html import escape
from importlib.resources import files
from typing import Any

import orjson
from flask import Flask, Response, abort, request, send_from_directory

from contracts.context import Principal
from contracts.core import Audience, Operation, ServiceContract
from contracts.problems import CATALOGUE, LOCALES, ProblemType
from gateway.admission import Admission
from gateway.openapi import shrunk
from gateway.problems import TYPE_ROOT

_ASSETS = str(files("flask_swagger_ui") / "dist")
_ASSET_NAMES = {"swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png"}
_PAGE_POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "frame-ancestors 'none'; base-uri 'none'"
)
"""Swagger UI sets styles on elements; nothing is loaded from elsewhere."""
_DOCS = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Kefu API</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="/v1/docs/favicon-32x32.png"><link rel="stylesheet" href="/v1/docs/swagger-ui.css">
<div id="docs"></div>
<script src="/v1/docs/swagger-ui-bundle.js"></script><script src="/v1/docs/start.js"></script>
"""
_START = """\
const credential = () => window.ui && window.ui.authSelectors.authorized().getIn(["bearer", "value"]);
window.ui = SwaggerUIBundle({
  url: "/v1/openapi.json",
  dom_id: "#docs",
  deepLinking: true,
  docExpansion: "none",
  persistAuthorization: false,
  validatorUrl: null,
  requestInterceptor: (request) => {
    if (credential() && !request.headers.Authorization) request.headers.Authorization = "Bearer " + credential();
    return request;
  },
});
"""
_PROBLEM_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<body style="font:16px/1.5 system-ui,sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem">
<h1>{title}</h1>{body}
"""


def register(
    app: Flask, document: Mapping[str, Any], contracts: Mapping[str, ServiceContract], admission: Admission
) -> None:
    """Add /v1/openapi.json, /v1/docs and /v1/problems."""
    documents = _Documents(document, contracts)

    def openapi_json() -> Response:
        principal = admission.principal() if "Authorization" in request.headers else None
        return documents.answer(principal)

    app.add_url_rule("/v1/openapi.json", view_func=openapi_json)
    app.add_url_rule("/v1/docs", view_func=_docs)
    app.add_url_rule("/v1/docs/<name>", view_func=_asset)
    app.add_url_rule(TYPE_ROOT[:-1], view_func=_problems)
    app.add_url_rule(TYPE_ROOT + "<code>", view_func=_problem)


class _Documents:
    """The OpenAPI document in the sizes asked for."""

    def __init__(self, document: Mapping[str, Any], contracts: Mapping[str, ServiceContract]) -> None:
        self._document = document
        self._contracts = contracts
        self._sized = lru_cache(maxsize=64)(self._made)

    def answer(self, principal: Principal | None) -> Response:
        body = self._sized((principal.audience, principal.services) if principal else None)
        response = Response(body, content_type="application/json")
        response.headers["ETag"] = f'"{sha256(body).hexdigest()[:16]}"'
        response.headers["Cache-Control"] = "private, no-cache"
        response.headers["Vary"] = "Authorization"
        response.make_conditional(request)
        return response

    def _made(self, whose: tuple[str, frozenset[str]] | None) -> bytes:
        if whose is None:
            return orjson.dumps(self._document)
        return orjson.dumps(shrunk(self._document, self._contracts.values(), _open_to(*whose)))


def _open_to(audience: str, services: frozenset[str]) -> Any:
    def keep(operation: Operation) -> bool:
        if operation.audience is Audience.PUBLIC:
            return True
        return operation.audience == audience and (
            audience == Audience.OPERATOR or operation.always_enabled or operation.service in services
        )

    return keep


def _docs() -> Response:
    return _page(_DOCS)


def _asset(name: str) -> Response:
    if name == "start.js":
        return Response(_START, content_type="text/javascript; charset=utf-8")
    if name not in _ASSET_NAMES:
        abort(404)
    return send_from_directory(_ASSETS, name, max_age=86_400)


def _problems() -> Response:
    rows = "".join(
        f'<li><a href="{TYPE_ROOT}{code}"><code>{code}</code></a> ({kind.status})'
        for code, kind in sorted(CATALOGUE.items())
    )
    return _page(_PROBLEM_PAGE.format(title="Problems", body=f"<ul>{rows}</ul>"))


def _problem(code: str) -> Response:
    kind = CATALOGUE.get(code)
    if kind is None:
        abort(404)
    return _page(_PROBLEM_PAGE.format(title=code, body=_explained(kind)))


def _explained(kind: ProblemType) -> str:
    texts = "".join(f'<p lang="{locale}">{escape(kind.text(locale, {}))}</p>' for locale in LOCALES)
    again = f"<p>Trying again makes sense after {kind.retry_after} s.</p>" if kind.retry_after else ""
    return f"<p>Status {kind.status}</p>{texts}{again}"


def _page(html: str) -> Response:
    response = Response(html, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = _PAGE_POLICY
    return response
