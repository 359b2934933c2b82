"""Names that must be declared: roles, lists, parts, permissions, facts, options, fields."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from contracts.complaints import CONTRACT
from contracts.complaints.vocabulary import AUDIENCES
from contracts.policies.complaints.vocabulary import (
    PRONOUNS,
    REPLY_VARIABLES,
    RESERVED_FIELDS,
    SHOWN,
    fact_kinds,
    flow_actions,
    flow_effects,
    flows,
    form_fields,
    keyed,
)
from contracts.policies.findings import Finding, KeyPath, Locate, suggestion
from contracts.policies.notifications import faults
from contracts.policies.shapes import schema_for, walk

PARTS = frozenset({"year", "month", "day", "site", "region", "department", "category", "kind", "serial"})
_NUMBER_PART = re.compile(r"{(\w*)(?::(\d+))?}")


def check(document: Mapping[str, Any], locate: Locate) -> Iterator[Finding]:
    """Every name in `document` that points to nothing."""
    yield from _marked(document, locate)
    yield from _facts(document, locate)
    yield from _intake(document, locate)
    yield from _settings(document, locate)
    yield from _public(document, locate)
    for path, flow in flows(document):
        yield from _hooks(document, path, flow, locate)
        for here, action, _ in flow_actions(flow):
            yield from _fields(document, (*path, *here, "fields"), action, locate)
        yield from _effects(document, path, flow, locate)
    yield from _numbers(document, locate)
    yield from _replies(document, locate)
    yield from _readers(document, locate)
    if "handler" not in keyed(document["parties"]):
        yield locate(("parties",), "lacks the part `handler`", "Add `handler: {labels: ...}`: every case has one.")


def _replies(document: Mapping[str, Any], locate: Locate) -> Iterator[Finding]:
    """A reply uses only facts that a case has, and is for stages that are there."""
    stages = {stage["key"] for _, flow in flows(document) for stage in flow["stages"]}
    for reply in document.get("replies", ()):
        here = ("replies", reply["key"])
        for language, wording in reply["texts"].items():
            for problem, remedy in faults(wording, REPLY_VARIABLES):
                yield locate((*here, "texts", language), problem, remedy)
        for stage in reply.get("stages", ()):
            if stage not in stages:
                yield locate((*here, "stages"), f"`{stage}` is not a stage", suggestion(stage, stages))


def _marked(document: Mapping[str, Any], locate: Locate) -> Iterator[Finding]:
    """References the schema itself marks."""
    schema = schema_for("complaints") or {}
    granted = {p for role in document["roles"] for p in role["permissions"]}
    for path, value, mark in walk(document, schema):
        if "x-ref" in mark:
            yield from _declared(str(value), keyed(document.get(mark["x-ref"])), f"of `{mark['x-ref']}`", path, locate)
        elif "x-who" in mark:
            yield from _somebody(document, str(value), str(mark["x-who"]), path, locate)
        elif "x-permission" in mark:
            yield from _permission(str(value), granted, path, locate)
        elif "x-number" in mark:
            yield from _number(str(value), path, locate)


def _permission(value: str, granted: set[str], path: KeyPath, locate: Locate) -> Iterator[Finding]:
    known = CONTRACT.permissions
    if value not in known:
        yield locate(path, f"there is no permission `{value}`", suggestion(value, known))
    elif not granted & {value, "complaints.*", "*"}:
        yield locate(path, f"no role has the permission `{value}`", "Give it to a role in pack.yaml, or name another.")


def _declared(value: str, known: Mapping[str, Any], what: str, path: KeyPath, locate: Locate) -> Iterator[Finding]:
    if value not in known:
        yield locate(path, f"`{value}` is not one {what}", suggestion(value, known))


def _somebody(document: Mapping[str, Any], value: str, mode: str, path: KeyPath, locate: Locate) -> Iterator[Finding]:
    roles, parties = keyed(document["roles"]), keyed(document["parties"])
    if value.startswith("$"):
        known = {*PRONOUNS[mode], *(f"${party}" for party in parties)}
        if value not in known:
            yield locate(path, f"`{value}` is nobody here", suggestion(value, known))
    elif value not in roles:
        yield locate(path, f"`{value}` is not a role", suggestion(value, roles))


def _number(pattern: str, path: KeyPath, locate: Locate) -> Iterator[Finding]:
    names = [name for name, _ in _NUMBER_PART.findall(pattern)]
    for name, width in _NUMBER_PART.findall(pattern):
        if name not in PARTS:
            yield locate(path, f"`{{{name}}}` is no part of a number", suggestion(name, PARTS))
        elif width and name not in {"serial", "year"}:
            yield locate(path, f"`{{{name}:{width}}}`: only serial and year take a width", f"Write `{{{name}}}`.")
    if "serial" not in names:
        yield locate(path, "has no serial, so two numbers could be equal", "Add `{serial:4}`.")


def _facts(document: Mapping[str, Any], locate: Locate) -> Iterator[Finding]:
    known = fact_kinds(document)
    for path, flow in flows(document):
        for here, effect in flow_effects(flow):
            for fact in effect.get("set", {}):
                yield from _declared(fact, known, "of `facts`", (*path, *here, "set", fact), locate)
    for fact in document.get("facts", ()):
        yield from _choices(document, fact, ("facts", fact["key"]), locate)
    for form in document.get("forms", ()):
        for field in form["fields"]:
            yield from _choices(document, field, ("forms", form["key"], "fields", field["key"]), locate)


def _choices(document: Mapping[str, Any], field: Mapping[str, Any], path: KeyPath, locate: Locate) -> Iterator[Finding]:
    """A choice has options of its own or of a list that is there; a table has columns."""
    if field["kind"] in {"choice", "choices"}:
        if ("options" in field) == ("of" in field):
            yield locate(path, "a choice needs either `options` or `of`", "Write `options: {...}` or `of: <list>`.")
        elif "of" in field and not document.get(field["of"]):
            yield locate((*path, "of"), f"the policy has no `{field['of']}`", "Declare that list, or write `options`.")
    if (field["kind"] == "table") != ("columns" in field):
        yield locate(path, "`columns` belong to a table, and a table needs them", "Write `kind: table` with `columns`.")
    for column in field.get("sums", {}):
        yield from _declared(column, keyed(field.get("columns")), "of the columns", (*path, "sums", column), locate)


def _fields(document: Mapping[str, Any], path: KeyPath, action: Mapping[str, Any], locate: Locate) -> Iterator[Finding]:
    for field in form_fields(document, action):
        here = (*path, field["key"])
        if field["key"] in RESERVED_FIELDS:
            yield locate(
                here,
                "is a name the calls use themselves",
                f"Call it otherwise than {', '.join(sorted(RESERVED_FIELDS))}.",
            )
        if "kind" not in field or "labels" not in field:
            yield locate(
                here,
                "has no `kind` and `labels`, and the action's form has no such field",
                "Write both here, or name a field of the form.",
            )
        else:
            yield from _choices(document, field, here, locate)
            yield from _audience(field, here, locate)
    if "form" in action and not action.get("fields"):
        yield locate(path[:-1], "names a form but fills none of its fields", "Add `fields`, or take `form` out.")


def _audience(field: Mapping[str, Any], path: KeyPath, locate: Locate) -> Iterator[Finding]:
    """A field of this name says whom a note is for: what it does not know is shown to nobody outside."""
    options = {option["key"] for option in field.get("options", ())}
    if field["key"] == "audience" and not (field["kind"] == "choice" and options and options <= set(AUDIENCES)):
        wanted = " and ".join(f"`{one}`" for one in AUDIENCES)
        yield locate(path, "says whom the note is for, by other words", f"Make it a choice of {wanted}.")


def _effects(document: Mapping[str, Any], path: KeyPath, flow: Mapping[str, Any], locate: Locate) -> Iterator[Finding]:
    """A finding is about somebody; what stands on an internal form is not for the complainant (MF-11)."""
    sheets = keyed(document.get("sheets"))
    internal = {form["key"] for form in document.get("forms", ()) if form.get("internal")}
    forms = {here: action.get("form") for here, action, _ in flow_actions(flow)}
    for here, effect in flow_effects(flow):
        finding, message = effect.get("finding"), effect.get("notify", {})
        yield from _written(sheets, effect.get("open"), (*path, *here, "open", "values"), locate)
        if finding is not None and not finding.keys() & {"party", "staff", "department"}:
            yield locate(
                (*path, *here, "finding"), "is about nobody", "Add `party`, or a `staff` or `department` to work out."
            )
        if "$complainant" in message.get("to", ()) and forms.get(here[:-2]) in internal:
            for name, expression in message.get("values", {}).items():
                if "fields." in expression:
                    yield locate((*path, *here, "notify", "values", name), *_LEAK)


_LEAK = (
    "would show the complainant what stands on an internal form",
    "Tell them by fields of a form that is not `internal`.",
)


def _public(document: Mapping[str, Any], locate: Locate) -> Iterator[Finding]:
    """What the complainant may read is named field by field, and never stands on an internal form (MF-11)."""
    for form in document.get("forms", ()):
        path = ("forms", form["key"])
        shown = [field for field in form["fields"] if "public" in field]
        if "public" in form and form.get("internal"):
            yield locate((*path, "public"), "is an internal form", "Take `public` out: it never reaches them.")
        elif "public" in form and not shown:
            yield locate((*path, "public"), "shows nothing", "Mark the fields they may read with `public`.")
        for field in shown:
            here = (*path, "fields", field["key"], "public")
            if "public" not in form:
                yield locate(here, "is never shown", "Say on the form when: `public: <condition>`.")
            elif field["kind"] not in SHOWN:
                kinds = ", ".join(sorted(SHOWN))
                yield locate(here, f"a {field['kind']} is not for the complainant", f"Mark one of {kinds}.")


def _written(
    sheets: Mapping[str, Any], opened: Mapping[str, Any] | None, path: KeyPath, locate: Locate
) -> Iterator[Finding]:
    """What is written on a sheet when it is opened are fields of it."""
    if opened is not None and opened["sheet"] in sheets:
        known = keyed(sheets[opened["sheet"]].get("fields"))
        for name in opened.get("values", {}):
            yield from _declared(name, known, f"of the fields of `{opened['sheet']}`", (*path, name), locate)


def _numbers(document: Mapping[str, Any], locate: Locate) -> Iterator[Finding]:
    """Cases numbered apart must not get numbers of others."""
    seen = {document["numbers"]["case"]}
    for process in document["processes"]:
        pattern = process.get("number")
        if pattern in seen:
            yield locate(
                ("processes", process["key"], "number"),
                "is the pattern of other cases, so two could have one number",
                "Let it begin otherwise.",
            )
        seen |= {pattern} - {None}


def _readers(document: Mapping[str, Any], locate: Locate) -> Iterator[Finding]:
    """Who is told of a report may read it."""
    roles = keyed(document["roles"])
    for report in document["reports"]:
        for role in report.get("to", ()):
            granted = set(roles.get(role, {}).get("permissions", ()))
            if role in roles and not granted & {"complaints.report", "complaints.*", "*"}:
                yield locate(
                    ("reports", report["key"], "to"), f"`{role}` may not see reports",
                    "Give the role `complaints.report` in pack.yaml, or name another.",
                )  # fmt: skip


def _hooks(document: Mapping[str, Any], path: KeyPath, flow: Mapping[str, Any], locate: Locate) -> Iterator[Finding]:
    """What a hook listens to is there."""
    lists = {"breached": "deadlines", "sheet_closed": "sheets"}
    for hook in flow.get("hooks", ()):
        here = (*path, "hooks", hook["key"], "of")
        if "of" in hook and hook["on"] not in lists:
            yield locate(here, f"says nothing for `on: {hook['on']}`", f"Take it out; it is for {' and '.join(lists)}.")
        elif "of" in hook:
            known = lists[hook["on"]]
            yield from _declared(hook["of"], keyed(document.get(known)), f"of `{known}`", here, locate)


def _intake(document: Mapping[str, Any], locate: Locate) -> Iterator[Finding]:
    asked = {f"facts.{fact['key']}" for fact in document.get("facts", ()) if fact.get("intake")}
    for rule in document.get("intake", {}).get("required", ()):
        for field in (rule["field"], *rule.get("or", ())):
            if field.startswith("facts.") and field not in asked:
                yield locate(
                    ("intake", "required", rule["key"]), f"`{field}` is not asked at intake", suggestion(field, asked)
                )


def _settings(document: Mapping[str, Any], locate: Locate) -> Iterator[Finding]:
    ranks = [level["rank"] for level in document["levels"]]
    if len(set(ranks)) != len(ranks):
        yield locate(("levels",), "two levels have the same rank", "Give each its own; the gravest has the greatest.")
    if not any(validity["counts"] for validity in document["validities"]):
        yield locate(("validities",), "none counts as valid", "Set `counts: true` for at least one.")
    escalation = document["escalation"]
    for part in ("urge", "ladder", "again_every", "notice", "tell"):
        if part not in escalation:
            yield locate(("escalation",), f"lacks `{part}`", f"Add `{part}: ...`: deadlines that say nothing use it.")
