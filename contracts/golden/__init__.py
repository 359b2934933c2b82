"""The published language as it was last agreed: one JSON file a service, compared with the code by tests/contract.

`python -m contracts.golden` writes the files anew. It refuses a narrowing change, because somebody out there counts on
what would go away: give the event a new `version` or the operation a new path instead, or, before the first release
only, say `--allow-narrowing`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from marshmallow import Schema

from contracts.core import Event, Operation, ServiceContract
from contracts.json_schema import components, schema_name

FOLDER = Path(__file__).parent


def described(contract: ServiceContract) -> dict[str, Any]:
    """The contract as its golden file holds it."""
    return {
        "operations": {op.name: _operation(op) for op in contract.operations},
        "events": {f"{e.type}@{e.version}": _event(e) for e in contract.events},
        "schemas": components(_schemas(contract)),
    }


def stored(service: str) -> dict[str, Any]:
    """The golden file of `service`; an empty contract when there is none yet."""
    file = FOLDER / f"{service}.json"
    if not file.exists():
        return {"operations": {}, "events": {}, "schemas": {}}
    content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return content


def store(service: str, content: dict[str, Any]) -> None:
    text = json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    (FOLDER / f"{service}.json").write_text(text, encoding="utf-8")


def _operation(op: Operation) -> dict[str, Any]:
    return {
        "verb": op.verb,
        "path": op.path,
        "audience": str(op.audience),
        "permission": op.permission,
        "success": op.success,
        "versioned": op.versioned,
        "upload": op.upload,
        **({"download": op.download} if op.download else {}),
        "path_schema": _name(op.path_schema),
        "query": _name(op.query),
        "body": _name(op.body),
        "reply": _name(op.reply),
        "errors": sorted(problem.code for problem in op.errors),
    }


def _event(event: Event) -> dict[str, Any]:
    return {"aggregate": event.aggregate, "partner": event.partner, "payload": _name(event.payload)}


def _name(schema: type[Schema] | None) -> str | None:
    return None if schema is None else str(schema_name(schema))


def _schemas(contract: ServiceContract) -> list[type[Schema]]:
    used: list[type[Schema] | None] = [event.payload for event in contract.events]
    for op in contract.operations:
        used += [op.path_schema, op.query, op.body, op.reply]
    return [schema for schema in dict.fromkeys(used) if schema is not None]
