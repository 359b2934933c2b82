"""JSON Schemas of policy documents, and what follows from them: keyed lists, merging of layers, checking of the form.

A list marked `"x-keyed": true` holds objects with a `key`. Packs and overrides write it as a mapping from key to the
rest, which makes merging, diffs and messages go by name; the resolved document holds a list, so that order survives any
JSON store.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema

from contracts.policies.findings import Finding, KeyPath, Locate, dotted, suggestion

Schema = Mapping[str, Any]

FOLDER = Path(__file__).parent


@cache
def schema_for(name: str) -> Schema | None:
    """The published schema of the service's (or `pack`'s) document; None when that service keeps no policy."""
    path = FOLDER / f"{name}.schema.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


@cache
def _validator(name: str) -> Any:
    return jsonschema.Draft202012Validator(dict(schema_for(name) or {}))


def unfold(schema: Schema, root: Schema) -> Schema:
    """The schema itself, a local `$ref` followed."""
    while "$ref" in schema:
        target: Any = root
        for part in str(schema["$ref"]).removeprefix("#/").split("/"):
            target = target[part]
        schema = target
    return schema


def child(schema: Schema, key: str, root: Schema) -> Schema | None:
    """The schema of `key` inside an object or a keyed list; None when the schema does not know it."""
    schema = unfold(schema, root)
    if schema.get("x-keyed"):
        return unfold(schema["items"], root)
    known = schema.get("properties", {}).get(key)
    if known is None and isinstance(schema.get("additionalProperties"), Mapping):
        known = schema["additionalProperties"]
    if known is None and schema.get("additionalProperties", True) is True and "properties" not in schema:
        known = {}
    return None if known is None else unfold(known, root)


def by_key(value: Any, schema: Schema, root: Schema) -> Any:
    """`value` in the written form: every keyed list a mapping from key to the rest."""
    schema = unfold(schema, root)
    if schema.get("x-keyed") and isinstance(value, list):
        items = (item for item in value if isinstance(item, Mapping) and "key" in item)
        value = {item["key"]: {k: v for k, v in item.items() if k != "key"} for item in items}
    if isinstance(value, Mapping):
        return {str(key): by_key(item, child(schema, str(key), root) or {}, root) for key, item in value.items()}
    return value


def in_order(value: Any, schema: Schema, root: Schema) -> Any:
    """`value` in the resolved form: every keyed list a list of objects with `key`, in the order written."""
    schema = unfold(schema, root)
    if isinstance(value, Mapping):
        items = {key: in_order(item, child(schema, key, root) or {}, root) for key, item in value.items()}
        if schema.get("x-keyed"):
            return [{"key": key, **item} if isinstance(item, Mapping) else {"key": key} for key, item in items.items()]
        return items
    if isinstance(value, list):
        return [in_order(item, schema.get("items", {}), root) for item in value]
    return value


def merge(base: dict[str, Any], layer: Mapping[str, Any]) -> dict[str, Any]:
    """`layer` over `base`, both in the written form: mappings merge, anything else replaces, null takes out."""
    merged = dict(base)
    for key, value in layer.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, Mapping):
            below = merged.get(key)
            merged[key] = merge(below if isinstance(below, dict) else {}, value)
        else:
            merged[key] = value
    return merged


def without(base: dict[str, Any], paths: Iterable[str]) -> dict[str, Any]:
    """`base`, in the written form, with nothing at the dotted `paths`."""
    for path in paths:
        base = _cut(base, path.split("."))
    return base


def _cut(base: dict[str, Any], path: Sequence[str]) -> dict[str, Any]:
    first, *rest = path
    below = base.get(first)
    if not rest:
        return {key: value for key, value in base.items() if key != first}
    return {**base, first: _cut(below, rest)} if isinstance(below, dict) else base


def strangers(  # noqa: PLR0917
    base: Any, layer: Any, schema: Schema, root: Schema, locate: Locate, path: KeyPath = ()
) -> Iterator[Finding]:
    """Keys of an override that name nothing: unknown to the schema, or neither there to be changed nor whole."""
    if not isinstance(layer, Mapping):
        return
    schema = unfold(schema, root)
    known = base if isinstance(base, Mapping) else {}
    for key, value in layer.items():
        here = (*path, key)
        below = child(schema, key, root)
        if below is None:
            yield locate(here, "is not a key of a policy", suggestion(key, schema.get("properties", {})))
        elif schema.get("x-keyed") and key not in known and not _whole(value, below):
            wants = ", ".join(sorted(set(below.get("required", ())) - {"key"}))
            yield locate(
                here, "does not exist, so it cannot be changed", f"{suggestion(key, known)} A new one needs: {wants}."
            )
        else:
            yield from strangers(known.get(key), value, below, root, locate, here)


def _whole(value: Any, schema: Schema) -> bool:
    return isinstance(value, Mapping) and set(schema.get("required", ())) - {"key"} <= set(value)


def misfits(name: str, document: Mapping[str, Any], locate: Locate) -> Iterator[Finding]:
    """Where the document breaks its JSON Schema."""
    for error in sorted(_validator(name).iter_errors(document), key=lambda e: [str(p) for p in e.absolute_path]):
        path = named_path(document, list(error.absolute_path))
        yield from _explain(error, path, locate)


def named_path(document: Any, path: list[Any]) -> KeyPath:
    """A path with list positions replaced by the items' keys where they have one."""
    named: list[str] = []
    value = document
    for part in path:
        value = value[part]
        named.append(
            str(value["key"]) if isinstance(part, int) and isinstance(value, Mapping) and "key" in value else str(part)
        )
    return tuple(named)


def _explain(error: Any, path: KeyPath, locate: Locate) -> Iterator[Finding]:
    """The validator's error in a pack writer's words."""
    kind, wanted, given = error.validator, error.validator_value, error.instance
    if kind == "additionalProperties" and isinstance(given, Mapping):
        known = error.schema.get("properties", {})
        for key in given:
            if key not in known:
                yield locate((*path, key), "is not a key of a policy", suggestion(key, known))
    elif kind == "required":
        missing = [key for key in wanted if key not in given]
        yield locate(
            path, f"lacks {', '.join(f'`{m}`' for m in missing)}", f"Add {', '.join(f'`{m}: ...`' for m in missing)}."
        )
    elif kind == "enum":
        yield locate(path, f"{given!r} is not allowed here", suggestion(str(given), map(str, wanted)))
    elif kind == "type":
        wants = wanted if isinstance(wanted, str) else " or ".join(wanted)
        yield locate(path, f"{_short(given)} is not of the right kind", f"Write a value of kind {wants}.")
    elif kind in {"oneOf", "anyOf"}:
        yield locate(path, f"{_short(given)} fits none of the allowed forms", f"Write one of: {_forms(wanted)}.")
    else:
        yield locate(
            path, f"{_short(given)} is not acceptable: {error.message[:200]}", f"Keep to `{kind}: {_short(wanted)}`."
        )


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else text[:57] + "..."


def _forms(schemas: Any) -> str:
    return "; ".join(str(s.get("description") or s.get("type") or dotted(s.get("required", ()))) for s in schemas)


def walk(
    document: Any, schema: Schema, path: KeyPath = (), root: Schema | None = None
) -> Iterator[tuple[KeyPath, Any, Schema]]:
    """Every leaf of `document` with its path by keys and the schema that speaks of it (`oneOf` by kind of value)."""
    root = root or schema
    schema = unfold(schema, root)
    if "oneOf" in schema:
        wanted = "array" if isinstance(document, list) else "string"
        schema = next(s for s in (unfold(o, root) for o in schema["oneOf"]) if s.get("type") == wanted)
    if isinstance(document, Mapping):
        for key, value in document.items():
            yield from walk(value, child(schema, key, root) or {}, (*path, key), root)
    elif isinstance(document, list):
        for index, item in enumerate(document):
            name = str(item["key"]) if isinstance(item, Mapping) and "key" in item else str(index)
            yield from walk(item, schema.get("items", {}), (*path, name), root)
    else:
        yield path, document, schema
