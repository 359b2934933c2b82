"""The commands on a case: it is registered, its facts are amended, it is acted on. Each saves what the engine decided
and carries out its effects in the same transaction."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from chassis import directory
from chassis.work import Transaction
from contracts import complaints as contract
from contracts.problems import INVALID, NOT_FOUND, Problem
from services.complaints import domain
from services.complaints.domain import Case, Outcome
from services.complaints.domain.scope import scope_of
from services.complaints.models import ComplaintRow, SheetRow
from services.complaints.policy import Policy
from services.complaints.policy.specs import FieldSpec
from services.complaints.queries.cases import active_policy, load_standing, policy_of
from services.complaints.usecases import alike, intake, mentions, references, reply_templates, store, watching
from services.complaints.usecases.caller import actor_of, new_text_id, now_of
from services.complaints.usecases.effects import Execution, record

CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far a partner's clock may be ahead of ours."""


def register(tx: Transaction, data: dict[str, Any]) -> ComplaintRow:
    """Take a complaint in (SPEC AD-2, RF-6, IS-1): judge it, let it enter its process, tell who is to be told.

    Problems: `no_policy`, `org_unit_out_of_scope`, `not_found` for the case it follows, `invalid_request` for whatever
    the policy asks at intake and is not there.
    """
    policy = active_policy(tx)
    intake.check_names(tx, policy, data)
    row = intake.new_row(tx, policy, data)
    case = domain.new_case(policy, str(row.id), row.channel, row.received_at, intake.facts_in(policy, data))
    case.has_contact = bool(row.complainant_phone or row.complainant_email)
    case.known_customer, case.follows_case = row.customer_id is not None, row.follows_id is not None
    case.org_unit = str(row.org_unit_id or "")
    lacking = domain.lacking_at_intake(policy, case, intake.given_in(data), now_of(tx))
    if lacking:
        raise INVALID(intake.localised(lacking, tx.ctx.locale))
    alike.count(tx, policy, row, case)
    tx.deadlines.none_yet(row.id)
    outcome = domain.open_case(policy, case, actor_of(tx), now_of(tx), new_text_id)
    row.number = _number(tx, policy, row, outcome.case)
    if outcome.sheets:
        tx.session.add(row)  # the sheets' rows need it there
    else:
        tx.later.insert_object(row)
    record(tx, row, "registered", to_stage=outcome.case.flow.stage, fields={"channel": row.channel})
    save(tx, policy, row, outcome)
    store.index(tx, row)
    intake.announce(tx, row)
    tx.audit("complaint.registered", "complaint", row.id, after={"number": row.number, "level": row.level})
    return row


def amend(tx: Transaction, data: dict[str, Any]) -> ComplaintRow:
    """Correct or complete a case's facts; every change is judged again (SPEC RF-3).

    Problems: `not_found`, `stale_version`, `case_closed`, `invalid_request`.
    """
    row = load_standing(tx, data["complaint_id"])
    tx.check_version(row, data.get("expected_version"))
    policy = policy_of(tx, row)
    case = store.case_of(row)
    if case.state == "closed":
        raise contract.CLOSED_CASE()
    intake.check_names(tx, policy, {"channel": row.channel, **data})
    before = {**case.facts}
    intake.fill_complainant(row, data.get("complainant") or {})
    for name in ("occurred_at", "org_unit_id"):
        if name in data:
            setattr(row, name, data[name])
    if "org_unit_id" in data:
        store.move_sheets(tx, row)
        case.org_unit = str(row.org_unit_id or "")
    case.has_contact = bool(row.complainant_phone or row.complainant_email)
    outcome = domain.amend(policy, case, intake.facts_in(policy, data), actor_of(tx), now_of(tx), new_text_id)
    changed = {k: v for k, v in outcome.case.facts.items() if before.get(k) != v}
    record(tx, row, "amended", fields=changed)
    save(tx, policy, row, outcome)
    store.index(tx, row)
    tx.audit("complaint.amended", "complaint", row.id, before={k: before.get(k) for k in changed}, after=changed)
    if data.get("complainant"):
        intake.announce_complainant(tx, row)
    return row


def act(tx: Transaction, data: dict[str, Any]) -> ComplaintRow:
    """Take an action of the policy on a case: the one door through which it moves.

    Problems: as `contracts.complaints.ACT` lists them.
    """
    row = load_standing(tx, data.pop("complaint_id"))
    _acted(tx, row, None, data)
    return row


def act_on_sheet(tx: Transaction, data: dict[str, Any]) -> SheetRow:
    """Take an action of the policy on a sheet of a case."""
    row = load_standing(tx, data.pop("complaint_id"))
    sheet = sheet_row(tx, row, data.pop("sheet_id"))
    _acted(tx, row, sheet, data)
    return sheet


def _acted(tx: Transaction, row: ComplaintRow, sheet_row_: SheetRow | None, data: dict[str, Any]) -> None:
    name, expected = data.pop("name"), data.pop("expected_version", None)
    tx.check_version(sheet_row_ or row, expected)
    policy, case = policy_of(tx, row), store.case_of(row)
    sheet = store.sheet_of(sheet_row_) if sheet_row_ else None
    flow = sheet.flow if sheet else case.flow
    try:
        data = reply_templates.put_in(tx, row, data)
        outcome = domain.act(policy, case, sheet, name, data, actor_of(tx), now_of(tx), new_text_id)
        fields = _fields_of(policy, case, sheet, name)
        references.check(tx, row, fields, outcome.fields)
        named = mentions.found(tx, policy, row, fields, outcome.fields)
    except Problem as problem:
        problem.errors = intake.localised(problem.errors, tx.ctx.locale)
        raise
    to = outcome.sheets[sheet.id].flow if sheet else outcome.case.flow
    record(
        tx, row, "action", sheet_id=sheet.id if sheet else None, action=name, from_stage=flow.stage, to_stage=to.stage,
        fields=outcome.fields, audience=outcome.fields.get("audience"),
    )  # fmt: skip
    if row.first_response_at is None and tx.ctx.actor.kind == "staff":
        row.first_response_at = tx.now
    save(tx, policy, row, outcome)
    if named:
        mentions.tell(tx, policy, row, named, outcome.fields)
    tx.audit(
        f"complaint.{name}", "sheet" if sheet_row_ else "complaint", sheet_row_.id if sheet_row_ else row.id,
        before={"stage": flow.stage}, after={"stage": to.stage, **outcome.fields},
    )  # fmt: skip


def _fields_of(policy: Policy, case: Case, sheet: domain.Sheet | None, name: str) -> tuple[FieldSpec, ...]:
    """The fields of an action that can be taken where the case or sheet stands."""
    spec, flow = (policy.sheets[sheet.kind].flow, sheet.flow) if sheet else (policy.processes[case.flow.key], case.flow)
    return spec.actions_in(flow.stage)[name].fields


def save(tx: Transaction, policy: Policy, row: ComplaintRow, outcome: Outcome) -> None:
    """Write the changed case and sheets, then carry out the effects."""
    like_before = (row.category, row.subject_key)
    store.keep(tx, policy, row, outcome.case)
    if policy.priorities:
        row.priority = policy.priority(scope_of(policy, outcome.case, now_of(tx)))
    for sheet in outcome.sheets.values():
        _keep_sheet(tx, policy, row, sheet)
    if outcome.sheets:
        tx.session.flush()  # the effects look them up
    if like_before != (row.category, row.subject_key):
        alike.spread(tx, policy, row)
    Execution(tx, policy, row, _succeed(tx)).carry_out(outcome.effects)
    if not store.is_new(tx, row):
        watching.tell_effects(tx, policy, row, outcome.effects)


def _keep_sheet(tx: Transaction, policy: Policy, row: ComplaintRow, sheet: domain.Sheet) -> None:
    kept = tx.session.get(SheetRow, (tx.tenant_id, UUID(sheet.id)))
    if kept is None:
        spec = policy.sheets[sheet.kind]
        number = tx.number(f"sheet.{sheet.kind}", spec.number, **_parts(tx, row, row.category))
        kept = SheetRow(
            id=UUID(sheet.id), complaint_id=row.id, complaint_number=row.number, number=number, kind=sheet.kind,
            nature=sheet.nature, org_unit_id=row.org_unit_id, opened_at=tx.now,
        )  # fmt: skip
        tx.session.add(kept)
    store.keep_sheet(tx, kept, sheet)


def sheet_row(tx: Transaction, row: ComplaintRow, sheet_id: UUID) -> SheetRow:
    """The sheet of that case, or `not_found`."""
    sheet = tx.get(SheetRow, sheet_id, kind="sheet")
    if sheet.complaint_id != row.id:
        raise NOT_FOUND(kind="sheet")
    return sheet


def _succeed(tx: Transaction) -> Any:
    """Registers the case that follows a closed one past its time for reopening (SPEC UX-12)."""

    def succeed(row: ComplaintRow, content: str) -> ComplaintRow:
        data = {
            "channel": row.channel, "content": content, "follows": row.id, "org_unit_id": row.org_unit_id,
            "complainant": intake.complainant_of(row),
            "category": row.category, "subject": row.subject, "remedy_sought": row.remedy_sought,
            "facts": {fact.key: row.facts.get(fact.key) for fact in active_policy(tx).intake_facts},
        }  # fmt: skip
        return register(tx, {name: value for name, value in data.items() if value is not None})

    return succeed


def _number(tx: Transaction, policy: Policy, row: ComplaintRow, case: Case) -> str:
    process, parts = case.flow.key, _parts(tx, row, case.facts.get("category"))
    if process in policy.own_numbers:
        return tx.number(f"complaint.{process}", policy.own_numbers[process], **parts)
    return tx.number("complaint", policy.case_number, **parts)


def _parts(tx: Transaction, row: ComplaintRow, category: str | None) -> dict[str, str]:
    unit = directory.unit(tx, row.org_unit_id) if row.org_unit_id else None
    return {"site": (unit.code if unit else tx.tenant.code).upper(), "category": (category or "GEN").upper()}
