"""A case or sheet whole, as one caller sees it: with whom it waits for and what they may do now."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select

from chassis.work import Transaction
from services.complaints import domain, schemas
from services.complaints.domain import scripts
from services.complaints.domain.case import Case, Sheet
from services.complaints.domain.people import People
from services.complaints.domain.scope import scope_of
from services.complaints.models import ComplaintRow, ErasureRow, SheetRow, WatcherRow
from services.complaints.policy import Policy
from services.complaints.queries import relatives
from services.complaints.queries.cases import active_policy, erasure_of, family, load, policy_of
from services.complaints.usecases import splitting, store
from services.complaints.usecases.caller import actor_of, now_of
from services.complaints.usecases.cases import sheet_row
from services.complaints.usecases.effects import is_engines, money


def complaint(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """The case `complaint_id`."""
    return shown(tx, load(tx, data["complaint_id"]))


def shown(tx: Transaction, row: ComplaintRow) -> dict[str, Any]:
    """The whole case."""
    policy, locale = policy_of(tx, row), tx.ctx.locale
    case, named = store.case_of(row), schemas.Named(tx)
    people = People(policy, case)
    record = erasure_of(tx, row)
    stands = row.merged_into_id is None and record is None
    actions = domain.available(policy, case, None, actor_of(tx), now_of(tx)) if stands else []
    return {
        **schemas.summary(tx, policy, row), **schemas.detail(row),
        "claimed_amount": money(row.claimed_amount), "facts": row.facts,
        "level_reasons": schemas.level_reasons(policy, case, locale),
        "parties": schemas.parties(policy, case, named, locale),
        "waits_for": [schemas.waiter(people, person, named, locale) for person in people.waits_for() if stands],
        "script": scripts.for_case(policy, case, now_of(tx), locale),
        "ticks": schemas.ticks(policy, case, locale),
        "proposals": [schemas.proposal(policy, one, people, locale) for one in case.flow.proposals],
        "sheets": _sheets(tx, row, case),
        "links": [] if store.is_new(tx, row) and row.follows_id is None else relatives.links(tx, row),
        "merged": relatives.merged(tx, row),
        "deadlines": _clocks(tx, policy, row),
        "actions": [schemas.action(spec, locale) for spec in actions], "erasure": _erasure(record),
        "refused_by_complainant": case.refusal_stands,
    }  # fmt: skip


def _erasure(record: ErasureRow | None) -> dict[str, Any] | None:
    """The record of the file's destruction."""
    if record is None:
        return None
    facts = {column.key: getattr(record, column.key) for column in ErasureRow.__table__.columns}
    return {**facts, "approvals": [{**one, "at": datetime.fromisoformat(one["at"])} for one in record.approvals]}


def _sheets(tx: Transaction, row: ComplaintRow, case: Case) -> list[dict[str, Any]]:
    """The case's sheets, and those of the cases merged into it."""
    if not case.sheets and not case.joined:
        return []
    by_id = relatives.rows(tx, row)
    sheets = tx.session.scalars(select(SheetRow).where(SheetRow.complaint_id.in_(by_id)).order_by(SheetRow.id))
    owned = [(by_id[sheet.complaint_id], sheet) for sheet in sheets]
    return [sheet_summary(tx, policy_of(tx, own), own, store.case_of(own), sheet) for own, sheet in owned]


def split(tx: Transaction, done: splitting.Split) -> dict[str, Any]:
    """The case that was split, and what was made of it."""
    row, made = done
    return {"complaint": shown(tx, row), "made": [relatives.link(new, "split_into") for new in made]}


def watchers(tx: Transaction, row: ComplaintRow) -> dict[str, Any]:
    """Who watches the case and those merged into it, oldest first."""
    statement = select(WatcherRow).where(WatcherRow.complaint_id.in_(family(row)))
    named, rows = schemas.Named(tx), tx.session.scalars(statement.order_by(WatcherRow.since, WatcherRow.staff_id))
    by_staff = {one.staff_id: one for one in reversed(list(rows))}
    return {
        "items": [
            {"staff_id": one.staff_id, "name": named(str(one.staff_id)), "since": one.since, "by": one.by}
            for one in reversed(by_staff.values())
        ]
    }


def watchers_of(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """Who watches the case `complaint_id`."""
    return watchers(tx, load(tx, data["complaint_id"]))


def sheet(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """The sheet `sheet_id` of the case."""
    row = load(tx, data["complaint_id"])
    return shown_sheet(tx, sheet_row(tx, row, data["sheet_id"]))


def shown_sheet(tx: Transaction, kept: SheetRow) -> dict[str, Any]:
    """The whole sheet."""
    row = load(tx, kept.complaint_id)
    policy, case = policy_of(tx, row), store.case_of(row)
    one = store.sheet_of(kept)
    people = People(policy, case, one)
    stands = row.merged_into_id is None and erasure_of(tx, row) is None
    actions = domain.available(policy, case, one, actor_of(tx), now_of(tx)) if stands else []
    return {
        **sheet_summary(tx, policy, row, case, kept), "values": one.values,
        "proposals": [schemas.proposal(policy, p, people, tx.ctx.locale) for p in one.flow.proposals],
        "actions": [schemas.action(spec, tx.ctx.locale) for spec in actions],
    }  # fmt: skip


def deadlines(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """The clocks of the case and its sheets."""
    row = load(tx, data["complaint_id"])
    return {"items": _clocks(tx, policy_of(tx, row), row)}


def forms(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """The forms of the case (SPEC PL-9)."""
    row = load(tx, data["complaint_id"])
    policy = policy_of(tx, row)
    return {"items": schemas.forms(policy, store.case_of(row), tx.ctx.locale)}


def dossiers(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """What the case's file is made of and what is there (SPEC DC-5)."""
    row = load(tx, data["complaint_id"])
    policy, case = policy_of(tx, row), store.case_of(row)
    scope = scope_of(policy, case, now_of(tx))
    return {"items": [schemas.dossier(spec, case, scope, tx.ctx.locale) for spec in policy.dossiers.values()]}


def intake(tx: Transaction, _data: dict[str, Any]) -> dict[str, Any]:
    """What the company's policy asks when a complaint comes in."""
    policy, locale = active_policy(tx), tx.ctx.locale

    def options(part: str) -> list[dict[str, Any]]:
        return [{"key": key, "label": policy.label(part, key, locale)} for key in getattr(policy, part)]

    return {
        "policy_version": policy.version, "channels": options("channels"), "categories": options("categories"),
        "levels": options("levels"), "complainant_kinds": options("complainant_kinds"),
        "facts": [schemas.field(fact, locale) for fact in policy.intake_facts],
        "script": scripts.for_intake(policy, locale),
    }  # fmt: skip


def _clocks(tx: Transaction, policy: Policy, row: ComplaintRow) -> list[dict[str, Any]]:
    """Those of the policy; the engine's own for judging again are nobody's business."""
    clocks = [c for c in tx.deadlines.of(row.id) if not is_engines(c.data["deadline"])]
    return [schemas.deadline(policy, clock, tx.ctx.locale, tx.now) for clock in clocks]


def sheet_summary(tx: Transaction, policy: Policy, row: ComplaintRow, case: Case, kept: SheetRow) -> dict[str, Any]:
    """The sheet as lists show it, with whom it waits for."""
    one: Sheet = store.sheet_of(kept)
    people, named = People(policy, case, one), schemas.Named(tx)
    waits = [schemas.waiter(people, person, named, tx.ctx.locale) for person in people.waits_for()]
    return schemas.sheet_summary(tx, policy, row, kept, waits)
