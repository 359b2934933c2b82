"""A service's result as an HTTP answer: status, ETag, 304, Location."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from typing import Any
from urllib.parse import quote

import orjson
from flask import Request, Response

from contracts.core import Operation
from gateway import downloads


class ReplyWriter:
    """Writes the answers of `operation`; `siblings`, its service's operations, tell where a created thing is read."""

    def __init__(self, operation: Operation, siblings: Iterable[Operation]) -> None:
        self._operation = operation
        self._is_readable = any(_reads_what_it_creates(operation, other) for other in siblings)

    def write(self, request: Request, result: Any) -> Response:
        """The answer that carries `result`."""
        if self._operation.reply is None:
            return Response(status=204)
        if self._operation.download:
            return downloads.response(request, result, self._operation.success)
        body = orjson.dumps(result)
        response = Response(body, status=self._operation.success, content_type="application/json")
        if self._operation.versioned or request.method in {"GET", "HEAD"}:
            response.headers["ETag"] = etag(result, body)
        if self._is_readable and "id" in result:
            response.headers["Location"] = f"{request.path}/{quote(str(result['id']))}"
        response.headers["Cache-Control"] = "private, no-cache" if self._operation.verb == "GET" else "no-store"
        response.headers["Vary"] = "Authorization, Accept-Language"
        if self._operation.verb == "GET":
            response.make_conditional(request)
        return response


def etag(result: Any, body: bytes) -> str:
    """`"<version>.<digest>"`: If-Match looks at the version, If-None-Match at all of it, because what is answered also
    depends on who asks and in which language. Without a version, the digest alone, weak."""
    digest = blake2b(body, digest_size=8).hexdigest()
    version = result.get("version") if isinstance(result, dict) else None
    return f'W/"{digest}"' if version is None else f'"{version}.{digest}"'


def _reads_what_it_creates(operation: Operation, other: Operation) -> bool:
    if operation.success != 201 or other.verb != "GET" or not other.path:
        return False
    root, _, last = other.path.rpartition("/")
    return root == operation.path and last.startswith("{")
