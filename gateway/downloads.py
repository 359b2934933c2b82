"""A file out of a service's reply: its bytes, and headers that keep a browser from running or keeping it."""

from __future__ import annotations

import unicodedata
from base64 import b64decode
from collections.abc import Mapping
from hashlib import blake2b
from urllib.parse import quote

from flask import Request, Response

_POLICY = "sandbox; default-src 'none'; frame-ancestors 'none'"


def response(request: Request, file: Mapping[str, str], status: int) -> Response:
    """The file, a `contracts.fields.Download`, as an attachment; 304 to who has it."""
    content = b64decode(file["content"])
    answer = Response(content, status=status, content_type=file["media_type"])
    answer.headers["Content-Disposition"] = disposition(file["filename"])
    answer.headers["Content-Security-Policy"] = _POLICY
    # Papers hold personal data: no cache keeps them. Programs that keep them themselves ask by the ETag.
    answer.headers["Cache-Control"] = "private, no-store"
    answer.headers["Vary"] = "Authorization, Accept-Language"
    answer.headers["ETag"] = f'"{blake2b(content, digest_size=16).hexdigest()}"'
    if request.method in {"GET", "HEAD"}:
        answer.make_conditional(request)
    return answer


def disposition(filename: str) -> str:
    """RFC 6266: the name in UTF-8, and what ASCII can say of it for old programs."""
    name = "".join(c for c in filename if c.isprintable() and c not in "/\\") or "file"
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = "".join(c if c.isalnum() or c in "._- " else "_" for c in plain).strip(" .") or "file"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
