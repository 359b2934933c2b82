"""The commands on a case: it is registered, its facts are amended, it is acted on. Each saves what the engine decided
and carries out its effects in the same transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from chassis import directory
from chassis.ids import new_id
from chassis.search import normalise_phone, normalise_plate
from chassis.work import Transaction
from contracts import complaints as contract
from contracts.policies.complaints.vocabulary import STANDARD_FACTS
from contracts.problems import INVALID, NOT_FOUND, OUT_OF_SCOPE, Problem
from services.complaints import domain
from services.complaints.domain import Actor, Case, Now, Outcome
from services.complaints.domain.values import checked, error
from services.complaints.models import ComplaintRow, SheetRow
from services.complaints.policy import Policy
from services.complaints.policy.specs import FieldSpec
from services.complaints.queries.cases import active_policy, load, policy_of
from services.complaints.usecases import alike, references, store
from services.complaints.usecases.effects import Execution, facts_of, record

CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far a partner's clock may be ahead of ours."""


def register(tx: Transaction, data: dict[str, Any]) -> ComplaintRow:
    """Take a complaint in (SPEC AD-2, RF-6, IS-1): judge it, let it enter its process, tell who is to be told.

    Problems: `no_policy`, `org_unit_out_of_scope`, `not_found` for the case it follows, `invalid_request` for whatever
    the policy asks at intake and is not there.
    """
    policy = active_policy(tx)
    _check_places(tx, policy, data)
    row = _new_row(tx, policy, data)
    case = domain.new_case(policy, str(row.id), row.channel, row.received_at, _facts(policy, data))
    case.has_contact = bool(row.complainant_phone or row.complainant_email)
    case.known_customer, case.follows_case = row.customer_id is not None, row.follows_id is not None
    case.org_unit = str(row.org_unit_id or "")
    lacking = domain.lacking_at_intake(policy, case, _given(data), now_of(tx))
    if lacking:
        raise INVALID(localised(lacking, tx.ctx.locale))
    alike.count(tx, policy, row, case)
    tx.deadlines.none_yet(row.id)
    outcome = domain.open_case(policy, case, actor_of(tx), now_of(tx), _new_text_id)
    row.number = _number(tx, policy, row, outcome.case)
    tx.session.add(row)
    record(tx, row, "registered", to_stage=outcome.case.flow.stage, fields={"channel": row.channel})
    save(tx, policy, row, outcome)
    store.index(tx, row)
    _announce(tx, row)
    tx.audit("complaint.registered", "complaint", row.id, after={"number": row.number, "level": row.level})
    return row


def amend(tx: Transaction, data: dict[str, Any]) -> ComplaintRow:
    """Correct or complete a case's facts; every change is judged again (SPEC RF-3).

    Problems: `not_found`, `stale_version`, `case_closed`, `invalid_request`.
    """
    row = load(tx, data["complaint_id"], lock=True)
    tx.check_version(row, data.get("expected_version"))
    policy = policy_of(tx, row)
    case = store.case_of(row)
    if case.state == "closed":
        raise contract.CLOSED_CASE()
    _check_places(tx, policy, {"channel": row.channel, **data})
    before = {**case.facts}
    _fill_complainant(row, data.get("complainant") or {})
    for name in ("occurred_at", "org_unit_id"):
        if name in data:
            setattr(row, name, data[name])
    if "org_unit_id" in data:
        store.move_sheets(tx, row)
        case.org_unit = str(row.org_unit_id or "")
    case.has_contact = bool(row.complainant_phone or row.complainant_email)
    outcome = domain.amend(policy, case, _facts(policy, data), actor_of(tx), now_of(tx), _new_text_id)
    changed = {k: v for k, v in outcome.case.facts.items() if before.get(k) != v}
    record(tx, row, "amended", fields=changed)
    save(tx, policy, row, outcome)
    store.index(tx, row)
    tx.audit("complaint.amended", "complaint", row.id, before={k: before.get(k) for k in changed}, after=changed)
    if data.get("complainant"):
        _announce_complainant(tx, row)
    return row


def act(tx: Transaction, data: dict[str, Any]) -> ComplaintRow:
    """Take an action of the policy on a case: the one door through which it moves.

    Problems: as `contracts.complaints.ACT` lists them.
    """
    row = load(tx, data.pop("complaint_id"), lock=True)
    _acted(tx, row, None, data)
    return row


def act_on_sheet(tx: Transaction, data: dict[str, Any]) -> SheetRow:
    """Take an action of the policy on a sheet of a case."""
    row = load(tx, data.pop("complaint_id"), lock=True)
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
        outcome = domain.act(policy, case, sheet, name, data, actor_of(tx), now_of(tx), _new_text_id)
        references.check(tx, row, _fields_of(policy, case, sheet, name), outcome.fields)
    except Problem as problem:
        problem.errors = localised(problem.errors, tx.ctx.locale)
        raise
    to = outcome.sheets[sheet.id].flow if sheet else outcome.case.flow
    record(
        tx, row, "action", sheet_id=sheet.id if sheet else None, action=name, from_stage=flow.stage, to_stage=to.stage,
        fields=outcome.fields,
    )  # fmt: skip
    if row.first_response_at is None and tx.ctx.actor.kind == "staff":
        row.first_response_at = tx.now
    save(tx, policy, row, outcome)
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
    for sheet in outcome.sheets.values():
        _keep_sheet(tx, policy, row, sheet)
    if outcome.sheets:
        tx.session.flush()  # the effects look them up
    if like_before != (row.category, row.subject_key):
        alike.spread(tx, policy, row)
    Execution(tx, policy, row, _succeed(tx)).carry_out(outcome.effects)


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
        complainant = {
            "name": row.complainant_name, "phone": row.complainant_phone, "email": row.complainant_email,
            "kind": row.complainant_kind, "customer_id": row.customer_id, "vehicle_plate": row.vehicle_plate,
            "unit_no": row.unit_no, "address": row.complainant_address,
        }  # fmt: skip
        data = {
            "channel": row.channel, "content": content, "follows": row.id, "org_unit_id": row.org_unit_id,
            "complainant": {name: value for name, value in complainant.items() if value is not None}, "facts": {},
            "category": row.category, "subject": row.subject,
        }  # fmt: skip
        return register(tx, {name: value for name, value in data.items() if value is not None})

    return succeed


# -- what comes in -----------------------------------------------------------------------------------------------------


def _check_places(tx: Transaction, policy: Policy, data: Mapping[str, Any]) -> None:
    """Names of the policy and moments are checked here; the contract cannot know them."""
    listed = {"channel": policy.channels, "category": policy.categories}
    errors = [_unknown(n, known) for n, known in listed.items() if data.get(n) is not None and data[n] not in known]
    kind = (data.get("complainant") or {}).get("kind")
    if kind is not None and kind not in policy.complainant_kinds:
        errors.append(_unknown("complainant.kind", policy.complainant_kinds))
    latest = tx.now + CLOCK_TOLERANCE
    errors += [
        error(name, "in_the_future", "must not lie in the future", "不能晚于当前时间")
        for name in ("occurred_at", "received_at")
        if data.get(name) is not None and data[name] > latest
    ]
    if errors:
        raise INVALID(localised(errors, tx.ctx.locale))
    _check_unit(tx, data.get("org_unit_id"))


def _check_unit(tx: Transaction, org_unit_id: UUID | None) -> None:
    if org_unit_id is None:
        return
    if not tx.ctx.covers(org_unit_id):
        raise OUT_OF_SCOPE()
    if directory.unit(tx, org_unit_id) is None:
        wrong = error("org_unit_id", "unknown", "is not an org unit of your company", "不是贵公司的组织单元")
        raise INVALID(localised([wrong], tx.ctx.locale))


def _unknown(field: str, known: Mapping[str, Any]) -> dict[str, Any]:
    choices = ", ".join(known)
    return error(field, "not_a_choice", f"must be one of: {choices}", f"应为以下之一:{choices}")


def localised(errors: list[dict[str, Any]], locale: str) -> list[dict[str, Any]]:
    """Messages that are there in both languages, in the caller's."""
    return [
        {**e, "message": e["message"].get(locale, e["message"]["zh-CN"])} if isinstance(e["message"], Mapping) else e
        for e in errors
    ]


def _facts(policy: Policy, data: Mapping[str, Any]) -> dict[str, Any]:
    """The case's facts from the request: the standard ones by name, the policy's own checked by its fields."""
    facts = {name: _plain(data[name]) for name in STANDARD_FACTS if data.get(name) is not None}
    kind = (data.get("complainant") or {}).get("kind")
    if kind is not None:
        facts["complainant_kind"] = kind
    return {**facts, **_own_facts(policy, data.get("facts") or {})}


def _own_facts(policy: Policy, given: Mapping[str, Any]) -> dict[str, Any]:
    """Facts only this policy knows; their errors are named as the caller sent them, below `facts`."""
    try:
        return checked(tuple(policy.intake_facts), given)
    except Problem as problem:
        problem.errors = [{**e, "field": f"facts.{e['field']}"} for e in problem.errors]
        raise


def _plain(value: Any) -> Any:
    return {"amount": value.amount, "currency": value.currency} if hasattr(value, "currency") else value


def _given(data: Mapping[str, Any]) -> dict[str, Any]:
    """Dotted names of what the intake holds, for the policy's requirements."""
    complainant = {f"complainant.{name}": value for name, value in (data.get("complainant") or {}).items()}
    own = {f"facts.{name}": value for name, value in (data.get("facts") or {}).items()}
    return {**data, **complainant, **own}


def _new_row(tx: Transaction, policy: Policy, data: Mapping[str, Any]) -> ComplaintRow:
    follows = load(tx, data["follows"]).id if data.get("follows") else None
    row = ComplaintRow(
        id=new_id(), tenant_id=tx.tenant_id, policy_version=policy.version, channel=data["channel"],
        content=data["content"], external_ref=data.get("external_ref"), org_unit_id=data.get("org_unit_id"),
        follows_id=follows, occurred_at=data.get("occurred_at"), received_at=data.get("received_at") or tx.now,
        created_at=tx.now, updated_at=tx.now,
    )  # fmt: skip
    _fill_complainant(row, data["complainant"])
    return row


def _fill_complainant(row: ComplaintRow, given: Mapping[str, Any]) -> None:
    for name in ("name", "email", "address"):
        if name in given:
            setattr(row, f"complainant_{name}", given[name])
    for name in ("customer_id", "unit_no"):
        if name in given:
            setattr(row, name, given[name])
    if "phone" in given:
        row.complainant_phone = (normalise_phone(given["phone"]) or given["phone"]) if given["phone"] else None
    if "vehicle_plate" in given:
        row.vehicle_plate = normalise_plate(given["vehicle_plate"]) if given["vehicle_plate"] else None
    row.complainant_key = str(row.customer_id or row.complainant_phone or row.complainant_name or row.id)


def _number(tx: Transaction, policy: Policy, row: ComplaintRow, case: Case) -> str:
    return tx.number("complaint", policy.case_number, **_parts(tx, row, case.facts.get("category")))


def _parts(tx: Transaction, row: ComplaintRow, category: str | None) -> dict[str, str]:
    unit = directory.unit(tx, row.org_unit_id) if row.org_unit_id else None
    return {"site": (unit.code if unit else tx.tenant.code).upper(), "category": (category or "GEN").upper()}


def _announce(tx: Transaction, row: ComplaintRow) -> None:
    opened = {
        **facts_of(tx, row), "vehicle_plate": row.vehicle_plate, "unit_no": row.unit_no, "group_size": row.group_size,
        "claimed_amount": {"amount": row.claimed_amount, "currency": "CNY"}, "follows": row.follows_id,
    }  # fmt: skip
    tx.emit(contract.COMPLAINT_OPENED, row.id, opened)
    _announce_complainant(tx, row)


def _announce_complainant(tx: Transaction, row: ComplaintRow) -> None:
    named = {
        "complaint_id": row.id, "number": row.number, "customer_id": row.customer_id, "name": row.complainant_name,
        "phone": row.complainant_phone, "vehicle_plate": row.vehicle_plate, "unit_no": row.unit_no,
        "org_unit_id": row.org_unit_id,
    }  # fmt: skip
    tx.emit(contract.COMPLAINANT_NAMED, row.id, named)


# -- who and when ------------------------------------------------------------------------------------------------------


def actor_of(tx: Transaction) -> Actor:
    """The caller as the engine sees them."""
    ctx = tx.ctx
    return Actor(
        id=ctx.actor.id, name=ctx.actor.name, roles=ctx.roles, may=ctx.may, locale=ctx.locale,
        is_staff=ctx.actor.kind == "staff",
    )  # fmt: skip


def now_of(tx: Transaction) -> Now:
    """This moment in the tenant's zone."""
    return Now(tx.now, tx.tenant.timezone)


def _new_text_id() -> str:
    return str(new_id())
