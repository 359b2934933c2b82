"""Links to the status page: made and found (SPEC IS-4, UX-13). Who has one is the complainant.

A token has 142 random bits, a code 49: the one cannot be guessed, the other only by somebody who may try without end,
and the gateway lets nobody. Every message to the complainant carries a link of its own, because of earlier ones only
digests are left.
"""

from __future__ import annotations

import hashlib
import secrets
import string
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, select

from chassis.ids import new_id
from chassis.work import Transaction, Work
from contracts.complaints import LINK_NOT_VALID, LINK_PREFIX, SERVICE
from contracts.context import Context
from contracts.core import Audience
from contracts.problems import UNAUTHENTICATED
from services.complaints.models import ComplaintRow, StatusLinkRow
from services.complaints.settings import ComplaintsSettings

TOKEN_LETTERS = 24
CODE_LETTERS = 10
CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Without those that look alike: 0 and O, 1, I and L."""
SESSION = timedelta(hours=2)
"""How long a typed code keeps the page open."""


class Minted(NamedTuple):
    """A new link as its holder has it."""

    token: str
    code: str
    expires_at: datetime

    @property
    def url(self) -> str | None:
        """The page's address; None while nobody said where complainants reach us."""
        root = _settings().public_url.rstrip("/")
        return f"{root}/s/{self.token}" if root else None


@cache
def _settings() -> ComplaintsSettings:
    return ComplaintsSettings.load()


def mint(tx: Transaction, complaint_id: UUID, number: str = "", *, lasting: timedelta | None = None) -> Minted:
    """A new link to the case; with a code to type when `number` is given."""
    token = LINK_PREFIX + "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(TOKEN_LETTERS))
    code = "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LETTERS)) if number else ""
    expires_at = tx.now + (lasting or timedelta(days=_settings().status_link_days))
    row = {
        "id": new_id(), "complaint_id": complaint_id, "digest": digest(token), "issued_at": tx.now,
        "issued_by": tx.ctx.actor.name or tx.ctx.actor.kind, "expires_at": expires_at,
        "code_digest": digest_of_code(number, code) if number else None,
    }  # fmt: skip
    tx.later.insert(StatusLinkRow, [row])
    return Minted(token, code, expires_at)


def for_message(tx: Transaction, row: ComplaintRow) -> dict[str, str]:
    """Variables of a message to the complainant."""
    if not _settings().public_url:
        return {}
    return {"status_url": str(mint(tx, row.id).url)}


def resolve(work: Work, ctx: Context, data: dict[str, Any]) -> dict[str, Any]:
    """The principal who holds the link, as the gateway keeps it for seconds. Problem: `unauthenticated`."""
    found = _find(work, StatusLinkRow.digest == digest(data["credential"]))
    if found is None:
        raise UNAUTHENTICATED()
    with work.begin(ctx.with_(tenant_id=found[0]), read_only=True) as tx:
        link = tx.session.get_one(StatusLinkRow, found)
        if not link.is_good(tx.now):
            raise UNAUTHENTICATED()
        return {
            "credential_id": str(link.id), "audience": Audience.COMPLAINANT.value, "tenant_id": tx.tenant_id,
            "tenant_code": tx.tenant.code, "services": sorted({SERVICE} & tx.tenant.services), "roles": [],
            "actor": {"kind": "complainant", "id": str(link.complaint_id), "name": ""},
            "permissions": [], "org_unit_ids": None, "locale": tx.tenant.locale, "rate": None,
            "expires_at": link.expires_at,
        }  # fmt: skip


def open_by_code(work: Work, ctx: Context, data: dict[str, Any]) -> dict[str, Any]:
    """A short-lived token for number and code. Problem: `status_link_not_valid`, the same whatever was wrong."""
    found = _find(work, StatusLinkRow.code_digest == digest_of_code(data["number"], data["code"]))
    if found is None:
        raise LINK_NOT_VALID()
    with work.begin(ctx.with_(tenant_id=found[0])) as tx:
        link = tx.session.get_one(StatusLinkRow, found)
        if not link.is_good(tx.now) or SERVICE not in tx.tenant.services:
            raise LINK_NOT_VALID()
        made = mint(tx, link.complaint_id, lasting=min(SESSION, link.expires_at - tx.now))
        return {"token": made.token, "expires_at": made.expires_at}


def case_of_caller(tx: Transaction, *, lock: bool = False) -> ComplaintRow:
    """The complainant's own case. The link is looked at again in this very transaction, so that revoking it takes
    effect at once, whatever the gateway still remembers."""
    link = tx.session.get(StatusLinkRow, (tx.tenant_id, UUID(tx.ctx.credential_id)))
    if link is None or not link.is_good(tx.now):
        raise UNAUTHENTICATED()
    return tx.get(ComplaintRow, link.complaint_id, kind="complaint", lock=lock)


def digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def digest_of_code(number: str, code: str) -> bytes:
    """The same however somebody writes them: capitals, blanks and hyphens do not matter."""
    typed = "".join(c for c in code.upper() if c in CODE_ALPHABET)
    return digest(f"{''.join(number.split()).upper()}:{typed}")


def _find(work: Work, where: ColumnElement[bool]) -> tuple[UUID, UUID] | None:
    """Company and id of the link, before anybody knows the company (ADR 5); nothing else is read there."""
    with work.database.begin(None, read_only=True, system=True) as session:
        found = session.execute(select(StatusLinkRow.tenant_id, StatusLinkRow.id).where(where)).one_or_none()
        return (found[0], found[1]) if found else None
