"""Reply templates, the company's over its policy's, and what they say about a case (SPEC UX-8)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import select

from chassis.paging import page
from chassis.wordings import Reader, Unusable, show
from chassis.work import Transaction
from contracts.policies.complaints.vocabulary import REPLY_VARIABLES
from contracts.policies.wording import fill, placeholders
from contracts.problems import NOT_FOUND
from services.complaints import schemas
from services.complaints.domain.case import APPROVED, Case, Proposal
from services.complaints.models import ComplaintRow, ReplyTemplateRow, ReplyTemplateVersionRow
from services.complaints.policy import Policy, text
from services.complaints.queries.cases import active_policy, load, policy_of
from services.complaints.usecases import store
from services.complaints.usecases.effects import money


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A wording in force."""

    id: UUID
    key: str
    labels: Mapping[str, str]
    texts: Mapping[str, str]
    categories: tuple[str, ...]
    stages: tuple[str, ...]
    origin: str
    version: int


def listed(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """All that fit, by key. There are few: they are read at once, and told page by page."""
    after = data.get("cursor") or ""
    fitting = (one for key, one in sorted(_all(tx).items()) if key > after and _fits(one, data))
    chosen = list(islice(fitting, data["limit"] + 1))
    here = chosen[: data["limit"]]
    return {
        "items": [shown(tx, one) for one in here],
        "next_cursor": here[-1].key if len(chosen) > len(here) else None,
    }


def one(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """The template `reply_template_id`."""
    return shown(tx, template(tx, data["reply_template_id"]))


def template(tx: Transaction, template_id: UUID) -> Template:
    """The wording in force; `not_found` when neither the company nor its policy has it."""
    found = next((one for one in _all(tx).values() if one.id == template_id), None)
    if found is None:
        raise NOT_FOUND(kind="reply template")
    return found


def versions(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """How the company worded it, newest first."""
    found = template(tx, data["reply_template_id"])
    statement = select(ReplyTemplateVersionRow).where(ReplyTemplateVersionRow.template_id == found.id)
    return page(tx, statement, sort=[(ReplyTemplateVersionRow.id, "desc")], data=data)


def rendered(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """The template about a case, as the caller may see its facts. Problem: `not_found` for either."""
    row = load(tx, data["complaint_id"])
    return render(tx, row, template(tx, data["reply_template_id"]), data.get("language"))


def render(tx: Transaction, row: ComplaintRow, found: Template, language: str | None) -> dict[str, Any]:
    """Text, its language, and the variables the case has no value for."""
    wanted = language or tx.ctx.locale
    spoken = wanted if wanted in found.texts else next(iter(found.texts))
    wording, reader = found.texts[spoken], Reader(spoken, tx.tenant.timezone)
    values = _values(tx, policy_of(tx, row), row)
    texts: dict[str, str] = {}
    missing = []
    for name in placeholders(wording):
        try:
            texts[name] = show(REPLY_VARIABLES[name], values.get(name), reader)
        except Unusable:
            missing.append(name)
    return {"text": fill(wording, texts), "language": spoken, "missing": missing}


def shown(tx: Transaction, found: Template) -> dict[str, Any]:
    """A template as its reader sees it."""
    return {
        "id": found.id, "key": found.key, "label": text(found.labels, tx.ctx.locale), "labels": dict(found.labels),
        "texts": dict(found.texts), "categories": list(found.categories), "stages": list(found.stages),
        "variables": dict(REPLY_VARIABLES), "origin": found.origin, "version": found.version,
    }  # fmt: skip


def of_policy(tx: Transaction) -> dict[str, Template]:
    """The policy's templates by key."""
    return {one.key: one for one in _policys(tx.tenant_id, active_policy(tx))}


def _all(tx: Transaction) -> dict[str, Template]:
    own = {row.key: _own(row) for row in tx.session.scalars(select(ReplyTemplateRow))}
    return {**of_policy(tx), **own}


def _policys(tenant_id: UUID, policy: Policy) -> Iterator[Template]:
    for raw in policy.document.get("replies", ()):
        yield Template(
            id=id_of(tenant_id, raw["key"]), key=raw["key"], labels=raw["labels"], texts=raw["texts"],
            categories=tuple(raw.get("categories", ())), stages=tuple(raw.get("stages", ())), origin="policy",
            version=0,
        )  # fmt: skip


def _own(row: ReplyTemplateRow) -> Template:
    return Template(
        id=row.id, key=row.key, labels=row.labels, texts=row.texts, categories=tuple(row.categories),
        stages=tuple(row.stages), origin="company", version=row.version,
    )  # fmt: skip


def id_of(tenant_id: UUID, key: str) -> UUID:
    """The id of a company's template of that key."""
    return uuid5(tenant_id, f"reply:{key}")


def _fits(found: Template, data: Mapping[str, Any]) -> bool:
    category, stage, language = (data.get(name) for name in ("category", "stage", "language"))
    return (
        (category is None or not found.categories or category in found.categories)
        and (stage is None or not found.stages or stage in found.stages)
        and (language is None or language in found.texts)
    )


def _values(tx: Transaction, policy: Policy, row: ComplaintRow) -> dict[str, Any]:
    """The case's facts by variable; personal data as the caller may see it."""
    case = store.case_of(row)
    who = schemas.complainant(row, clear=tx.ctx.may(schemas.UNMASK))
    stage = policy.processes[row.process].stages[row.stage]
    decided = _decided(case)
    return {
        "number": row.number, "company": tx.tenant.name,
        "today": tx.now.astimezone(tx.tenant.timezone).date().isoformat(),
        "received_at": row.received_at.isoformat(), "due_at": row.due_at.isoformat() if row.due_at else None,
        "level": policy.levels[row.level]["labels"], "stage": stage.labels,
        "category": policy.categories[row.category]["labels"] if row.category else None,
        "channel": policy.channels[row.channel]["labels"], "subject": row.subject, "content": row.content,
        "remedy_sought": row.remedy_sought, "claimed_amount": money(row.claimed_amount or None),
        "complainant": who["name"], "phone": who["phone"], "email": who["email"], "address": who["address"],
        "vehicle_plate": row.vehicle_plate, "unit_no": row.unit_no,
        "handler": schemas.Named(tx)(str(row.handler_id)) if row.handler_id else None,
        "outcome": policy.outcomes[row.outcome]["labels"] if row.outcome else None,
        "decision": decided.text if decided else None, "awarded": money(decided.amount or None) if decided else None,
    }  # fmt: skip


def _decided(case: Case) -> Proposal | None:
    """The proposal on the case that was approved last."""
    return next((one for one in reversed(case.flow.proposals) if one.state == APPROVED), None)
