"""How a case is shown to one caller: in their language, with what they may do, masked as their permissions ask."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis import directory
from chassis.tables import DeadlineRow
from chassis.work import Transaction
from services.complaints.domain.case import Case, Person, Proposal
from services.complaints.domain.dossier import MISSING, state_of
from services.complaints.models import ComplaintRow, HistoryRow, SheetRow
from services.complaints.policy import Policy, Scope, text
from services.complaints.policy.specs import ActionSpec, DossierSpec, FieldSpec
from services.complaints.usecases.effects import money

UNMASK = "complaints.unmask"
_SAME = (
    "id", "number", "state", "process", "stage", "level", "priority", "category", "validity", "channel", "subject",
    "content", "org_unit_id", "handler_id", "due_at", "received_at", "updated_at", "closed_at", "version",
    "merged_into_id", "erased_at",
)  # fmt: skip
_DETAIL = (
    "policy_version", "remedy_sought", "group_size", "media_risk", "lawsuit_risk", "occurred_at", "external_ref",
    "outcome", "satisfaction",
)  # fmt: skip


class Named:
    """Names of staff by id, looked up once a reply."""

    def __init__(self, tx: Transaction) -> None:
        self._tx, self._known = tx, dict[str, str | None]()

    def __call__(self, staff_id: str | None) -> str | None:
        if staff_id is None:
            return None
        if staff_id not in self._known:
            entry = directory.staff(self._tx, UUID(staff_id))
            self._known[staff_id] = entry.name if entry else None
        return self._known[staff_id]


def summary(tx: Transaction, policy: Policy, row: ComplaintRow) -> dict[str, Any]:
    """A case as lists show it."""
    locale = tx.ctx.locale
    return {
        **{name: getattr(row, name) for name in _SAME},
        "stage_label": text(policy.processes[row.process].stages[row.stage].labels, locale),
        "level_label": policy.label("levels", row.level, locale),
        "category_label": policy.label("categories", row.category, locale),
        "complainant": complainant(row, clear=tx.ctx.may(UNMASK)),
        "overdue": row.due_at is not None and row.due_at < tx.now,
    }


def detail(row: ComplaintRow) -> dict[str, Any]:
    """What a case shows beyond its summary, straight from its columns."""
    return {name: getattr(row, name) for name in _DETAIL}


def complainant(row: ComplaintRow, *, clear: bool) -> dict[str, Any]:
    """Who complained; phone, e-mail and address hidden unless `clear` (SPEC PL-11)."""
    shown = {
        "name": row.complainant_name, "kind": row.complainant_kind, "customer_id": row.customer_id,
        "asset_id": row.asset_id, "vehicle_plate": row.vehicle_plate, "unit_no": row.unit_no,
        "phone": row.complainant_phone, "email": row.complainant_email, "address": row.complainant_address,
    }  # fmt: skip
    if not clear:
        shown |= {name: masked(shown[name]) for name in ("phone", "email", "address")}
    return shown


def masked(value: Any) -> str | None:
    """The ends of a text, so that who knows it recognises it: `138****5678`."""
    if not value:
        return None
    plain = str(value)
    return f"{plain[:3]}****{plain[-4:]}" if len(plain) >= 9 else f"{plain[:1]}****"


def history_entry(tx: Transaction, policy: Policy, entry: HistoryRow) -> dict[str, Any]:
    """An entry of the history with its action's label."""
    facts = {column.key: getattr(entry, column.key) for column in HistoryRow.__table__.columns}
    return {**facts, "label": entry_label(tx, policy, entry)}


_WHAT: Mapping[str, Mapping[str, str]] = {
    "registered": {"zh-CN": "受理", "en": "Registered"},
    "amended": {"zh-CN": "补充或更正", "en": "Amended"},
    "moved": {"zh-CN": "进入下一阶段", "en": "Moved on"},
    "level": {"zh-CN": "级别调整", "en": "Level changed"},
    "decided": {"zh-CN": "审批结果", "en": "Decided"},
    "sheet_opened": {"zh-CN": "开具单据", "en": "Sheet opened"},
    "sheet_closed": {"zh-CN": "单据办结", "en": "Sheet closed"},
    "paused": {"zh-CN": "时限暂停", "en": "Clocks paused"},
    "resumed": {"zh-CN": "时限恢复", "en": "Clocks resumed"},
    "reminded": {"zh-CN": "时限提醒", "en": "Reminded"},
    "breached": {"zh-CN": "超时", "en": "Deadline missed"},
    "closed": {"zh-CN": "结案", "en": "Closed"},
    "reopened": {"zh-CN": "重新打开", "en": "Reopened"},
    "followed": {"zh-CN": "新建关联投诉", "en": "Followed by another case"},
    "finding": {"zh-CN": "责任认定", "en": "Finding of responsibility"},
    "linked": {"zh-CN": "关联客户", "en": "Customer found"},
    "unmasked": {"zh-CN": "查看个人信息", "en": "Personal data seen"},
    "attachment": {"zh-CN": "添加附件", "en": "File attached"},
    "struck": {"zh-CN": "作废附件", "en": "File struck out"},
    "like": {"zh-CN": "出现同类投诉", "en": "A like case came in"},
    "merged": {"zh-CN": "并入其他案件", "en": "Merged into another case"},
    "merged_here": {"zh-CN": "并入重复案件", "en": "A duplicate was merged into it"},
    "unmerged": {"zh-CN": "撤销合并", "en": "Taken out again"},
    "unmerged_here": {"zh-CN": "撤出已并入的案件", "en": "A merged case was taken out"},
    "split": {"zh-CN": "拆分", "en": "Split"},
    "split_off": {"zh-CN": "由拆分产生", "en": "Came of a split"},
    "said": {"zh-CN": "投诉人在进度页面答复", "en": "The complainant answered on the status page"},
    "link": {"zh-CN": "发出进度查询链接", "en": "Status link issued"},
    "link_revoked": {"zh-CN": "撤销进度查询链接", "en": "Status links revoked"},
    "erased": {"zh-CN": "档案已销毁", "en": "Its file was destroyed"},
}


def entry_label(tx: Transaction, policy: Policy, entry: HistoryRow) -> str:
    """What happened, in the caller's language."""
    spec = action_of(policy, entry)
    if spec is not None:
        return text(spec.labels, tx.ctx.locale)
    return text(_WHAT[entry.what], tx.ctx.locale) if entry.what in _WHAT else entry.what


def action_of(policy: Policy, entry: HistoryRow) -> ActionSpec | None:
    """The action an entry tells of; None when it tells of none, or of one the policy does not know."""
    if not entry.action or not entry.from_stage:
        return None
    flows = [sheet.flow for sheet in policy.sheets.values()] if entry.sheet_id else policy.processes.values()
    for flow in flows:
        spec = flow.action(entry.from_stage, entry.action) if entry.from_stage in flow.stages else None
        if spec is not None:
            return spec
    return None


def action(spec: ActionSpec, locale: str) -> dict[str, Any]:
    """An action as the caller may take it."""
    return {
        "name": spec.key, "label": text(spec.labels, locale), "form": spec.form,
        "fields": [field(one, locale) for one in spec.fields],
    }  # fmt: skip


def field(spec: FieldSpec, locale: str) -> dict[str, Any]:
    """One input of an action or of intake."""
    choices = None
    if spec.choices is not None:
        choices = [{"value": value, "label": text(labels, locale)} for value, labels in spec.choices.items()]
    return {
        "name": spec.key, "label": text(spec.labels, locale), "kind": spec.kind, "required": spec.required,
        "help": text(spec.help, locale) if spec.help else None, "choices": choices,
        "columns": [field(column, locale) for column in spec.columns] or None,
    }  # fmt: skip


def proposal(policy: Policy, one: Proposal, people: Any, locale: str) -> dict[str, Any]:
    """A proposal with who decides it, in order."""
    return {
        "kind": one.kind, "label": authority_label(policy, one.kind, locale), "amount": money(one.amount),
        "text": one.text, "by": one.by, "by_id": one.by_id, "at": one.at, "state": one.state,
        "chain": [people.names(group, locale) for group in one.chain],
        "decisions": [
            {"by": d.by, "by_id": d.by_id, "role": d.role, "verdict": d.verdict, "note": d.note, "at": d.at}
            for d in one.decisions
        ],
    }  # fmt: skip


def authority_label(policy: Policy, kind: str, locale: str) -> str:
    """What the policy calls that kind of decision."""
    found = next(one for one in policy.document["authority"] if one["key"] == kind)
    return text(found["labels"], locale)


def waiter(people: Any, person: Person, named: Named, locale: str) -> dict[str, Any]:
    """Whom a case or sheet waits for."""
    label = named(person.staff_id) or (people.role_name(person.role, locale) if person.role else "")
    return {"label": label, "role": person.role, "staff_id": person.staff_id}


def deadline(policy: Policy, clock: DeadlineRow, locale: str, now: datetime) -> dict[str, Any]:
    """A clock of the case."""
    spec = policy.deadlines[clock.data["deadline"]]
    late = clock.state not in {"done", "held"} and clock.due_at < now and clock.paused_at is None
    return {
        "id": clock.id, "kind": spec.key, "label": text(spec.labels, locale), "sheet_id": clock.data["sheet_id"],
        "started_at": clock.started_at, "due_at": clock.due_at, "remind_at": clock.remind_at,
        "state": "breached" if late else clock.state, "breaches": clock.breaches, "ended_at": clock.ended_at,
    }  # fmt: skip


def ticks(policy: Policy, case: Case, locale: str) -> list[dict[str, Any]]:
    """The policy's checks with what was ticked (PC-1)."""
    shown = []
    for key, tick in policy.ticks.items():
        ticked = case.ticks.get(key)
        shown.append(
            {
                "key": key, "label": text(tick["labels"], locale), "done": ticked is not None,
                "by": ticked.by if ticked else None, "at": ticked.at if ticked else None,
                "evidence": ticked.evidence if ticked else None,
            }
        )  # fmt: skip
    return shown


def parties(policy: Policy, case: Case, named: Named, locale: str) -> list[dict[str, Any]]:
    """Who has which part."""
    return [
        {
            "party": key, "label": policy.label("parties", key, locale), "staff_id": part.staff_id,
            "name": named(part.staff_id), "role": None, "department": part.department,
        }
        for key, part in case.parts.items()
    ]  # fmt: skip


def level_reasons(policy: Policy, case: Case, locale: str) -> list[dict[str, Any]]:
    """Why the case has its level, oldest first (RF-4)."""
    labels = {rule.key: rule.labels for rule in (*policy.severity.rules, *policy.severity.raises)}
    return [
        {"rule": r.rule, "text": r.note or (text(labels[r.rule], locale) if r.rule in labels else r.rule), "at": r.at}
        for r in case.reasons
    ]


def sheet_summary(
    tx: Transaction, policy: Policy, row: ComplaintRow, sheet: SheetRow, waits: list[dict[str, Any]]
) -> dict[str, Any]:
    """A sheet as lists show it."""
    spec = policy.sheets[sheet.kind]
    return {
        "id": sheet.id, "complaint_id": row.id, "complaint_number": row.number, "number": sheet.number,
        "kind": sheet.kind, "nature": sheet.nature, "label": text(spec.labels, tx.ctx.locale), "state": sheet.state,
        "stage": sheet.stage, "stage_label": text(spec.flow.stages[sheet.stage].labels, tx.ctx.locale),
        "waits_for": waits, "opened_at": sheet.opened_at, "closed_at": sheet.closed_at, "due_at": sheet.due_at,
        "version": sheet.version,
    }  # fmt: skip


def forms(policy: Policy, case: Case, locale: str) -> list[dict[str, Any]]:
    """The case's forms as filled in so far, and which of them the present stage needs (SPEC PL-9)."""
    stage = policy.processes[case.flow.key].stages[case.flow.stage]
    shown = []
    for key, form in policy.forms.items():
        values = case.forms.get(key, {})
        rows = [
            {
                "name": name, "label": text(spec.labels, locale), "kind": spec.kind, "required": spec.required,
                "value": values.get(name),
            }
            for name, spec in form.fields.items()
        ]  # fmt: skip
        complete = all(row["value"] is not None for row in rows if row["required"])
        shown.append(
            {
                "key": key, "label": text(form.labels, locale), "complete": complete and bool(values),
                "required_here": key in stage.forms, "internal": form.internal, "values": rows,
            }
        )  # fmt: skip
    return shown


def dossier(spec: DossierSpec, case: Case, scope: Scope, locale: str) -> dict[str, Any]:
    """A dossier with the state of each paper."""
    papers = [
        {"key": paper.key, "label": text(paper.labels, locale), "state": state_of(paper, case, scope)}
        for paper in spec.papers
    ]
    complete = all(paper["state"] != MISSING for paper in papers)
    return {"key": spec.key, "label": text(spec.labels, locale), "complete": complete, "papers": papers}
