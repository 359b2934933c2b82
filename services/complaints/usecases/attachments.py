"""Files on a case (UX-2): the kind of file is told by its content, not by its name."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Any

from chassis.ids import new_id
from chassis.storage import Storage
from chassis.work import Transaction
from contracts.complaints.striking import STRIKE
from contracts.problems import INVALID, NOT_FOUND, both
from services.complaints.models import AttachmentRow
from services.complaints.queries.cases import family, load, load_standing
from services.complaints.usecases.cases import sheet_row
from services.complaints.usecases.effects import record
from services.complaints.usecases.striking import require_standing

MAX_BYTES = 20 * 1024 * 1024
_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
    (b"ID3", "audio/mpeg"),
    (b"#!AMR", "audio/amr"),
    (b"OggS", "audio/ogg"),
)


def add(tx: Transaction, data: dict[str, Any], storage: Storage) -> AttachmentRow:
    """Attach a file. Its content is stored first; a rolled-back transaction leaves only a file nobody names.

    Problems: `not_found` for the sheet it is to belong to, `invalid_request` for an empty or too large file, or one of
    an unknown kind.
    """
    row = load_standing(tx, data["complaint_id"])
    sheet = sheet_row(tx, row, data["sheet_id"]) if data.get("sheet_id") else None
    content = b64decode(data["content"])
    media_type = media_type_of(content)
    if not content or len(content) > MAX_BYTES or media_type is None:
        raise INVALID([{"field": "file", "code": "file", "message": _refusal(content)}])
    attachment = AttachmentRow(
        id=new_id(), complaint_id=row.id, filename=_plain(data["filename"]), media_type=media_type, size=len(content),
        sha256=storage.put(tx.tenant_id, content), kind=data.get("kind"), at=tx.now,
        by=tx.ctx.actor.name or tx.ctx.actor.kind, by_id=tx.ctx.actor.id,
        sheet_id=sheet.id if sheet else None,
    )  # fmt: skip
    tx.session.add(attachment)
    on = str(sheet.id) if sheet else None
    record(tx, row, "attachment", sheet_id=on, fields={"filename": attachment.filename, "sha256": attachment.sha256})
    row.attachments += 1
    if attachment.kind:
        row.work = {**row.work, "papers": sorted({*row.work.get("papers", ()), attachment.kind})}
    row.updated_at = tx.now
    tx.audit("attachment.added", "complaint", row.id, after={"sha256": attachment.sha256, "size": attachment.size})
    return attachment


def read(tx: Transaction, data: dict[str, Any], storage: Storage) -> dict[str, Any]:
    """The file with its content.

    Problems: `not_found`, `attachment_struck` for whoever may not strike files out.
    """
    row = load(tx, data["complaint_id"])
    attachment = tx.get(AttachmentRow, data["attachment_id"], kind="attachment")
    if attachment.complaint_id not in family(row):
        raise NOT_FOUND(kind="attachment")
    if not tx.ctx.may(STRIKE):
        require_standing(tx, attachment)
    facts = {column.key: getattr(attachment, column.key) for column in AttachmentRow.__table__.columns}
    return {**facts, "content": b64encode(storage.get(tx.tenant_id, attachment.sha256)).decode()}


def media_type_of(content: bytes) -> str | None:
    """The kind of file by its first bytes; None for one that is not taken."""
    for signature, media_type in _SIGNATURES:
        if content.startswith(signature):
            return media_type
    if content[4:8] == b"ftyp":
        return "video/mp4"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return "text/plain" if _is_text(content) else None


def _is_text(content: bytes) -> bool:
    try:
        return "\x00" not in content.decode()
    except UnicodeDecodeError:
        return False


def _refusal(content: bytes) -> dict[str, str]:
    if not content:
        return both("is empty", "文件为空")
    if len(content) > MAX_BYTES:
        size = len(content)
        return both(f"has {size} bytes; at most {MAX_BYTES} are taken", f"共 {size} 字节,最多 {MAX_BYTES} 字节")
    return both(
        "must be an image, PDF, office document, audio, video (MP4) or UTF-8 text",
        "应为图片、PDF、办公文档、音频、视频(MP4)或 UTF-8 文本",
    )


def _plain(filename: str) -> str:
    """The name without a path and without characters that could mislead a reader."""
    name = filename.replace("\\", "/").rpartition("/")[2]
    return "".join(c for c in name if c.isprintable())[-200:] or "file"
