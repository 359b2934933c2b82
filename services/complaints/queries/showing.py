"""A case or sheet whole, as one caller sees it: with whom it waits for and what they may do now."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from chassis.work import Transaction
from services.complaints import domain, schemas
from services.complaints.domain import scripts
from services.complaints.domain.case import Case, Sheet
from services.complaints.domain.people import People
from services.complaints.domain.scope import scope_of
from services.complaints.models import ComplaintRow, SheetRow
from services.complaints.policy import Policy
from services.complaints.queries.cases import active_policy, load, policy_of
from services.complaints.usecases import store
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
    actions = domain.available(policy, case, None, actor_of(tx), now_of(tx))
    sheets = (
        tx.session.scalars(select(SheetRow).where(SheetRow.complaint_id == row.id).order_by(SheetRow.id))
        if case.sheets
        else ()
    )
    return {
        **schemas.summary(tx, policy, row), **schemas.detail(row),
        "claimed_amount": money(row.claimed_amount), "facts": row.facts,
        "level_reasons": schemas.level_reasons(policy, case, locale),
        "parties": schemas.parties(policy, case, named, locale),
        "waits_for": [schemas.waiter(people, person, named, locale) for person in people.waits_for()],
        "script": scripts.for_case(policy, case, now_of(tx), locale),
        "ticks": schemas.ticks(policy, case, locale),
        "proposals": [schemas.proposal(policy, one, people, locale) for one in case.flow.proposals],
        "sheets": [sheet_summary(tx, policy, row, case, sheet) for sheet in sheets],
        "links": [] if store.is_new(tx, row) and row.follows_id is None else schemas.links(tx, row),
        "deadlines": _clocks(tx, policy, row),
        "actions": [schemas.action(spec, locale) for spec in actions],
    }  # fmt: skip


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
    actions = domain.available(policy, case, one, actor_of(tx), now_of(tx))
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
