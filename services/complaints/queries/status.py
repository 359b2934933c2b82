"""The case as its complainant may see it (SPEC IS-4, IS-6): their own words, where it stands, what was decided.

What is not put together here by name is not shown: no people, no internal notes or forms, no level, no other case.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from chassis.work import Transaction
from services.complaints.domain import disclosure
from services.complaints.domain.approvals import yuan
from services.complaints.domain.case import CLOSED, WAITING, Case
from services.complaints.domain.complainant import ANSWERS, RATED, REFUSED
from services.complaints.domain.disclosure import Disclosure
from services.complaints.domain.scope import reopenable
from services.complaints.models import AttachmentRow, ComplaintRow, HistoryRow, StatementRow
from services.complaints.policy import Policy, text
from services.complaints.policy.specs import FieldSpec, StageSpec
from services.complaints.queries.cases import policy_of, survivor_of
from services.complaints.usecases import links, store
from services.complaints.usecases.caller import now_of

PROGRESS: Mapping[str, Mapping[str, str]] = {
    "received": {"zh-CN": "已受理", "en": "Received"},
    "working": {"zh-CN": "处理中", "en": "Being worked on"},
    "waiting": {"zh-CN": "等待您的回复", "en": "Waiting for you"},
    "decided": {"zh-CN": "已有处理结果", "en": "Decided"},
    "closed": {"zh-CN": "已办结", "en": "Closed"},
}
"""For stages to which the policy gives no words of the complainant's."""
_YES: Mapping[bool, Mapping[str, str]] = {True: {"zh-CN": "是", "en": "Yes"}, False: {"zh-CN": "否", "en": "No"}}
MAX_STATEMENTS = 500
COMPLAINANT = "complainant"
"""Whom a note is for, when it is not for the company's own people."""


def status(tx: Transaction, _data: dict[str, Any]) -> dict[str, Any]:
    """The caller's own case."""
    return shown(tx, links.case_of_caller(tx))


def afterwards(tx: Transaction, row: ComplaintRow) -> dict[str, Any]:
    """The case after something was said on it."""
    tx.write()  # its newest steps and messages are among what goes out last
    return shown(tx, row)


def shown(tx: Transaction, row: ComplaintRow) -> dict[str, Any]:
    """The case `row` for its complainant; merged into another, it stands where that one does (UX-1)."""
    standing, locale = survivor_of(tx, row), tx.ctx.locale
    policy, case = policy_of(tx, standing), store.case_of(standing)
    public = disclosed(tx, row, standing)
    progress = disclosure.progress(policy, case, public)
    said = _statements(tx, row)
    page, answer = policy.status_page, _answer(said, public)
    refused = answer == REFUSED and case.refusal_stands
    return {
        "company": tx.tenant.name, "timezone": tx.tenant.timezone.key, "number": row.number,
        "received_at": row.received_at, "content": row.content, "remedy_sought": row.remedy_sought,
        "category_label": policy.label("categories", row.category, locale), "progress": progress,
        "progress_label": _progress_label(policy, case, progress, locale),
        "steps": _steps(tx, policy_of(tx, row), row, locale),
        "waiting_for": _waiting_for(tx, policy, standing, locale), "next_reply_at": _next_reply(tx, policy, standing),
        "decision": [_disclosed(tx, one, locale) for one in public], "answer": answer,
        "next_step": _text(page.get("refused"), locale) if refused else None,
        "recourse": _text(page.get("recourse"), locale) if public else None,
        "contact": _text(page.get("contact"), locale), "messages": _messages(tx, row, said),
        "ratings": [
            {"value": key, "label": text(one["labels"], locale)}
            for key, one in policy.satisfaction.items()
            if "satisfied" in one
        ],
        "rating": _rating(policy, said, locale), "closed_at": standing.closed_at,
        "outcome_label": _outcome(policy, standing, locale), "may": _may(tx, policy, case, public),
    }  # fmt: skip


def disclosed(tx: Transaction, row: ComplaintRow, standing: ComplaintRow) -> list[Disclosure]:
    """What of the decision the complainant of `row` may read. That of a case theirs was merged into is theirs only when
    they brought both: it may speak of somebody else."""
    if row.complainant_key != standing.complainant_key:
        return []
    return disclosure.decision(policy_of(tx, standing), store.case_of(standing), now_of(tx))


def _may(tx: Transaction, policy: Policy, case: Case, public: Sequence[Disclosure]) -> dict[str, bool]:
    closed = case.state == CLOSED
    again = reopenable(policy, case, now_of(tx))
    return {
        "write": not closed or again, "ask_reopening": again, "answer": bool(public) and not closed,
        "rate": bool(public) or closed,
    }  # fmt: skip


def _progress_label(policy: Policy, case: Case, progress: str, locale: str) -> str:
    stage = policy.processes[case.flow.key].stages[case.flow.stage]
    own = None if progress in {WAITING, CLOSED} else stage.public
    return text(own or PROGRESS[progress], locale)


def _steps(tx: Transaction, policy: Policy, row: ComplaintRow, locale: str) -> list[dict[str, Any]]:
    """The way the case went, in the complainant's words; stages that read the same are one step."""
    went = (
        select(HistoryRow.at, HistoryRow.to_stage)
        .where(HistoryRow.complaint_id == row.id, HistoryRow.sheet_id.is_(None), HistoryRow.to_stage.is_not(None))
        .order_by(HistoryRow.id)
    )
    stages = policy.processes[row.process].stages
    steps = [{"label": text(PROGRESS[disclosure.RECEIVED], locale), "at": row.received_at}]
    for at, key in tx.session.execute(went):
        label = _stage_label(stages.get(key or ""), key == policy.processes[row.process].start, locale)
        if label != steps[-1]["label"]:
            steps.append({"label": label, "at": at})
    return steps


def _stage_label(stage: StageSpec | None, first: bool, locale: str) -> str:
    if stage is not None and stage.public:
        return text(stage.public, locale)
    if stage is not None and stage.final:
        return text(PROGRESS[CLOSED], locale)
    return text(PROGRESS[disclosure.RECEIVED if first else disclosure.WORKING], locale)


def _waiting_for(tx: Transaction, policy: Policy, row: ComplaintRow, locale: str) -> str | None:
    if row.state != WAITING:
        return None
    paused = select(HistoryRow.note).where(HistoryRow.complaint_id == row.id, HistoryRow.what == "paused")
    reason = tx.session.scalar(paused.order_by(HistoryRow.id.desc()).limit(1))
    return policy.label("pause_reasons", reason, locale)


def _next_reply(tx: Transaction, policy: Policy, row: ComplaintRow) -> datetime | None:
    """The end of the first clock that the policy tells the complainant of."""
    promised = (
        clock.due_at
        for clock in tx.deadlines.running(row.id)
        if (spec := policy.deadlines.get(clock.data["deadline"])) and spec.public and clock.paused_at is None
    )
    return min(promised, default=None)


def _disclosed(tx: Transaction, one: Disclosure, locale: str) -> dict[str, Any]:
    words = _words(tx, one.field, one.value, locale)
    return {"part": one.part, "label": text(one.field.labels, locale), "text": words}


def _words(tx: Transaction, field: FieldSpec, value: Any, locale: str) -> str:
    """A value of a kind that can be shown (contracts.policies.complaints.vocabulary.SHOWN), for people."""
    if field.kind == "choice" and field.choices and value in field.choices:
        return text(field.choices[value], locale)
    if field.kind == "boolean":
        return text(_YES[bool(value)], locale)
    if field.kind == "money":
        return f"¥{yuan(value['amount'] if isinstance(value, Mapping) else value)}"
    if field.kind == "percent":
        return f"{value}%"
    if field.kind == "moment":
        return datetime.fromisoformat(value).astimezone(tx.tenant.timezone).strftime("%Y-%m-%d %H:%M")
    return str(value)


def _statements(tx: Transaction, row: ComplaintRow) -> list[StatementRow]:
    found = select(StatementRow).where(StatementRow.complaint_id == row.id).order_by(StatementRow.id)
    return list(tx.session.scalars(found.limit(MAX_STATEMENTS)))


def _answer(said: Iterable[StatementRow], public: Sequence[Disclosure]) -> str | None:
    """What the complainant last said to this very decision."""
    about = disclosure.fingerprint(public) if public else None
    answers = [one.kind for one in said if one.kind in ANSWERS and one.about == about]
    return answers[-1] if answers and about else None


def _messages(tx: Transaction, row: ComplaintRow, said: Sequence[StatementRow]) -> list[dict[str, Any]]:
    """What was said from both sides, oldest first."""
    return sorted([*_theirs(tx, said), *_ours(tx, row)], key=lambda message: (message["at"], str(message["id"])))


def _ours(tx: Transaction, row: ComplaintRow) -> list[dict[str, Any]]:
    """Notes that staff wrote for the complainant (UX-7)."""
    told = select(HistoryRow).where(HistoryRow.complaint_id == row.id, HistoryRow.audience == COMPLAINANT)
    return [
        {
            "id": one.id,
            "at": one.at,
            "from_us": True,
            "kind": "message",
            "text": one.fields.get("note", ""),
            "files": [],
        }
        for one in tx.session.scalars(told.order_by(HistoryRow.id).limit(MAX_STATEMENTS))
    ]


def _theirs(tx: Transaction, said: Sequence[StatementRow]) -> list[dict[str, Any]]:
    files = _files(tx, [UUID(file) for one in said for file in one.files])
    return [
        {
            "id": one.id, "at": one.at, "from_us": False, "kind": one.kind, "text": one.text,
            "files": [files[file] for file in one.files if file in files],
        }
        for one in said
        if one.kind != RATED
    ]  # fmt: skip


def _files(tx: Transaction, ids: Sequence[UUID]) -> dict[str, AttachmentRow]:
    if not ids:
        return {}
    standing = select(AttachmentRow).where(AttachmentRow.id.in_(ids), AttachmentRow.struck_at.is_(None))
    found = tx.session.scalars(standing)
    return {str(file.id): file for file in found}


def _rating(policy: Policy, said: Sequence[StatementRow], locale: str) -> dict[str, Any] | None:
    rated = [one for one in said if one.kind == RATED]
    if not rated:
        return None
    last = rated[-1]
    label = policy.label("satisfaction", last.satisfaction, locale)
    return {"satisfaction": last.satisfaction, "label": label, "text": last.text, "at": last.at}


def _outcome(policy: Policy, row: ComplaintRow, locale: str) -> str | None:
    if row.state != CLOSED or not row.outcome:
        return None
    return _text(policy.outcomes.get(row.outcome, {}).get("public"), locale)


def _text(labels: Mapping[str, str] | None, locale: str) -> str | None:
    return text(labels, locale) if labels else None
