"""The OpenAPI 3.1 document, made of the contracts: complete for everybody, shrunk to what a credential opens (NX-6)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from marshmallow import fields

from contracts.core import Audience, Operation, ServiceContract, schema_of
from contracts.fields import Reply
from contracts.json_schema import marshmallow_plugin
from contracts.problems import (
    DEADLINE_EXCEEDED,
    FILE_INFECTED,
    FORBIDDEN,
    INTERNAL,
    INVALID,
    KEY_IN_USE,
    KEY_REUSED,
    MALFORMED,
    NOT_ENABLED,
    REPLY_ERASED,
    SCANNER_UNAVAILABLE,
    SECOND_FACTOR_REQUIRED,
    STALE,
    UNAUTHENTICATED,
    UNAVAILABLE,
    ProblemType,
)
from gateway.links import without_links_beyond
from gateway.openapi_events import open_events
from gateway.payloads import path_schema
from gateway.problems import MEDIA_TYPE, RATE_LIMITED, TOO_LARGE, UNSUPPORTED_MEDIA_TYPE, WRONG_AUDIENCE

VERSION = "3.1.0"
DESCRIPTION = """\
Customer service of several companies on one platform. Send `Authorization: Bearer <API key or access token>`; the
company is known from the credential. Every error is a problem document (RFC 9457) with a stable `code`, explained at
`/v1/problems`. Writes take an `Idempotency-Key`; lists page by `cursor`; records carry an `ETag`.
"""
_REF = re.compile(r"#/components/(?P<kind>\w+)/(?P<name>.+)")
_HTTP_VERBS = {"get", "put", "post", "delete", "patch"}


class FieldFault(Reply):
    """One field that is not acceptable."""

    field = fields.String(required=True, metadata={"description": "Dotted path: `complainant.phone`."})
    code = fields.String(required=True)
    message = fields.String(required=True)


class ProblemDocument(Reply):
    """RFC 9457, with our members."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True, metadata={"description": "What happened and what to do, in your language."})
    code = fields.String(required=True, metadata={"description": "Stable: programs look at this."})
    request_id = fields.String(required=True)
    errors = fields.List(fields.Nested(FieldFault))


_PARAMETERS = {
    "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "Yours, one per intended write: repeating the request with it gets the first answer again.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    },
    "IfMatch": {
        "name": "If-Match",
        "in": "header",
        "description": "The ETag of what you read: the write is refused (412) when somebody changed it meanwhile.",
        "schema": {"type": "string"},
    },
    "IfNoneMatch": {
        "name": "If-None-Match",
        "in": "header",
        "description": "The ETag you have: answered 304 without a body when nothing changed.",
        "schema": {"type": "string"},
    },
    "AcceptLanguage": {
        "name": "Accept-Language",
        "in": "header",
        "description": "zh-CN or en; without it, the credential's language.",
        "schema": {"type": "string"},
    },
}
_HEADERS = {
    "ETag": {"description": "Version of what is answered.", "schema": {"type": "string"}},
    "Location": {"description": "Where the new thing is read.", "schema": {"type": "string"}},
    "RequestId": {"description": "Quote it to support.", "schema": {"type": "string"}},
    "RateLimit": {"description": "Requests left, and seconds until more.", "schema": {"type": "string"}},
    "RateLimitPolicy": {"description": "Requests per window of seconds.", "schema": {"type": "string"}},
    "ContentDisposition": {"description": "`attachment`, with the file's name.", "schema": {"type": "string"}},
    "RetryAfter": {"description": "Seconds to wait.", "schema": {"type": "integer"}},
}


def spec_arguments() -> dict[str, Any]:
    """What flask-smorest's Api needs to begin the document."""
    return {
        "title": "Kefu",
        "version": "1",
        "openapi_version": VERSION,
        "marshmallow_plugin": marshmallow_plugin(),
        "info": {"description": DESCRIPTION, "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}},
        "components": {
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "statusLink": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The token of a complainant's link, or what number and code open.",
                },
            },
            "parameters": _PARAMETERS,
            "headers": _HEADERS,
        },
        "security": [{"bearer": []}],
    }


def described(operation: Operation) -> dict[str, Any]:
    """The operation's entry, schemas still as classes: flask-smorest resolves them."""
    entry: dict[str, Any] = {
        "operationId": f"{operation.service}_{operation.name}",
        "summary": operation.summary,
        "description": _description(operation),
        "parameters": [*_query_parameters(operation), *_header_parameters(operation)],
        "responses": {str(operation.success if operation.reply else 204): _success(operation), **_problems(operation)},
    }
    if operation.verb == "GET" and operation.reply:
        entry["responses"]["304"] = _UNCHANGED
    if operation.audience is Audience.PUBLIC:
        entry["security"] = []
    if operation.audience is Audience.COMPLAINANT:
        entry["security"] = [{"statusLink": []}]
    if operation.upload:
        entry["requestBody"] = {"required": True, "content": {"multipart/form-data": {"schema": _FILE}}}
    elif operation.body:
        content = {"application/json": {"schema": operation.body}}
        entry["requestBody"] = {"required": _needs_body(operation), "content": content}
    return entry


def _needs_body(operation: Operation) -> bool:
    """An absent body counts as an empty object."""
    schema = schema_of(operation.body)
    return schema is not None and bool(schema.validate({}))


_FILE = {
    "type": "object",
    "required": ["file"],
    "properties": {"file": {"type": "string", "contentMediaType": "application/octet-stream"}},
}


def path_parameters(operation: Operation, convert: Any) -> list[dict[str, Any]]:
    """The path's parameters, by `convert` (apispec's converter)."""
    found: list[dict[str, Any]] = convert.schema2parameters(path_schema(operation), location="path")
    return found


_FOR = {
    Audience.OPERATOR: "For the platform operator.",
    Audience.COMPLAINANT: "For the complainant, whose credential is the token of a status link.",
}


def _description(operation: Operation) -> str:
    needs = f"Needs the permission `{operation.permission}`." if operation.permission else ""
    kind = _FOR.get(operation.audience, "")
    return "\n\n".join(filter(None, [operation.description, needs, kind]))


def _query_parameters(operation: Operation) -> list[Any]:
    return [{"in": "query", "schema": operation.query}] if operation.query else []


def _header_parameters(operation: Operation) -> list[str]:
    """Names of parameter components; apispec makes references of them."""
    names = ["AcceptLanguage"]
    if operation.mutating:
        names.append("IdempotencyKey")
        if operation.versioned and operation.verb != "POST":
            names.append("IfMatch")
    elif operation.verb == "GET" and operation.reply:
        names.append("IfNoneMatch")
    return names


def _success(operation: Operation) -> dict[str, Any]:
    headers = ["RequestId", "RateLimit", "RateLimitPolicy"]
    if operation.versioned or (operation.verb == "GET" and operation.reply):
        headers.append("ETag")
    if operation.success == 201:
        headers.append("Location")
    if operation.download:
        headers.append("ContentDisposition")
    answer: dict[str, Any] = {"description": operation.summary, "headers": _header_references(headers)}
    if operation.download:
        answer["content"] = {operation.download: {}}  # without a schema: OpenAPI 3.1's way to say binary
    elif operation.reply:
        answer["content"] = {"application/json": {"schema": operation.reply}}
    return answer


def _header_references(names: Iterable[str]) -> dict[str, Any]:
    shown = {
        "RequestId": "X-Request-Id",
        "RateLimitPolicy": "RateLimit-Policy",
        "RetryAfter": "Retry-After",
        "ContentDisposition": "Content-Disposition",
    }
    return {shown.get(name, name): {"$ref": f"#/components/headers/{name}"} for name in names}


_UNCHANGED = {
    "description": "What you have, by your If-None-Match, is what is there.",
    "headers": _header_references(["RequestId", "ETag"]),
}


def _problems(operation: Operation) -> dict[str, Any]:
    """One answer per status, naming the codes it can carry."""
    by_status: dict[int, list[ProblemType]] = {}
    for kind in sorted({*operation.errors, *_own_problems(operation)}, key=lambda kind: kind.code):
        by_status.setdefault(kind.status, []).append(kind)
    return {str(status): _problem_answer(kinds) for status, kinds in sorted(by_status.items())}


def _own_problems(operation: Operation) -> Iterable[ProblemType]:
    """What the gateway and the chassis can answer to this operation."""
    yield from (MALFORMED, INVALID, RATE_LIMITED, INTERNAL, UNAVAILABLE, DEADLINE_EXCEEDED)
    if operation.audience is not Audience.PUBLIC:
        yield from (UNAUTHENTICATED, WRONG_AUDIENCE)
    if operation.permission:
        yield FORBIDDEN
    if not operation.always_enabled and operation.audience in {Audience.TENANT, Audience.COMPLAINANT}:
        yield NOT_ENABLED
    if operation.audience is Audience.TENANT and not operation.unconditional:
        yield SECOND_FACTOR_REQUIRED
    if operation.upload:
        yield from (FILE_INFECTED, SCANNER_UNAVAILABLE)
    if operation.verb != "GET":
        yield from (TOO_LARGE, UNSUPPORTED_MEDIA_TYPE)
    if operation.mutating:
        yield from (KEY_REUSED, KEY_IN_USE, REPLY_ERASED)
        if operation.versioned:
            yield STALE


def _problem_answer(kinds: list[ProblemType]) -> dict[str, Any]:
    codes = [kind.code for kind in kinds]
    headers = ["RequestId"] + (["RetryAfter"] if any(kind.retry_after for kind in kinds) else [])
    return {
        "description": "\n\n".join(f"`{kind.code}`: {kind.en}" for kind in kinds),
        "headers": _header_references(headers),
        "content": {
            MEDIA_TYPE: {
                "schema": {"allOf": [ProblemDocument, {"type": "object", "properties": {"code": {"enum": codes}}}]}
            }
        },
    }


def with_shared_answers(document: dict[str, Any]) -> dict[str, Any]:
    """`document` with each distinct problem answer written once, as a component; a tenth of the size."""
    shared = document["components"].setdefault("responses", {})
    for item in document["paths"].values():
        for verb in _HTTP_VERBS & item.keys():
            answers = item[verb]["responses"]
            for status, answer in answers.items():
                problem = answer.get("content", {}).get(MEDIA_TYPE)
                if problem:
                    name = "Problem." + ".".join(problem["schema"]["allOf"][1]["properties"]["code"]["enum"])
                    shared[name] = answer
                    answers[status] = {"$ref": f"#/components/responses/{name}"}
    return document


def shrunk(document: Mapping[str, Any], contracts: Iterable[ServiceContract], keep: Any) -> dict[str, Any]:
    """`document` with the operations for which `keep(operation)` holds, the events of their services, and only the
    components these use."""
    kept = {f"{op.service}_{op.name}" for contract in contracts for op in contract.operations if keep(op)}
    paths: dict[str, Any] = {}
    for path, item in document["paths"].items():
        verbs = {
            verb: entry | {"responses": without_links_beyond(entry["responses"], kept)}
            for verb, entry in item.items()
            if verb in _HTTP_VERBS and entry["operationId"] in kept
        }
        if verbs:
            paths[path] = {key: value for key, value in item.items() if key not in _HTTP_VERBS} | verbs
    tags = {tag for item in paths.values() for verb in _HTTP_VERBS & item.keys() for tag in item[verb]["tags"]}
    webhooks = open_events(document.get("webhooks", {}), tags)
    return {
        **document,
        "paths": paths,
        "webhooks": webhooks,
        "tags": [tag for tag in document["tags"] if tag["name"] in tags],
        "components": _used_components([paths, webhooks], document["components"]),
    }


def _used_components(paths: Any, components: Mapping[str, Any]) -> dict[str, Any]:
    used: dict[str, dict[str, Any]] = {"securitySchemes": dict(components["securitySchemes"])}
    todo = list(_references(paths))
    while todo:
        kind, name = todo.pop()
        if name not in used.setdefault(kind, {}):
            used[kind][name] = components[kind][name]
            todo += _references(components[kind][name])
    return used


def _references(value: Any) -> Iterable[tuple[str, str]]:
    if isinstance(value, Mapping):
        match = _REF.fullmatch(str(value.get("$ref", "")))
        if match:
            yield match["kind"], match["name"]
        for below in value.values():
            yield from _references(below)
    elif isinstance(value, list):
        for below in value:
            yield from _references(below)
