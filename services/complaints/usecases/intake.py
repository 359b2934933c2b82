"""What comes in with a complaint: checked against the company's policy, put on a row, told to the others."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from chassis import directory
from chassis.ids import new_id
from chassis.search import normalise_phone, normalise_plate
from chassis.work import NotInCopy, Transaction
from contracts import complaints as contract
from contracts.policies.complaints.vocabulary import STANDARD_FACTS
from contracts.problems import INVALID, OUT_OF_SCOPE, Problem
from services.complaints.domain.values import checked, error
from services.complaints.models import ComplaintRow
from services.complaints.policy import Policy
from services.complaints.queries.cases import load, survivor_of
from services.complaints.usecases.effects import facts_of

CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far a partner's clock may be ahead of ours."""


def check_names(tx: Transaction, policy: Policy, data: Mapping[str, Any]) -> None:
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
    check_unit(tx, data.get("org_unit_id"))


def check_unit(tx: Transaction, org_unit_id: UUID | None) -> None:
    """The org unit, if any, is one of the company's, and the caller's to act in: `org_unit_out_of_scope`, or
    `invalid_request`."""
    if org_unit_id is None:
        return
    if not tx.ctx.covers(org_unit_id):
        raise OUT_OF_SCOPE()
    if directory.unit(tx, org_unit_id) is None:
        wrong = error("org_unit_id", "unknown", "is not an org unit of your company", "不是贵公司的组织单元")
        # one opened a moment ago may not be in this service's copy yet
        raise NotInCopy(tx.tenant_id, INVALID(localised([wrong], tx.ctx.locale)))


def _unknown(field: str, known: Mapping[str, Any]) -> dict[str, Any]:
    choices = ", ".join(known)
    return error(field, "not_a_choice", f"must be one of: {choices}", f"应为以下之一:{choices}")


def localised(errors: list[dict[str, Any]], locale: str) -> list[dict[str, Any]]:
    """Messages that are there in both languages, in the caller's."""
    return [
        {**e, "message": e["message"].get(locale, e["message"]["zh-CN"])} if isinstance(e["message"], Mapping) else e
        for e in errors
    ]


def facts_in(policy: Policy, data: Mapping[str, Any]) -> dict[str, Any]:
    """The case's facts from the request: the standard ones by name, the policy's own checked by its fields."""
    facts = {name: _plain(data[name]) for name in STANDARD_FACTS if data.get(name) is not None}
    kind = (data.get("complainant") or {}).get("kind")
    if kind is not None:
        facts["complainant_kind"] = kind
    return {**facts, **_ownfacts_in(policy, data.get("facts") or {})}


def _ownfacts_in(policy: Policy, given: Mapping[str, Any]) -> dict[str, Any]:
    """Facts only this policy knows; their errors are named as the caller sent them, below `facts`."""
    try:
        return checked(tuple(policy.intake_facts), given)
    except Problem as problem:
        problem.errors = [{**e, "field": f"facts.{e['field']}"} for e in problem.errors]
        raise


def _plain(value: Any) -> Any:
    return {"amount": value.amount, "currency": value.currency} if hasattr(value, "currency") else value


def given_in(data: Mapping[str, Any]) -> dict[str, Any]:
    """Dotted names of what the intake holds, for the policy's requirements."""
    complainant = {f"complainant.{name}": value for name, value in (data.get("complainant") or {}).items()}
    own = {f"facts.{name}": value for name, value in (data.get("facts") or {}).items()}
    return {**data, **complainant, **own}


def new_row(tx: Transaction, policy: Policy, data: Mapping[str, Any]) -> ComplaintRow:
    follows = survivor_of(tx, load(tx, data["follows"])).id if data.get("follows") else None
    row = ComplaintRow(
        id=new_id(), tenant_id=tx.tenant_id, policy_version=policy.version, channel=data["channel"],
        content=data["content"], external_ref=data.get("external_ref"), org_unit_id=data.get("org_unit_id"),
        follows_id=follows, occurred_at=data.get("occurred_at"), received_at=data.get("received_at") or tx.now,
        created_at=tx.now, version=1, priority=0, attachments=0, updated_at=tx.now,
    )  # fmt: skip
    fill_complainant(row, data["complainant"])
    return row


def fill_complainant(row: ComplaintRow, given: Mapping[str, Any]) -> None:
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


def complainant_of(row: ComplaintRow) -> dict[str, Any]:
    """Who complained, as intake takes it."""
    known = {
        "name": row.complainant_name, "phone": row.complainant_phone, "email": row.complainant_email,
        "kind": row.complainant_kind, "customer_id": row.customer_id, "vehicle_plate": row.vehicle_plate,
        "unit_no": row.unit_no, "address": row.complainant_address,
    }  # fmt: skip
    return {name: value for name, value in known.items() if value is not None}


def announce(tx: Transaction, row: ComplaintRow) -> None:
    opened = {
        **facts_of(tx, row), "vehicle_plate": row.vehicle_plate, "unit_no": row.unit_no, "group_size": row.group_size,
        "claimed_amount": {"amount": row.claimed_amount, "currency": "CNY"}, "follows": row.follows_id,
    }  # fmt: skip
    tx.emit(contract.COMPLAINT_OPENED, row.id, opened)
    announce_complainant(tx, row)


def announce_complainant(tx: Transaction, row: ComplaintRow) -> None:
    named = {
        "complaint_id": row.id, "number": row.number, "customer_id": row.customer_id, "name": row.complainant_name,
        "phone": row.complainant_phone, "vehicle_plate": row.vehicle_plate, "unit_no": row.unit_no,
        "org_unit_id": row.org_unit_id,
    }  # fmt: skip
    tx.emit(contract.COMPLAINANT_NAMED, row.id, named)
