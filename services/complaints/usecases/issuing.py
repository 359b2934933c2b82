"""Staff give out links to the status page, and take them back (SPEC IS-4, UX-13)."""

from __future__ import annotations

import io
from base64 import b64encode
from typing import Any

from sqlalchemy import update

from chassis.work import Transaction
from services.complaints.models import StatusLinkRow
from services.complaints.queries.cases import load, load_whole
from services.complaints.usecases.effects import record
from services.complaints.usecases.links import CODE_LETTERS, mint

_QR_SCALE = 8


def issue(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """A link and a code for staff to hand over; on the record (UX-11)."""
    row = load_whole(tx, data["complaint_id"])
    made = mint(tx, row.id, row.number)
    record(tx, row, "link")
    tx.audit("status_link.issued", "complaint", row.id)
    return {
        "number": row.number, "url": made.url, "token": made.token, "expires_at": made.expires_at,
        "code": f"{made.code[: CODE_LETTERS // 2]}-{made.code[CODE_LETTERS // 2 :]}",
    }  # fmt: skip


def revoke(tx: Transaction, data: dict[str, Any]) -> None:
    """No link or code of the case is good any more, from this commit on."""
    row = load(tx, data["complaint_id"])
    good = (StatusLinkRow.complaint_id == row.id, StatusLinkRow.revoked_at.is_(None))
    tx.session.execute(update(StatusLinkRow).where(*good).values(revoked_at=tx.now))
    record(tx, row, "link_revoked")
    tx.audit("status_link.revoked", "complaint", row.id)


def with_qr(issued: dict[str, Any]) -> dict[str, Any]:
    """What was issued with its address as a picture to print; done outside the transaction, for it takes a while."""
    if issued["url"] is None:
        return {**issued, "qr_svg": None, "qr_png": None}
    import segno  # heavy, and needed here only

    code = segno.make(issued["url"], error="m", micro=False)
    svg, png = io.BytesIO(), io.BytesIO()
    code.save(svg, kind="svg", scale=_QR_SCALE)
    code.save(png, kind="png", scale=_QR_SCALE)
    return {**issued, "qr_svg": svg.getvalue().decode(), "qr_png": b64encode(png.getvalue()).decode()}
