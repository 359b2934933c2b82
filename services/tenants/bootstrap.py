"""What a fresh installation needs before anybody can call it: the platform operator's own key."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis import clock
from chassis.db import Database
from chassis.ids import NIL, new_id
from services.tenants import credentials
from services.tenants.domain import ANYTHING
from services.tenants.models import ApiKey


def ensure_operator(database_url: str) -> str | None:
    """The operator's key when this call made it: shown this once. None when there is one already.

    `database_url` may hold `{service}`. The database must be migrated.
    """
    return _with_database(database_url, only_first=True)


def new_operator_key(database_url: str) -> str:
    """One more key of the operator, for who lost the first; revoke that with `revoke_operator_keys`."""
    key = _with_database(database_url, only_first=False)
    assert key is not None
    return key


def _with_database(database_url: str, *, only_first: bool) -> str | None:
    database = Database("tenants", database_url)
    try:
        with database.begin(NIL) as session:
            return None if only_first and _has_key(session) else _add_key(session)
    finally:
        database.close()


def _has_key(session: Session) -> bool:
    return session.scalars(select(ApiKey.id).where(ApiKey.revoked_at.is_(None)).limit(1)).first() is not None


def _add_key(session: Session) -> str:
    text = credentials.new_key()
    session.add(
        ApiKey(
            tenant_id=NIL,
            id=new_id(),
            name="operator",
            prefix=text.prefix,
            digest=text.digest,
            permissions=[ANYTHING],
            created_at=clock.now(),
        )
    )
    return str(text)
