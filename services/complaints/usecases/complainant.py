"""What the complainant does on the status page: write, send files, answer, rate (SPEC IS-4, IS-7, UX-13)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from chassis.ids import new_id
from chassis.storage import Storage
from chassis.work import Transaction
from contracts.complaints import CLOSED_FOR_GOOD, NOT_ASKED_NOW, TOO_MUCH_SAID
from contracts.problems import INVALID, NOT_FOUND, both
from services.complaints.domain import disclosure
from services.complaints.domain.case import CLOSED
from services.complaints.domain.complainant import RATED, hear
from services.complaints.domain.scope import reopenable
from services.complaints.domain.values import error
from services.complaints.models import AttachmentRow, ComplaintRow, StatementRow
from services.complaints.policy import Policy
from services.complaints.queries import status
from services.complaints.queries.cases import policy_of, survivor_of
from services.complaints.usecases import attachments, links, store
from services.complaints.usecases.caller import new_text_id, now_of
from services.complaints.usecases.cases import save
from services.complaints.usecases.effects import record

MAX_STATEMENTS = 200
"""Of one complainant on one case."""
MAX_FILES = 40


def write(tx: Transaction, data: dict[str, Any]) -> ComplaintRow:
    """A message; on a closed case it asks for reopening, which the handler decides (UX-12).

    Problems: `closed_for_good`, `too_much_said`, `invalid_request` for files that were not sent here.
    """
    row = _own_case(tx)
    kind = "reopening" if survivor_of(tx, row).state == CLOSED else "message"
    _say(tx, row, kind, data["text"], files=_own_files(tx, row, data["files"]))
    return row


def add_file(tx: Transaction, data: dict[str, Any], storage: Storage) -> AttachmentRow:
    """A file for a message to come: the same kinds and sizes as staff may attach (UX-2)."""
    row = _own_case(tx)
    _refuse_when_over(tx, row)
    of_case = AttachmentRow.complaint_id.in_((row.id, survivor_of(tx, row).id))
    sent = select(func.count(AttachmentRow.id)).where(of_case, AttachmentRow.by_id == tx.ctx.actor.id)
    if (tx.session.scalar(sent) or 0) >= MAX_FILES:
        raise _too_much(tx, row, MAX_FILES)
    return attachments.add(tx, {**data, "complaint_id": survivor_of(tx, row).id}, storage)


def read_file(tx: Transaction, data: dict[str, Any], storage: Storage) -> dict[str, Any]:
    """A file that went with a message on the status page; any other is `not_found`."""
    row = links.case_of_caller(tx)
    said = tx.session.scalars(select(StatementRow.files).where(StatementRow.complaint_id == row.id))
    own = {file for files in said for file in files}
    if str(data["file_id"]) not in own:
        raise NOT_FOUND(kind="attachment")
    file = tx.get(AttachmentRow, data["file_id"], kind="attachment")
    if file.struck_at is not None:
        raise NOT_FOUND(kind="attachment")
    return attachments.read(tx, {"complaint_id": file.complaint_id, "attachment_id": file.id}, storage)


def answer(tx: Transaction, data: dict[str, Any]) -> ComplaintRow:
    """Accept or refuse the decision as it stands. A refusal is put before the handler and closes nothing (IS-7).

    Problems: `not_asked_now` without a decision, `invalid_request` for a refusal without words.
    """
    row = _own_case(tx)
    standing = survivor_of(tx, row)
    shown = status.disclosed(tx, row, standing)
    if not shown or standing.state == CLOSED:
        raise NOT_ASKED_NOW(why=_NO_DECISION)
    if not data["accepted"] and not data["text"]:
        wanted = error("text", "required", "say why, so that it can be looked at again", "请说明原因,以便重新处理")
        raise INVALID([wanted])
    kind = "accepted" if data["accepted"] else "refused"
    _say(tx, row, kind, data["text"], about=disclosure.fingerprint(shown))
    return row


def rate(tx: Transaction, data: dict[str, Any]) -> ComplaintRow:
    """How satisfied the complainant is. It is theirs, kept apart from what staff ask; a policy's hook may make it the
    case's own (AD-6). Problems: `not_asked_now` before a decision, `invalid_request`."""
    row = _own_case(tx)
    standing = survivor_of(tx, row)
    policy = policy_of(tx, standing)
    if standing.state != CLOSED and not status.disclosed(tx, row, standing):
        raise NOT_ASKED_NOW(why=_NO_DECISION)
    choices = [key for key, one in policy.satisfaction.items() if "satisfied" in one]
    if data["satisfaction"] not in choices:
        known = ", ".join(choices)
        wrong = error("satisfaction", "not_a_choice", f"must be one of: {known}", f"应为以下之一:{known}")
        raise INVALID([wrong])
    _say(tx, row, RATED, data["text"], satisfaction=data["satisfaction"])
    return row


def _own_case(tx: Transaction) -> ComplaintRow:
    """The caller's case, locked together with the one that stands for it: what they say changes that one."""
    row = links.case_of_caller(tx, lock=True)
    survivor_of(tx, row, lock=True)
    return row


_NO_DECISION = both("there is no decision yet", "尚未作出处理决定")


def _say(tx: Transaction, row: ComplaintRow, kind: str, words: str, **more: Any) -> None:
    """Keep it, put it on the record, and let the engine do what follows: to the case that stands for this one, when it
    was merged (UX-1)."""
    standing = survivor_of(tx, row)
    if kind != RATED:
        _refuse_when_over(tx, row)
    count = select(func.count(StatementRow.id)).where(StatementRow.complaint_id == row.id)
    if (tx.session.scalar(count) or 0) >= MAX_STATEMENTS:
        raise _too_much(tx, row, MAX_STATEMENTS)
    tx.session.add(
        StatementRow(
            id=new_id(), complaint_id=row.id, at=tx.now, kind=kind, text=words,
            **{"files": [], "satisfaction": None, "about": None, **more},
        )
    )  # fmt: skip
    record(tx, row, "said", fields={"kind": kind, **_facts(more)}, note=words)
    tx.audit(f"complainant.{kind}", "complaint", row.id)
    policy, case = policy_of(tx, standing), store.case_of(standing)
    outcome = hear(policy, case, kind, words, more.get("satisfaction") or "", now_of(tx), new_text_id)
    save(tx, policy, standing, outcome)


def _facts(more: dict[str, Any]) -> dict[str, Any]:
    return {name: more[name] for name in ("satisfaction", "files") if more.get(name)}


def _refuse_when_over(tx: Transaction, row: ComplaintRow) -> None:
    """A case closed for longer than it can be reopened takes nothing more here; we say how to reach us."""
    standing = survivor_of(tx, row)
    policy, case = policy_of(tx, standing), store.case_of(standing)
    if case.state == CLOSED and case.closed_at is not None and not reopenable(policy, case, now_of(tx)):
        raise CLOSED_FOR_GOOD(closed_on=now_of(tx).day(case.closed_at).isoformat(), contact=_contact(policy))


def _too_much(tx: Transaction, row: ComplaintRow, limit: int) -> Exception:
    return TOO_MUCH_SAID(limit=limit, contact=_contact(policy_of(tx, row)))


def _contact(policy: Policy) -> dict[str, str]:
    return dict(policy.status_page.get("contact") or both("", ""))


def _own_files(tx: Transaction, row: ComplaintRow, ids: Sequence[UUID]) -> list[str]:
    """Those ids, each of a file the complainant sent on this very case."""
    for id_ in ids:
        found = tx.session.get(AttachmentRow, (tx.tenant_id, id_))
        if (
            found is None
            or found.struck_at is not None
            or found.complaint_id not in {row.id, survivor_of(tx, row).id}
            or found.by_id != tx.ctx.actor.id
        ):
            unknown = error("files", "unknown", "must be files sent to /v1/status/files before", "请先上传文件")
            raise INVALID([unknown])
    return [str(id_) for id_ in ids]
