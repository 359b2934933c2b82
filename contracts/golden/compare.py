"""Which changes of a contract take something away from those who rely on it.

A request narrows when a call that was accepted would now be refused; a reply or an event narrows when something a
reader could count on is gone. Widening (a new optional field, a new operation) is welcome at any time.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_Schemas = dict[str, Any]
_FIXED = ("verb", "path", "audience", "permission", "success", "upload", "download")
_ACCEPTED = ("path_schema", "query", "body")
_LOWER_BOUNDS = ("minimum", "minLength", "minItems")
_UPPER_BOUNDS = ("maximum", "maxLength", "maxItems")


def narrowings(service: str, old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """One line per narrowing change from `old` to `new`, each naming the place."""
    lines: list[str] = []
    for name, before in old["operations"].items():
        lines += _operation(f"{service}.{name}", before, new["operations"].get(name), old["schemas"], new["schemas"])
    for name, before in old["events"].items():
        lines += _event(f"{service} event {name}", before, new["events"].get(name), old["schemas"], new["schemas"])
    return lines


def _operation(place: str, old: dict[str, Any], new: dict[str, Any] | None, a: _Schemas, b: _Schemas) -> Iterator[str]:
    if new is None:
        yield f"{place}: removed"
        return
    for key in _FIXED:
        if old.get(key) != new.get(key):
            yield f"{place}: {key} changed from {old.get(key)!r} to {new.get(key)!r}"
    for part in _ACCEPTED:
        yield from _Comparison(a, b, request=True).named(f"{place} {part}", old[part], new[part])
    yield from _Comparison(a, b, request=False).named(f"{place} reply", old["reply"], new["reply"])


def _event(place: str, old: dict[str, Any], new: dict[str, Any] | None, a: _Schemas, b: _Schemas) -> Iterator[str]:
    if new is None:
        yield f"{place}: removed"
        return
    if old["partner"] and not new["partner"]:
        yield f"{place}: no longer open to partners"
    yield from _Comparison(a, b, request=False).named(place, old["payload"], new["payload"])


class _Comparison:
    """Walks two schemas side by side. `request`: the other side writes it, so that bounds may only grow."""

    def __init__(self, old: _Schemas, new: _Schemas, *, request: bool) -> None:
        self.old, self.new, self.request = old, new, request
        self._seen: set[tuple[str, str]] = set()

    def named(self, place: str, old: str | None, new: str | None) -> Iterator[str]:
        if old is None:
            if new is not None and self.request and self.new[new].get("required"):
                yield f"{place}: now requires {', '.join(self.new[new]['required'])}"
        elif new is None:
            if self.old[old]["properties"]:
                yield f"{place}: removed"
        else:
            yield from self.schema(place, self.old[old], self.new[new])

    def schema(self, place: str, old: Any, new: Any) -> Iterator[str]:
        names = (old.get("$ref", ""), new.get("$ref", ""))
        if all(names):
            if names in self._seen:
                return
            self._seen.add(names)
        old, new = self._resolved(old, self.old), self._resolved(new, self.new)
        yield from self._type(place, old, new)
        yield from self._properties(place, old, new)
        if self.request:
            yield from self._bounds(place, old, new)
        for key in ("items", "additionalProperties"):
            if isinstance(old.get(key), dict) and isinstance(new.get(key), dict):
                yield from self.schema(f"{place}[]", old[key], new[key])

    def _resolved(self, schema: Any, schemas: _Schemas) -> Any:
        """The schema behind a reference; of `anyOf [x, null]` it is x with null among its types."""
        if "anyOf" in schema and {"type": "null"} in schema["anyOf"]:
            inner = self._resolved(schema["anyOf"][0], schemas)
            return inner | {"type": [*_types(inner), "null"]}
        reference = schema.get("$ref")
        return schemas[reference.rpartition("/")[2]] if reference else schema

    def _type(self, place: str, old: Any, new: Any) -> Iterator[str]:
        before, after = set(_types(old)), set(_types(new))
        lost = before - after if self.request else after - before
        if before != after and (lost or not (before and after)):
            yield f"{place}: type changed from {_shown(before)} to {_shown(after)}"

    def _properties(self, place: str, old: Any, new: Any) -> Iterator[str]:
        before, after = old.get("properties", {}), new.get("properties", {})
        for name in before.keys() - after.keys():
            yield f"{place}.{name}: removed"
        for name in sorted(before.keys() & after.keys()):
            yield from self.schema(f"{place}.{name}", before[name], after[name])
        required_before, required_after = set(old.get("required", ())), set(new.get("required", ()))
        if self.request:
            for name in sorted(required_after - required_before):
                yield f"{place}.{name}: now required"
        else:
            for name in sorted((required_before - required_after) & after.keys()):
                yield f"{place}.{name}: may now be missing"

    def _bounds(self, place: str, old: Any, new: Any) -> Iterator[str]:
        lost = set(_texts(old.get("enum", ()))) - set(_texts(new.get("enum", ()))) if "enum" in new else set()
        if lost or ("enum" in new and "enum" not in old):
            yield f"{place}: accepts fewer values{': without ' + ', '.join(sorted(lost)) if lost else ''}"
        for key in _LOWER_BOUNDS:
            if key in new and (key not in old or new[key] > old[key]):
                yield f"{place}: {key} raised from {old.get(key, 'none')} to {new[key]}"
        for key in _UPPER_BOUNDS:
            if key in new and (key not in old or new[key] < old[key]):
                yield f"{place}: {key} lowered from {old.get(key, 'none')} to {new[key]}"
        if "pattern" in new and new["pattern"] != old.get("pattern"):
            yield f"{place}: pattern changed"


def _types(schema: Any) -> list[str]:
    types = schema.get("type", [])
    return list(types) if isinstance(types, list) else [types]


def _shown(types: set[str]) -> str:
    return " or ".join(sorted(types)) or "anything"


def _texts(values: Any) -> list[str]:
    return [str(value) for value in values]
