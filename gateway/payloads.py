"""One operation's request as the service gets it: path, query and body, checked and put together as one mapping."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flask import Request
from marshmallow import Schema, fields

from contracts.core import Operation, schema_of
from contracts.fields import Body, Id, Slug
from contracts.problems import INVALID
from contracts.validation import check
from gateway import bodies
from gateway.arrival import arrival
from gateway.problems import malformed

_IF_MATCH = re.compile(r'"(?P<version>\d{1,18})(\.[0-9a-f]+)?"')


class PayloadReader:
    """Reads requests for `operation`. Every fault of path, query and body is told at once."""

    def __init__(self, operation: Operation) -> None:
        self._operation = operation
        self._path = path_schema(operation)
        self._query: Schema = schema_of(operation.query) or Body()
        self._body: Schema = schema_of(operation.body) or Body()
        self._lists = {f.data_key or n for n, f in self._query.fields.items() if isinstance(f, fields.List)}

    def read(self, request: Request, path: Mapping[str, str]) -> dict[str, Any]:
        """The payload as the caller sent it; the service loads it by the same schemas. Raises INVALID, MALFORMED…"""
        query = self._query_values(request)
        if self._operation.upload:
            body, faults = bodies.upload(request), []
        else:
            body = bodies.json_object(request)
            faults = check(self._body, body, arrival().locale)
        _refuse_nul(*path.values())
        faults = [*self._faults(self._path, path), *self._faults(self._query, query), *faults]
        if faults:
            raise INVALID(errors=faults)
        return {**path, **query, **body, **self._expected_version(request)}

    def _faults(self, schema: Schema, values: Mapping[str, Any]) -> list[dict[str, str]]:
        return check(schema, values, arrival().locale) if values or schema.fields else []

    def _query_values(self, request: Request) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for name, given in request.args.lists():
            if name not in self._lists and len(given) > 1:
                raise malformed(f"the query parameter {name} is given twice", f"查询参数 {name} 重复")
            _refuse_nul(name, *given)
            values[name] = given if name in self._lists else given[0]
        return values

    def _expected_version(self, request: Request) -> dict[str, int]:
        """If-Match as `expected_version`: the version begins our ETags."""
        given = request.headers.get("If-Match", "").strip()
        if not given or given == "*" or not self._operation.mutating:
            return {}
        match = _IF_MATCH.fullmatch(given)
        if match is None or not self._operation.versioned:
            raise malformed(
                "If-Match must be the ETag of what you read, and this operation must have one",
                "If-Match 应为读取时得到的 ETag,且该操作须支持版本",
            )
        return {"expected_version": int(match["version"])}


def path_schema(operation: Operation) -> Schema:
    """The schema of the path's parameters: the operation's own, or UUIDs for `…_id` and short names for the others."""
    if operation.path_schema is not None:
        return operation.path_schema()
    return Body.from_dict(
        {name: (Id if name.endswith("_id") else Slug)(required=True) for name in operation.path_parameters}
    )()


def _refuse_nul(*texts: str) -> None:
    if any(map(bodies.has_nul, texts)):
        raise malformed("the address holds a NUL character; remove it", "地址含有 NUL 字符,请删除")
