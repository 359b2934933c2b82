"""A case with everything that papers about it need, read once."""

from __future__ import annotations

from functools import cached_property
from typing import Any
from uuid import UUID

from sqlalchemy import select

from chassis import directory
from chassis.work import Transaction
from services.complaints import schemas
from services.complaints.domain.case import Case
from services.complaints.domain.people import People
from services.complaints.models import AttachmentRow, ComplaintRow, HistoryRow, SheetRow
from services.complaints.policy import Policy
from services.complaints.policy.specs import ActionSpec
from services.complaints.printing.values import Writer
from services.complaints.queries.cases import family, policy_of
from services.complaints.usecases import store


class Source:
    """The case `row` as `tx`'s caller may see it, in one language. `clear`: with personal data."""

    def __init__(self, tx: Transaction, row: ComplaintRow, locale: str, *, clear: bool) -> None:
        self.tx, self.row, self.locale, self.clear = tx.on_behalf_of(tx.ctx.with_(locale=locale)), row, locale, clear
        self.policy: Policy = policy_of(tx, row)
        self.case: Case = store.case_of(row)
        self.people = People(self.policy, self.case)
        self.staff = schemas.Named(tx)
        self.writer = Writer(locale, tx.tenant.timezone, self._name)
        self.words = self.writer.words

    @cached_property
    def attachments(self) -> list[AttachmentRow]:
        """The files on the case and those merged into it, oldest first."""
        return self._all(AttachmentRow)

    @cached_property
    def sheets(self) -> list[SheetRow]:
        """Its sheets, oldest first, and those of the cases merged into it that its policy knows."""
        return [sheet for sheet in self._all(SheetRow) if sheet.kind in self.policy.sheets]

    @cached_property
    def history(self) -> list[HistoryRow]:
        """All that happened with it and those merged into it, oldest first."""
        return self._all(HistoryRow)

    def action(self, entry: HistoryRow) -> ActionSpec | None:
        """The action an entry of the history tells of; None when it tells of something else."""
        return schemas.action_of(self.policy, entry)

    @property
    def unit(self) -> str:
        """The name of the case's org unit; empty when it belongs to the whole company."""
        entry = directory.unit(self.tx, self.row.org_unit_id) if self.row.org_unit_id else None
        return entry.name if entry else ""

    def _all(self, model: Any) -> list[Any]:
        statement = select(model).where(model.complaint_id.in_(family(self.row))).order_by(model.id)
        return list(self.tx.session.scalars(statement))

    def _name(self, kind: str, id_: str) -> str:
        match kind:
            case "staff":
                return self.staff(id_) or id_
            case "file":
                return next((a.filename for a in self.attachments if str(a.id) == id_), id_)
            case "sheet":
                return next((s.number for s in self.sheets if str(s.id) == id_), id_)
        found = self.tx.session.get(ComplaintRow, (self.tx.tenant_id, UUID(id_)))
        return found.number if found else id_
