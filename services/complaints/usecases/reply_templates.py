"""A company's own wordings of replies, and their use in an action's texts (SPEC UX-8)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from chassis.ids import new_id
from chassis.work import Transaction
from contracts.policies.complaints.vocabulary import REPLY_VARIABLES
from contracts.policies.wording import WordingError, placeholders
from contracts.problems import CONFLICT, INVALID, NOT_FOUND, OUT_OF_SCOPE, STALE, both
from services.complaints.domain.values import error
from services.complaints.models import ComplaintRow, ReplyTemplateRow, ReplyTemplateVersionRow
from services.complaints.queries.reply_templates import Template, id_of, of_policy, render, shown, template
from services.complaints.usecases.intake import localised

USE = "reply_template"
_PARTS = ("labels", "texts", "categories", "stages")


def create(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """Add a template. Problems: `conflict` for a key that is taken, `invalid_request` for a variable that is none."""
    _require_whole_company(tx)
    id_ = id_of(tx.tenant_id, data["key"])
    if data["key"] in of_policy(tx) or tx.session.get(ReplyTemplateRow, (tx.tenant_id, id_)) is not None:
        raise CONFLICT(reason=both(f"there is a template {data['key']}; change that one", f"模板 {data['key']} 已存在"))
    row = ReplyTemplateRow(id=id_, key=data["key"], categories=[], stages=[], version=0)
    tx.session.add(row)
    return _worded(tx, row, data)


def change(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """Word a template otherwise; the policy's becomes the company's. Problems: `not_found`, `stale_version`,
    `invalid_request`."""
    _require_whole_company(tx)
    before = template(tx, data["reply_template_id"])
    if data.get("expected_version") not in {None, before.version}:
        raise STALE(version=before.version)
    row = tx.session.get(ReplyTemplateRow, (tx.tenant_id, before.id), with_for_update=True)
    if row is None:
        row = ReplyTemplateRow(id=before.id, key=before.key, version=0, **_parts_of(before))
        tx.session.add(row)
    return _worded(tx, row, data)


def drop(tx: Transaction, data: dict[str, Any]) -> None:
    """Delete the company's wording; its versions stay. Problem: `not_found` when it has none."""
    _require_whole_company(tx)
    row = tx.session.get(ReplyTemplateRow, (tx.tenant_id, data["reply_template_id"]), with_for_update=True)
    if row is None:
        raise NOT_FOUND(kind="reply template")
    tx.audit("reply_template.deleted", "reply_template", row.id, before={"texts": row.texts})
    tx.session.delete(row)


def put_in(tx: Transaction, row: ComplaintRow, fields: Mapping[str, Any]) -> dict[str, Any]:
    """An action's fields with the templates named in them put in. Problems: `not_found` for a template, and
    `invalid_request` where the case has no value for one of its variables."""
    return {key: _text_of(tx, row, key, value) if _is_use(value) else value for key, value in fields.items()}


def _is_use(value: Any) -> bool:
    return isinstance(value, Mapping) and USE in value and set(value) <= {USE, "language"}


def _text_of(tx: Transaction, row: ComplaintRow, key: str, value: Mapping[str, Any]) -> str:
    try:
        template_id = UUID(str(value[USE]))
    except ValueError:
        raise NOT_FOUND(kind="reply template") from None
    done = render(tx, row, template(tx, template_id), value.get("language"))
    if done["missing"]:
        names = ", ".join(done["missing"])
        lacks = error(
            key, "missing_variable", f"the case has no {names}; write the text", f"案件缺少:{names},请手工填写"
        )
        raise INVALID(localised([lacks], tx.ctx.locale))
    return str(done["text"])


def _worded(tx: Transaction, row: ReplyTemplateRow, data: Mapping[str, Any]) -> dict[str, Any]:
    _require_sound(tx, data.get("texts", {}))
    for part in _PARTS:
        if part in data:
            setattr(row, part, data[part])
    row.version = _next(tx, row)
    kept = {"texts": dict(row.texts), "by": tx.ctx.actor.name, "at": tx.now}
    tx.session.add(ReplyTemplateVersionRow(id=new_id(), template_id=row.id, version=row.version, **kept))
    tx.audit("reply_template.worded", "reply_template", row.id, after={"version": row.version, "texts": row.texts})
    tx.session.flush()
    return shown(tx, template(tx, row.id))


def _next(tx: Transaction, row: ReplyTemplateRow) -> int:
    """The number after all there were: one that was deleted and made again goes on counting."""
    last = select(func.max(ReplyTemplateVersionRow.version)).where(ReplyTemplateVersionRow.template_id == row.id)
    with tx.session.no_autoflush:
        return (tx.session.scalar(last) or 0) + 1


def _require_sound(tx: Transaction, texts: Mapping[str, str]) -> None:
    errors = []
    for language, wording in texts.items():
        try:
            unknown = [name for name in placeholders(wording) if name not in REPLY_VARIABLES]
        except WordingError as mistake:
            errors.append(error(f"texts.{language}", "stray_brace", str(mistake), f"花括号有误:{mistake.piece}"))
        else:
            errors += [_unknown(language, name) for name in unknown]
    if errors:
        raise INVALID(localised(errors, tx.ctx.locale))


def _unknown(language: str, name: str) -> dict[str, Any]:
    known = ", ".join(REPLY_VARIABLES)
    zh = f"没有变量 {name};可用:{known}"
    return error(f"texts.{language}", "unknown_variable", f"{{{name}}} is none of: {known}", zh)


def _require_whole_company(tx: Transaction) -> None:
    """Templates are the company's; only who acts in all of it words them."""
    if tx.ctx.org_unit_ids is not None:
        raise OUT_OF_SCOPE()


def _parts_of(found: Template) -> dict[str, Any]:
    return {
        "labels": dict(found.labels), "texts": dict(found.texts), "categories": list(found.categories),
        "stages": list(found.stages),
    }  # fmt: skip
