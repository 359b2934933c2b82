"""A kept report as a file: made at its first download, stored, and the same bytes ever after (SPEC PL-13)."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.exc import IntegrityError

from chassis import press
from chassis.rpc import Call
from chassis.storage import Storage
from chassis.work import Transaction
from services.complaints.models import KeptReport, ReportFile
from services.complaints.queries import kept_reports

_MEDIA_TYPES = {"xlsx": press.XLSX, "pdf": press.PDF}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A report as somebody wants it; `file` when it was made before."""

    row: KeptReport
    file: ReportFile | None
    format: str
    locale: str
    company: str
    zone: ZoneInfo


def download(call: Call, storage: Storage) -> dict[str, str]:
    """The file. Rendering stands between two transactions, never in one.

    Problems: `not_found`, `printing_unavailable`.
    """
    wanted: Wanted = call.look(_wanted)
    file = wanted.file or _kept(call, storage, wanted)
    content = storage.get(file.tenant_id, file.sha256)
    return {
        "filename": file.filename, "media_type": _MEDIA_TYPES[file.format], "content": b64encode(content).decode(),
    }  # fmt: skip


def _wanted(tx: Transaction, data: dict[str, Any]) -> Wanted:
    row = kept_reports.load(tx, data["report_id"])
    locale = data.get("locale") or tx.ctx.locale
    file = tx.session.get(ReportFile, (tx.tenant_id, row.id, data["format"], locale))
    return Wanted(row, file, data["format"], locale, tx.tenant.name, tx.tenant.timezone)


def _kept(call: Call, storage: Storage, wanted: Wanted) -> ReportFile:
    filename, content = _rendered(wanted)
    sha256 = storage.put(wanted.row.tenant_id, content)
    try:
        with call.work.begin(call.ctx) as tx:
            file = ReportFile(
                tenant_id=tx.tenant_id, report_id=wanted.row.id, format=wanted.format, locale=wanted.locale,
                filename=filename, size=len(content), sha256=sha256, made_at=tx.now,
            )  # fmt: skip
            tx.session.add(file)
    except IntegrityError:  # somebody else's first download was faster: theirs it is
        found: Wanted = call.look(_wanted)
        assert found.file is not None
        return found.file
    return file


def _rendered(wanted: Wanted) -> tuple[str, bytes]:
    from services.complaints.reporting import books, layout, pages  # only those who print need them

    laid_out = layout.laid_out(wanted.row, wanted.company, wanted.zone, wanted.locale)
    content = books.workbook(laid_out) if wanted.format == "xlsx" else pages.pdf(laid_out)
    return laid_out.filename(wanted.format), content
