"""CEL texts: they compile, read only what is there, and give a value of the right kind for a case of this policy."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from contracts.policies.cel_engine import cel
from contracts.policies.complaints.vocabulary import (
    EMPTY,
    FUNCTIONS,
    MAPS,
    SYSTEM_VARIABLES,
    fact_kinds,
    form_fields,
    keyed,
    sheet_fields,
)
from contracts.policies.findings import Finding, KeyPath, Locate, suggestion
from contracts.policies.shapes import schema_for, walk

_MEMBER = re.compile(r"\b(" + "|".join(MAPS) + r")\.(\w+)")
_PLACE = re.compile(r"<input>:1:(\d+): (?:Syntax error: )?(.*)")
Scope = dict[str, Any]
REPEATING = frozenset({"open", "finding"})
"""Effects that can be carried out for each item of a list."""


def check(document: Mapping[str, Any], locate: Locate) -> Iterator[Finding]:
    """Every condition and expression that cannot work."""
    base = _base_scope(document)
    for path, value, mark in walk(document, schema_for("complaints") or {}):
        if "x-cel" in mark:
            scope = base | _local_scope(document, path)
            scope |= _item_scope(document, path, scope)
            yield from _one(
                str(value), scope, str(mark["x-cel"]), lambda problem, remedy, at=path: locate(at, problem, remedy)
            )


def _base_scope(document: Mapping[str, Any]) -> Scope:
    """Every variable with a value of its kind."""
    kinds = fact_kinds(document)
    dates = {fact: 0 for fact, kind in kinds.items() if kind in {"date", "moment"}}
    return {
        **SYSTEM_VARIABLES,
        **{fact: EMPTY[kind] for fact, kind in kinds.items()},
        "proposals": {kind["key"]: "none" for kind in document.get("authority", ())},
        "approved": {kind["key"]: 0 for kind in document.get("authority", ())},
        "assigned": {party["key"]: False for party in document["parties"]},
        "days_since": dates,
        "last_sheet": {sheet["key"]: "" for sheet in document.get("sheets", ())},
        "months_since": dates,
        "figures": {figure["key"]: figure["value"] for figure in document.get("figures", ())},
        "fields": {},
        "sheet": {},
    }


def _local_scope(document: Mapping[str, Any], path: KeyPath) -> Scope:
    """`fields` inside an action, `sheet` inside a sheet."""
    scope: Scope = {}
    if path[0] == "forms":
        form = keyed(document["forms"])[path[1]]
        return {"fields": _samples(form["fields"])}
    if path[0] not in {"processes", "sheets", "actions"}:
        return scope
    flow = document if path[0] == "actions" else keyed(document[path[0]])[path[1]]
    if path[0] == "sheets":
        scope["sheet"] = _samples(sheet_fields(document, flow).values())
    action = _action_at(flow, path if path[0] == "actions" else path[2:])
    if action is not None:
        scope["fields"] = _samples(form_fields(document, action))
    return scope


def _samples(fields: Iterable[Mapping[str, Any]]) -> Scope:
    """Each field with a value of its kind; a table has one row, so that what reads its columns is tried."""
    return {f["key"]: [_samples(f["columns"])] if f.get("columns") else EMPTY[f["kind"]] for f in fields}


def _item_scope(document: Mapping[str, Any], path: KeyPath, scope: Scope) -> Scope:
    """`each` inside an effect that is carried out for every item of a list."""
    effect = _effect_at(document, path)
    if effect is None or "each" not in effect or path[-1] in {"each", "when"}:
        return {}
    try:
        items = cel.compile(effect["each"]).execute(scope)
    except (TypeError, ValueError, KeyError, RuntimeError):
        return {"each": ""}  # what is wrong with the list is said where it stands
    return {"each": items[0] if isinstance(items, list) and items else ""}


def _effect_at(document: Any, path: KeyPath) -> Mapping[str, Any] | None:
    """The arguments of the effect in which `path` lies; None when it lies in none."""
    for part in path:
        if part in REPEATING and isinstance(document, Mapping) and isinstance(document.get(part), Mapping):
            found: Mapping[str, Any] = document[part]
            return found
        document = _step(document, part)
    return None


def _step(document: Any, part: str) -> Any:
    if isinstance(document, list):
        keys = keyed(item for item in document if isinstance(item, Mapping) and "key" in item)
        return keys[part] if keys else document[int(part)]
    return document[part]


def _action_at(flow: Mapping[str, Any], path: KeyPath) -> Mapping[str, Any] | None:
    if len(path) > 3 and path[0] == "stages" and path[2] == "actions":
        found: Mapping[str, Any] = keyed(keyed(flow["stages"])[path[1]]["actions"])[path[3]]
        return found
    if len(path) > 1 and path[0] == "actions":
        common: Mapping[str, Any] = keyed(flow["actions"])[path[1]]
        return common
    return None


def _one(text: str, scope: Scope, wanted: str, report: Any) -> Iterator[Finding]:
    try:
        program = cel.compile(text)
    except ValueError as error:
        place = _PLACE.search(str(error))
        where, what = (place.group(1), place.group(2)) if place else ("1", str(error)[:200])
        yield report(
            f"`{text}` is not CEL: at character {where}: {what}",
            "Mend the expression; text stands in single quotes, `&&` and `||` join.",
        )
        return
    unknown = list(_unknown(text, program, scope, report))
    yield from unknown
    if not unknown:
        yield from _tried(text, program, scope, wanted, report)


def _unknown(text: str, program: Any, scope: Scope, report: Any) -> Iterator[Finding]:
    bound = set(re.findall(r"\b(?:exists|all|exists_one|map|filter)\((\w+),", text))
    for name in program.variables():
        if name not in scope and name not in bound:
            yield report(f"`{text}` reads `{name}`, which a case does not have", suggestion(name, scope))
    for name in program.functions():
        if name[0].isalpha() and name not in FUNCTIONS:
            yield report(f"`{text}` calls `{name}`, which is not known here", suggestion(name, FUNCTIONS))
    for owner, member in _MEMBER.findall(text):
        if member not in scope[owner]:
            yield report(f"`{text}` reads `{owner}.{member}`, which is not there", suggestion(member, scope[owner]))


def _tried(text: str, program: Any, scope: Scope, wanted: str, report: Any) -> Iterator[Finding]:
    """Runs the expression on an empty case: a condition must answer true or false."""
    try:
        value = program.execute(scope)
    except (TypeError, ValueError, KeyError, RuntimeError) as error:
        yield report(
            f"`{text}` cannot be worked out: {str(error)[:120]}",
            "Compare values of the same kind; amounts are whole fen.",
        )
        return
    if wanted == "list" and not isinstance(value, list):
        yield report(f"`{text}` gives {value!r}, not a list", "Name a table, a list, or write ['a', 'b'].")
    if wanted == "boolean" and not isinstance(value, bool):
        yield report(f"`{text}` gives {value!r}, not true or false", "Write a comparison.")
