"""The words of a complaints policy: what conditions may read, what effects may set, and the kinds of values.

The engine fills exactly these variables and the checks know exactly these: one list for both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

EMPTY: Mapping[str, Any] = {
    "text": "",
    "line": "",
    "choice": "",
    "choices": [],
    "boolean": False,
    "whole": 0,
    "percent": 0,
    "money": 0,
    "date": "",
    "moment": "",
    "staff": "",
    "sheet": "",
    "complaint": "",
    "files": [],
    "table": [],
}
"""Kind of value -> how one that was not given reads in a condition. Money reads as fen, moments as RFC 3339 text."""

STANDARD_FACTS: Mapping[str, str] = {
    "category": "choice",
    "subject": "line",
    "remedy_sought": "text",
    "complainant_kind": "choice",
    "validity": "choice",
    "group_size": "whole",
    "claimed_amount": "money",
    "media_risk": "boolean",
    "lawsuit_risk": "boolean",
    "our_fault": "boolean",
    "satisfaction": "choice",
    "outcome": "choice",
}
"""Facts every case has and every policy may set. `group_size` is 1 and `claimed_amount` 0 until known."""

FACT_OPTIONS: Mapping[str, str] = {
    "category": "categories",
    "complainant_kind": "complainant_kinds",
    "validity": "validities",
    "satisfaction": "satisfaction",
    "outcome": "outcomes",
}
"""Standard fact -> the list its values come from."""

SYSTEM_VARIABLES: Mapping[str, Any] = {
    "channel": "",
    "channel_kind": "",
    "written": False,
    "department": "",
    "compensable": False,
    "has_contact": False,
    "known_customer": False,
    "customer_grade": "",
    "level": "",
    "level_rank": 0,
    "stage": "",
    "visited": [""],
    "waiting": False,
    "days_open": 0,
    "months_open": 0,
    "days_closed": 0,
    "reopenable": False,
    "reopened": 0,
    "like_cases": 1,
    "follows_case": False,
    "attachments": 0,
    "satisfied": False,
    "unsatisfied": False,
    "open_sheets": [""],
    "done_sheets": [""],
    "running": [""],
    "ticked": [""],
    "late_steps": [{"deadline": "", "department": "", "due_at": ""}],
    "answer": "",
    "refused_by_complainant": False,
    "refusal_answered": False,
    "rating": "",
}
"""What the engine works out, with a value of the right kind.

`days_open`: whole days since receipt, days of waiting for the customer not counted; `months_open`: months likewise, one
that has begun counted whole (above 1: a month has passed). `satisfied` and `unsatisfied` are
both false while the customer was not asked or not reached. `open_sheets`, `done_sheets`: kinds of sheets. `running`:
deadlines. `visited`: stages the case was in. `late_steps`: the terms missed so far, with the department that answers
for each. `follows_case`: the complainant names an earlier case. `attachments`: how
many files are on the case. `answer`: what the complainant last said to a decision on the status page, accepted or
refused; `rating`: the satisfaction they chose there. `refused_by_complainant`: they refused the decision as it is, and
nobody answered that yet; another decision is not refused. `refusal_answered`: somebody did."""

MAPS = ("fields", "sheet", "proposals", "approved", "assigned", "days_since", "months_since", "figures", "last_sheet")
"""Variables read with a dot.

`fields.<name>`: what this action was given. `sheet.<name>`: a sheet's own fields. `proposals.<kind>`: none, pending,
approved or rejected. `approved.<kind>`: the approved amount in fen. `assigned.<party>`: whether somebody has the part.
`days_since.<fact>` and `months_since.<fact>` of a date: how many days or months a window must reach back to hold it
(0: today, later, or not set). `figures.<name>`: a number of the policy. `last_sheet.<kind>`: id of
the case's newest sheet of that kind. Where an effect has `each`, `each` is the item
of that list it is carried out for."""

FUNCTIONS = frozenset({"size", "matches", "contains", "startsWith", "endsWith", "int", "string", "has", "min", "max"})

NEWS = ("moved", "level", "breached", "closed", "reopened", "merged")
"""What a case's watchers can be told of (`watching.tell`)."""

REPLY_VARIABLES: Mapping[str, str] = {
    "number": "text",
    "company": "text",
    "today": "date",
    "received_at": "moment",
    "due_at": "moment",
    "level": "label",
    "stage": "label",
    "category": "label",
    "channel": "label",
    "subject": "text",
    "content": "text",
    "remedy_sought": "text",
    "claimed_amount": "money",
    "complainant": "text",
    "phone": "text",
    "email": "text",
    "address": "text",
    "vehicle_plate": "text",
    "unit_no": "text",
    "handler": "text",
    "outcome": "label",
    "decision": "text",
    "awarded": "money",
}
"""What a reply template may use of a case, with its kind. `decision` and `awarded`: of the proposal approved last."""

RESERVED_FIELDS = frozenset({"name", "complaint_id", "sheet_id", "expected_version"})
"""An action's field may not be called so: the action's address uses these."""

PRONOUNS = {
    "acting": frozenset({"$head", "$holder", "$decider"}),
    "told": frozenset({"$head", "$holder", "$decider", "$complainant", "$up"}),
}
"""Words for people beside roles and parts. $head leads the receiving department; $decider: whoever the
waiting proposal needs next; $up is the next on the ladder."""


def keyed(items: Any) -> dict[str, Any]:
    """A keyed list as a mapping."""
    return {str(item["key"]): item for item in items or ()}


def fact_kinds(document: Mapping[str, Any]) -> dict[str, str]:
    """Every fact a case of this policy has, with its kind."""
    return {**STANDARD_FACTS, **{fact["key"]: fact["kind"] for fact in document.get("facts", ())}}


def form_fields(document: Mapping[str, Any], action: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The action's fields, completed by its form where they leave labels, kind or choices out."""
    form = keyed(document.get("forms")).get(action.get("form", ""), {})
    known = keyed(form.get("fields"))
    return [{**known.get(f["key"], {}), **f} for f in action.get("fields", ())]


def flow_actions(
    flow: Mapping[str, Any],
) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any], Mapping[str, Any] | None]]:
    """All actions of a process or sheet: path inside the flow, the action, its stage (None: possible in all)."""
    for stage in flow["stages"]:
        for action in stage.get("actions", ()):
            yield ("stages", stage["key"], "actions", action["key"]), action, stage
    for action in flow.get("actions", ()):
        yield ("actions", action["key"]), action, None


def sheet_fields(document: Mapping[str, Any], sheet: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Everything a sheet of this kind can hold, by name."""
    found = {f["key"]: f for f in sheet.get("fields", ())}
    for _, action, _stage in flow_actions(sheet):
        found |= {f["key"]: f for f in form_fields(document, action) if "kind" in f}
    return found


def flows(document: Mapping[str, Any]) -> Iterator[tuple[tuple[str, str], Mapping[str, Any]]]:
    """Processes and sheets alike, each with its path; a process has the actions of all processes too."""
    for process in document["processes"]:
        yield ("processes", process["key"]), {**process, "actions": actions_of(document, process)}
    for sheet in document.get("sheets", ()):
        yield ("sheets", sheet["key"]), sheet


def actions_of(document: Mapping[str, Any], process: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The actions possible in every open stage of `process`: its own, and all processes' it does not word itself."""
    own = keyed(process.get("actions"))
    return [*own.values(), *(a for a in document.get("actions", ()) if a["key"] not in own)]


def flow_effects(flow: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    """All effects of a flow with their path inside it: of actions, of entering stages, of hooks."""
    lists: list[tuple[tuple[str, ...], Sequence[Mapping[str, Any]]]] = [
        ((*path, "effects"), action.get("effects", ())) for path, action, _ in flow_actions(flow)
    ]
    lists += [(("stages", s["key"], "enter"), s.get("enter", ())) for s in flow["stages"]]
    lists += [(("hooks", h["key"], "effects"), h.get("effects", ())) for h in flow.get("hooks", ())]
    for path, effects in lists:
        for index, effect in enumerate(effects):
            yield (*path, str(index)), effect


SHOWN = frozenset({"text", "line", "choice", "boolean", "whole", "percent", "money", "date", "moment"})
"""Kinds of fields that can be shown to the complainant: nobody's name and no paper can stand in them."""
