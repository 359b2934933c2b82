"""What gunicorn refuses before the application sees it (a line too long, a broken header) as problem documents too.

gunicorn writes a page of HTML there, and has no hook for it but the function that writes.
"""

from __future__ import annotations

from http import HTTPStatus
from secrets import token_hex
from typing import Any

import orjson
from gunicorn import util

from chassis import logs
from contracts.problems import DEFAULT_LOCALE, INTERNAL, MALFORMED, ProblemType
from gateway.problems import HEADERS_TOO_LARGE, MEDIA_TYPE, TYPE_ROOT, URI_TOO_LONG

log = logs.get(__name__)
_KINDS = {kind.status: kind for kind in (URI_TOO_LONG, HEADERS_TOO_LARGE, INTERNAL)}
_REASON = {"en": "the request line or a header is broken", "zh-CN": "请求行或请求头有误"}


def install() -> None:
    """Have gunicorn's workers write problems."""
    util.write_error = write


def write(sock: Any, status: int, _reason: str, _message: str) -> None:
    """Answer on `sock` and let the worker close it. gunicorn's own reason and message quote what was sent, so they are
    neither answered nor logged."""
    kind = _KINDS.get(status, MALFORMED)
    request_id = token_hex(16)
    log.warning("refused before it was a request", status=kind.status, request_id=request_id)
    body = _document(kind, request_id)
    head = (
        f"HTTP/1.1 {kind.status} {HTTPStatus(kind.status).phrase}\r\n"
        f"Connection: close\r\nContent-Type: {MEDIA_TYPE}\r\n"
        f"Content-Language: {DEFAULT_LOCALE}\r\nX-Request-Id: {request_id}\r\nX-Content-Type-Options: nosniff\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    util.write_nonblock(sock, head.encode() + body)


def _document(kind: ProblemType, request_id: str) -> bytes:
    """Nobody's language is known yet: the platform's own."""
    params = {"request_id": request_id, "reason": _REASON[DEFAULT_LOCALE]}
    return orjson.dumps(
        {
            "type": TYPE_ROOT + kind.code, "title": kind.code.replace("_", " ").capitalize(), "status": kind.status,
            "detail": kind.text(DEFAULT_LOCALE, params), "code": kind.code, "request_id": request_id,
        }
    )  # fmt: skip
