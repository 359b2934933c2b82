"""The keys of packs and policies explained, from their schemas: `python -m contracts.policies.reference` rewrites
docs/policies/keys.md. A test keeps the page and the schemas together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

HERE = Path(__file__).parent
PAGE = HERE.parent.parent / "docs" / "policies" / "keys.md"
FILES = {
    "pack": "pack.yaml",
    "complaints": "complaints.yaml",
    "notifications": "notifications.yaml",
    "customers": "customers.yaml",
}
"""Schemas in the order of the page, with the file of a pack that each describes."""
_INTRO = """# Every key of a pack

Made from the schemas in `contracts/policies` by `python -m contracts.policies.reference`; how to write a pack is in
[writing.md](writing.md). A **list by key** is written as a mapping from key to the rest, so that another pack or a
company can override one item. A **condition** or **expression** is [CEL](https://cel.dev) over the facts of the case.
What must be given is bold.
"""
Schema = Mapping[str, Any]


def page() -> str:
    """The whole page."""
    parts = [_INTRO]
    for name, file in FILES.items():
        schema = orjson.loads((HERE / f"{name}.schema.json").read_bytes())
        parts += _file(name, file, schema)
    return "\n".join(parts) + "\n"


def _file(name: str, file: str, schema: Schema) -> Iterator[str]:
    yield f"\n## {file}\n\n{schema['description']}\n"
    yield from _section(name, "", schema)
    for definition, body in schema.get("$defs", {}).items():
        yield f'\n### <a name="{name}-{definition}"></a>{definition.replace("_", " ")}\n'
        yield from _definition(name, body)


def _definition(name: str, body: Schema) -> Iterator[str]:
    if body.get("description"):
        yield f"{body['description']}\n"
    if any(_rows(name, "", body)):
        yield from _section(name, "", body)
    else:
        yield f"{_kind(name, body)}\n"


def _section(name: str, prefix: str, schema: Schema) -> Iterator[str]:
    rows = list(_rows(name, prefix, schema))
    if rows:
        yield "| key | what | meaning |\n|---|---|---|"
        yield from rows
        yield ""


def _rows(name: str, prefix: str, schema: Schema) -> Iterator[str]:
    """A row for each key of an object, and for those inside it."""
    inner = schema.get("items", schema)
    for key, body in inner.get("properties", {}).items():
        if inner is not schema and key == "key":
            continue  # it is the mapping's own key
        path = f"{prefix}{key}"
        shown = f"**{path}**" if key in inner.get("required", ()) else path
        yield f"| {shown} | {_kind(name, body)} | {_meaning(body)} |"
        step = f"{path}.*." if _is_list(body) else f"{path}."
        yield from _rows(name, step, body)


def _is_list(body: Schema) -> bool:
    return "items" in body


def _kind(name: str, body: Schema) -> str:
    """What may stand there, in a few words."""
    if "$ref" in body:
        target = body["$ref"].rpartition("/")[2]
        return f"[{target.replace('_', ' ')}](#{name}-{target})"
    if "x-ref" in body:
        return f"key of `{body['x-ref']}`"
    if "enum" in body:
        return "one of " + ", ".join(f"`{value}`" for value in body["enum"])
    if "const" in body:
        return f"`{str(body['const']).lower()}`"
    for choice in ("anyOf", "oneOf"):
        if choice in body:
            return " or ".join(_kind(name, one) for one in body[choice])
    if _is_list(body):
        return f"{'list by key' if body.get('x-keyed') else 'list'} of {_kind(name, body['items'])}"
    return _plain(name, body)


def _plain(name: str, body: Schema) -> str:
    kind = str(body.get("type", "anything"))
    if kind == "object" and isinstance(body.get("additionalProperties"), dict):
        return f"mapping to {_kind(name, body['additionalProperties'])}"
    if "pattern" in body:
        return f"text like `{body['pattern']}`".replace("|", "\\|")
    words = {"string": "text", "integer": "whole number", "boolean": "true or false", "object": "object"}
    low, high = body.get("minimum"), body.get("maximum")
    span = f" from {low}" * (low is not None) + f" to {high}" * (high is not None)
    return words.get(kind, kind) + span


def _meaning(body: Schema) -> str:
    return str(body.get("description", "")).replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
