"""What an action's fields point to must be there: files on the case, staff of the company, sheets and cases (RF-17)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID

from chassis import directory
from chassis.work import NotInCopy, Transaction
from contracts.problems import INVALID
from services.complaints.domain.values import Error, error
from services.complaints.models import AttachmentRow, ComplaintRow, SheetRow
from services.complaints.policy.specs import FieldSpec
from services.complaints.queries.cases import family


def check(tx: Transaction, row: ComplaintRow, fields: Iterable[FieldSpec], values: Mapping[str, Any]) -> None:
    """Raise `invalid_request` naming every field whose value points to nothing of this case or company; for staff,
    after a look into the newest directory: somebody hired a moment ago is not in this service's copy yet."""
    wrong = [field for field in fields if not _found(tx, row, field, values.get(field.key))]
    if not wrong:
        return
    problem = INVALID([_error(field) for field in wrong])
    if any(_names_staff(field) for field in wrong):
        raise NotInCopy(tx.tenant_id, problem)
    raise problem


def _names_staff(field: FieldSpec) -> bool:
    return field.kind == "staff" or any(column.kind == "staff" for column in field.columns)


def _found(tx: Transaction, row: ComplaintRow, field: FieldSpec, value: Any) -> bool:
    exists = _KINDS.get(field.kind)
    if exists is not None:
        return all(exists(tx, row, UUID(id_)) for id_ in _ids(value))
    lines = _lines(field, value)
    return all(_found(tx, row, column, line.get(column.key)) for line in lines for column in field.columns)


def _ids(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value] if value else []


def _lines(field: FieldSpec, value: Any) -> Iterator[Mapping[str, Any]]:
    if field.columns:
        yield from value or ()


def _file(tx: Transaction, row: ComplaintRow, id_: UUID) -> bool:
    found = tx.session.get(AttachmentRow, (tx.tenant_id, id_))
    return found is not None and found.struck_at is None and found.complaint_id in family(row)


def _staff(tx: Transaction, _: ComplaintRow, id_: UUID) -> bool:
    found = directory.staff(tx, id_)
    return found is not None and found.active


def _sheet(tx: Transaction, row: ComplaintRow, id_: UUID) -> bool:
    found = tx.session.get(SheetRow, (tx.tenant_id, id_))
    return found is not None and found.complaint_id == row.id


def _complaint(tx: Transaction, _: ComplaintRow, id_: UUID) -> bool:
    found = tx.session.get(ComplaintRow, (tx.tenant_id, id_))
    return found is not None and tx.ctx.covers(found.org_unit_id)


_KINDS: Mapping[str, Callable[[Transaction, ComplaintRow, UUID], bool]] = {
    "files": _file,
    "staff": _staff,
    "sheet": _sheet,
    "complaint": _complaint,
}
_SAYINGS: Mapping[str, tuple[str, str]] = {
    "files": ("must be files attached to this case; attach them first", "应为本案件的附件,请先上传"),
    "staff": ("must be somebody who works for the company; see /v1/staff", "应为在职员工,请查看 /v1/staff"),
    "sheet": ("must be a sheet of this case", "应为本案件的单据"),
    "complaint": ("must be a case you can see", "应为您可查看的案件"),
    "table": ("names staff, files or cases that are not there", "明细中引用的人员、附件或案件不存在"),
}


def _error(field: FieldSpec) -> Error:
    return error(field.key, "unknown", *_SAYINGS[field.kind])
