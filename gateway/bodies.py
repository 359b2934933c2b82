"""Reading a request's body, strictly: what two readers could understand differently is refused.

Refused: anything but JSON in UTF-8, repeated keys, NaN and infinities, numbers JavaScript cannot hold, NUL characters
(PostgreSQL cannot hold them), lone surrogates, nesting deeper than 32.
"""

from __future__ import annotations

import base64
import json
import math
from typing import Any

import orjson
from flask import Request
from werkzeug.datastructures import FileStorage

from gateway.problems import TOO_LARGE, UNSUPPORTED_MEDIA_TYPE, malformed

MAX_JSON = 1_000_000
MAX_UPLOAD = 20_000_000
_FORM_OVERHEAD = 100_000
MAX_DEPTH = 32
MAX_INTEGER = 2**53 - 1
MAX_FILENAME = 200


def json_object(request: Request) -> dict[str, Any]:
    """The body as an object; an absent body counts as `{}`. Raises MALFORMED or UNSUPPORTED_MEDIA_TYPE; werkzeug
    raises 413."""
    request.max_content_length = MAX_JSON
    raw = request.get_data(cache=False)
    if not raw:
        return {}
    if len(raw) >= MAX_JSON:  # a chunked body is cut off there without a word
        raise TOO_LARGE(limit=MAX_JSON)
    if request.mimetype != "application/json":
        raise UNSUPPORTED_MEDIA_TYPE(wanted="application/json")
    value = _parsed(raw)
    if not isinstance(value, dict):
        raise malformed("the body must be a JSON object", "请求体应为 JSON 对象")
    _inspect(value, 1)
    return value


def upload(request: Request) -> dict[str, Any]:
    """The file in the multipart field `file`, as base64 `content` with its `filename`."""
    request.max_content_length = MAX_UPLOAD + _FORM_OVERHEAD
    if request.mimetype != "multipart/form-data":
        raise UNSUPPORTED_MEDIA_TYPE(wanted="multipart/form-data")
    files = request.files.getlist("file")
    if len(files) != 1 or len(request.files) != 1 or request.form:
        raise malformed(
            "send exactly one file, in the multipart field `file`", "请在 multipart 字段 file 中上传且仅上传一个文件"
        )
    return as_upload(files[0])


def as_upload(file: FileStorage) -> dict[str, Any]:
    """A file of a form as the services take it."""
    name = (file.filename or "file").replace("\\", "/").rpartition("/")[2]
    shown = "".join(c for c in name if c.isprintable())[-MAX_FILENAME:]
    return {"filename": shown or "file", "content": base64.b64encode(file.read()).decode("ascii")}


def has_nul(text: str) -> bool:
    """Whether a query or path value holds what PostgreSQL cannot store."""
    return "\0" in text


def _parsed(raw: bytes) -> Any:
    try:
        orjson.loads(raw)  # strict about UTF-8, surrogates and NaN, where json is not
        return json.loads(raw, object_pairs_hook=_without_repeats)
    except (ValueError, RecursionError) as error:
        reason = str(error)[:200]
        raise malformed(f"the body is not valid JSON ({reason})", f"请求体不是有效的 JSON({reason})") from None


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ValueError(f"the key {twice[:64]!r} is there twice")
    return found


def _inspect(value: Any, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise malformed(f"the body is nested deeper than {MAX_DEPTH} levels", f"请求体嵌套超过 {MAX_DEPTH} 层")
    if isinstance(value, dict):
        for key, below in value.items():
            _inspect(key, depth)
            _inspect(below, depth + 1)
    elif isinstance(value, list):
        for below in value:
            _inspect(below, depth + 1)
    elif isinstance(value, str):
        if "\0" in value:
            raise malformed("the body holds a NUL character; remove it", "请求体含有 NUL 字符,请删除")
    elif isinstance(value, int | float) and (not math.isfinite(value) or abs(value) > MAX_INTEGER):
        raise malformed("a number is beyond 9007199254740991", "数字超出 9007199254740991")
