"""The case library: closed cases worth learning from, told without the people in them (SPEC PD-3, NX-12)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from sqlalchemy import delete, select

from chassis.ids import new_id
from chassis.search import tokens
from chassis.work import Transaction
from contracts.complaints.vocabulary import COMPENSATION
from contracts.problems import INVALID
from services.complaints.domain.case import APPROVED, DONE
from services.complaints.domain.outcome import PrecedentKept
from services.complaints.models import ComplaintRow, PrecedentRow, PrecedentToken, SheetRow
from services.complaints.usecases import store

_NUMBERS = re.compile(r"(?<!\d)(1\d{10}|\d{17}[\dXx])(?!\d)")
"""A mobile phone's or an identity card's number."""
_SHORTEST = 2
"""Characters from which on a name or address can be told from other words."""


def keep(tx: Transaction, row: ComplaintRow, told: PrecedentKept) -> PrecedentRow:
    """Put the case into the library, or tell it anew when it is there.

    Problem: `invalid_request` for each text in which somebody could be recognised.
    """
    _refuse_people(row, told, tx.ctx.locale)
    award = _award(tx, row)
    kept = tx.session.scalar(select(PrecedentRow).where(PrecedentRow.complaint_id == row.id))
    if kept is None:
        kept = PrecedentRow(tenant_id=tx.tenant_id, id=new_id(), complaint_id=row.id)
        tx.session.add(kept)
    kept.category, kept.level, kept.outcome = row.category, row.level, row.outcome
    kept.title, kept.account, kept.analysis = told.title, told.account, told.analysis
    kept.award, kept.kept_at = award, tx.now
    tx.session.flush()
    _index(tx, kept)
    return kept


def _refuse_people(row: ComplaintRow, told: PrecedentKept, locale: str) -> None:
    words = "names somebody: take out `{}`" if locale == "en" else "含有可识别个人的内容,请删除“{}”"
    errors = [
        {"field": name, "code": "names_somebody", "message": words.format(found)}
        for name in ("title", "account", "analysis")
        for found in _recognisable(row, getattr(told, name))
    ]
    if errors:
        raise INVALID(errors)


def _recognisable(row: ComplaintRow, text: str) -> Iterator[str]:
    """What in `text` points at the complainant, or looks like anybody's number."""
    own = (
        row.complainant_name, row.complainant_phone, row.complainant_email, row.complainant_address, row.vehicle_plate,
        row.unit_no, row.number,
    )  # fmt: skip
    yield from (part for part in own if part and len(part) >= _SHORTEST and part in text)
    yield from _NUMBERS.findall(text)


def _award(tx: Transaction, row: ComplaintRow) -> int | None:
    """What was paid on the case: the approved amounts of its finished compensations."""
    paid = select(SheetRow).where(
        SheetRow.complaint_id == row.id, SheetRow.nature == COMPENSATION, SheetRow.state == DONE
    )
    flows = (store.sheet_of(sheet).flow for sheet in tx.session.scalars(paid))
    amounts = [p.amount for flow in flows for p in flow.proposals if p.state == APPROVED]
    return sum(amounts) if amounts else None


def _index(tx: Transaction, kept: PrecedentRow) -> None:
    tx.session.execute(delete(PrecedentToken).where(PrecedentToken.precedent_id == kept.id))
    found = set().union(*(tokens(text) for text in (kept.title, kept.account, kept.analysis)))
    rows: list[dict[str, Any]] = [{"token": token[:64], "precedent_id": kept.id} for token in sorted(found)]
    tx.later.insert(PrecedentToken, rows)
