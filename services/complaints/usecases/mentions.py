"""Colleagues named in a text by `@username`: they are told, and watch the case from then on (SPEC UX-7)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from sqlalchemy import select

from chassis.ids import new_id
from chassis.tables import StaffEntry
from chassis.work import NotInCopy, Transaction
from contracts.problems import INVALID
from services.complaints.domain.values import error
from services.complaints.models import ComplaintRow, MentionRow
from services.complaints.policy import Policy
from services.complaints.policy.specs import FieldSpec
from services.complaints.queries.sight import may_see
from services.complaints.usecases import messages, watching

TEMPLATE = "complaint.mentioned"
EXCERPT = 200
_MENTION = re.compile(r"(?<![A-Za-z0-9_.@-])@([A-Za-z0-9](?:[A-Za-z0-9_.-]{0,62}[A-Za-z0-9_])?)")
"""`@li.si` in a text, and not what follows the name of a mailbox. What ends a sentence ends the name."""


def found(
    tx: Transaction, policy: Policy, row: ComplaintRow, fields: Iterable[FieldSpec], values: Mapping[str, Any]
) -> dict[str, StaffEntry]:
    """Who is named in the action's texts, by user name.

    Problem: `invalid_request` for a name nobody has, with those that are like it, and for somebody who may not see the
    case.
    """
    named = {name.lower(): field for field, text in _texts(fields, values) for name in _MENTION.findall(text)}
    if not named:
        return {}
    rows = tx.session.scalars(select(StaffEntry).where(StaffEntry.username.in_(named), StaffEntry.active))
    known = {staff.username: staff for staff in rows}
    unknown = [_unknown(tx, named[name], name) for name in named if name not in known]
    if unknown:
        raise NotInCopy(tx.tenant_id, INVALID(unknown))  # hired a moment ago, perhaps
    blind = [_blind(named[name], name) for name, staff in known.items() if not may_see(tx, policy, row, staff)]
    if blind:
        raise INVALID(blind)
    return known


def tell(
    tx: Transaction, policy: Policy, row: ComplaintRow, named: Mapping[str, StaffEntry], values: Mapping[str, Any]
) -> None:
    """Tell those named, the actor left out, and let them watch the case."""
    others = [staff for staff in named.values() if str(staff.id) != tx.ctx.actor.id]
    by = tx.ctx.actor.name
    tx.later.insert(
        MentionRow,
        [
            {"id": new_id(), "complaint_id": row.id, "staff_id": staff.id, "by": by, "at": tx.now}
            for staff in named.values()
        ],
    )
    watching.put(tx, row, [staff.id for staff in others])
    text = next((value for value in values.values() if isinstance(value, str) and _MENTION.search(value)), "")
    people = messages.to_staff([str(staff.id) for staff in others])
    messages.ask(tx, policy, row, TEMPLATE, people, row.due_at, values={"by": by, "text": text[:EXCERPT]})


def _texts(fields: Iterable[FieldSpec], values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for field in fields:
        value = values.get(field.key)
        if field.kind in {"text", "line"} and value:
            yield field.key, value
        elif field.columns:
            for line in value or ():
                yield from ((field.key, text) for _, text in _texts(field.columns, line))


def _unknown(tx: Transaction, field: str, name: str) -> dict[str, Any]:
    everybody = list(tx.session.scalars(select(StaffEntry.username).where(StaffEntry.active)))
    near = " ".join(f"@{one}" for one in get_close_matches(name, everybody, n=3, cutoff=0.5)) or "-"
    return error(
        field, "unknown_staff",
        f"nobody is called @{name}; near: {near}. Put a blank after an @ that means nobody",
        f"没有用户名为 @{name} 的员工;相近的有:{near}。若不是提及同事,请在 @ 后加空格",
    )  # fmt: skip


def _blind(field: str, name: str) -> dict[str, Any]:
    return error(
        field, "may_not_see",
        f"@{name} may not see this case, so they cannot be told of it; ask somebody who may",
        f"@{name} 无权查看本案件,无法提及,请联系有权限的同事",
    )  # fmt: skip
