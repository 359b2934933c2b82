"""Imports: a file is taken in at once, then worked through by a job in steps, each a transaction (PL-14).

What a row made is remembered by its key and content, so the same row again changes nothing. A step advances the
progress in the transaction of its effect: a job that dies is taken up where it stood.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert

from chassis.ids import new_id
from chassis.work import Transaction
from contracts.customers import IMPORT_FINISHED, UNREADABLE_FILE
from contracts.problems import Problem
from services.customers import schemas, sheets
from services.customers.domain import messages
from services.customers.domain.rows import CellError, Header, Row, read_row
from services.customers.models import Import, ImportFile, RowError
from services.customers.usecases.importing import Importer

MAX_MB = 20
MAX_ROWS = 20_000
MAX_ROWS_AT_ONCE = 5_000
"""all_or_nothing is one transaction: it holds up others (on SQLite all writers) while it lasts."""


def create(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """Take in a file. Raises unreadable_file for one that cannot be worked through at all."""
    content = _content(tx, data["content"])
    row = Import(
        tenant_id=tx.tenant_id, id=new_id(), kind=data["kind"], mode=data["mode"], state="queued",
        filename=str(data.get("filename") or "")[:200], sha256=hashlib.sha256(content).hexdigest(), created_at=tx.now,
        context=tx.ctx.with_(idempotency_key=None, deadline=None).to_json(), made_by=tx.ctx.actor.id,
        rows_total=0, rows_done=0, rows_created=0, rows_updated=0, rows_unchanged=0, rows_bad=0, attempts=0,
    )  # fmt: skip
    tx.session.add(row)
    tx.session.flush()
    tx.session.add(ImportFile(tenant_id=tx.tenant_id, import_id=row.id, content=content))
    tx.audit("import.created", "import", row.id, after={"mode": row.mode, "kind": row.kind, "sha256": row.sha256})
    return schemas.import_(row, [], tx.ctx.locale)


def _content(tx: Transaction, encoded: str) -> bytes:
    try:
        content = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _unreadable(tx, "bad_base64") from error
    if len(content) > MAX_MB * 1_000_000:
        raise _unreadable(tx, "too_large", max=MAX_MB)
    try:
        sheets.check(content)
    except sheets.Unreadable as error:
        raise _unreadable(tx, error.code, **error.params) from error
    return content


def _unreadable(tx: Transaction, code: str, **params: Any) -> Problem:
    return UNREADABLE_FILE(reason=messages.text(code, tx.ctx.locale, params), max_mb=MAX_MB, max_rows=MAX_ROWS)


@dataclass(frozen=True, slots=True)
class Lines:
    """A part of a file: its header and numbered rows of cells."""

    header: Header
    rows: Sequence[tuple[int, list[str]]]


class NotAll(Exception):
    """Some row of an all-or-nothing import cannot be stored."""

    def __init__(self, errors: list[CellError]) -> None:
        super().__init__(f"{len(errors)} errors")
        self.errors = errors


def begin(tx: Transaction, import_id: UUID, total: int, done: int) -> None:
    """Say how many rows there are. A check that starts over forgets what it found before."""
    row = tx.get(Import, import_id, kind="import")
    row.state, row.rows_total = "running", total
    if done == 0:
        _forget_findings(tx, row)


def store_all(tx: Transaction, import_id: UUID, lines: Lines, chunk: int) -> None:
    """Store every row and end the import, in this one transaction. Raises `NotAll`."""
    row = tx.get(Import, import_id, kind="import")
    _forget_findings(tx, row)
    importer = Importer(lines.header, store=True)
    for start in range(0, len(lines.rows), chunk):
        errors = work_through(tx, import_id, Lines(lines.header, lines.rows[start : start + chunk]), start, importer)
        if errors:
            raise NotAll(errors)
    finish(tx, import_id, "done")


def refuse(tx: Transaction, import_id: UUID, errors: Sequence[CellError]) -> None:
    """End the import with nothing stored, saying why."""
    keep_errors(tx, import_id, errors)
    row = tx.get(Import, import_id, kind="import")
    row.rows_created = row.rows_updated = row.rows_unchanged = 0
    row.rows_bad += len({error.row for error in errors if error.row > 1})
    finish(tx, import_id, "refused")


def _forget_findings(tx: Transaction, row: Import) -> None:
    tx.session.execute(delete(RowError).where(RowError.import_id == row.id))
    row.rows_done = row.rows_created = row.rows_updated = row.rows_unchanged = row.rows_bad = 0


def work_through(tx: Transaction, import_id: UUID, lines: Lines, at: int, importer: Importer) -> list[CellError]:
    """Check the rows that begin at `at` and, unless the importer only checks, store the good ones; keep the bad ones'
    errors and the progress. Returns the errors. Rows already counted (their commit was in doubt) are left out."""
    row = tx.get(Import, import_id, kind="import", lock=True)
    if row.rows_done != at:
        return []
    good, errors = _read(tx, lines)
    outcome = importer.take(tx, good)
    errors += outcome.errors
    keep_errors(tx, import_id, errors)
    row.rows_done += len(lines.rows)
    row.rows_created += outcome.created
    row.rows_updated += outcome.updated
    row.rows_unchanged += outcome.unchanged
    row.rows_bad += len({error.row for error in errors})
    return errors


def _read(tx: Transaction, lines: Lines) -> tuple[list[Row], list[CellError]]:
    today = tx.now.astimezone(tx.tenant.timezone).date()
    good: list[Row] = []
    errors: list[CellError] = []
    for number, cells in lines.rows:
        read = read_row(number, lines.header, cells, today)
        if isinstance(read, Row):
            good.append(read)
        else:
            errors += read
    return good, errors


def keep_errors(tx: Transaction, import_id: UUID, errors: Sequence[CellError]) -> None:
    """Keep what is wrong, without the values themselves."""
    rows = [
        {
            "tenant_id": tx.tenant_id, "id": new_id(), "import_id": import_id, "row": error.row,
            "column": error.column[:100], "code": error.code, "params": dict(error.params),
        }
        for error in errors
    ]  # fmt: skip
    if rows:
        tx.session.execute(insert(RowError), rows)


def finish(tx: Transaction, import_id: UUID, state: str) -> None:
    """End the import: the file, full of personal data, is dropped."""
    row = tx.get(Import, import_id, kind="import")
    row.state, row.finished_at = state, tx.now
    tx.session.execute(delete(ImportFile).where(ImportFile.import_id == import_id))
    counts = {name: getattr(row, name) for name in ("rows_created", "rows_updated", "rows_unchanged", "rows_bad")}
    tx.audit("import.finished", "import", row.id, after={"state": state, **counts})
    if row.mode != "dry_run":
        tx.emit(IMPORT_FINISHED, row.id, {"import_id": row.id, "kind": row.kind, "state": state, **counts})
