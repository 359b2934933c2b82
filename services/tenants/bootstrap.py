"""What a fresh installation needs before anybody can call it: the platform operator's own key.

These work straight on the migrated database, beside a running service or before its first start. `database_url` may
hold `{service}`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import select

from chassis.db import Database
from chassis.ids import new_id
from chassis.work import Transaction, Work
from contracts.context import service_context
from services.tenants import credentials, events
from services.tenants.domain import ANYTHING
from services.tenants.models import ApiKey


def ensure_operator(database_url: str) -> str | None:
    """The operator's key when this call made it: shown this once. None when there is one already."""
    with _operators_own(database_url) as tx:
        return None if _good_keys(tx) else _made(tx)


def another_operator_key(database_url: str, *, revoke_others: bool = False) -> str:
    """One more key of the operator, for who lost the first; those before can be revoked with it."""
    with _operators_own(database_url) as tx:
        for key in _good_keys(tx) if revoke_others else ():
            key.revoked_at = tx.now
            tx.audit("key.revoked", "api_key", key.id, before={"name": key.name, "prefix": key.prefix})
            events.credential_revoked(tx, key.id)
        return _made(tx)


@contextmanager
def _operators_own(database_url: str) -> Iterator[Transaction]:
    database = Database("tenants", database_url)
    try:
        with Work(database).begin(service_context("tenants")) as tx:
            yield tx
    finally:
        database.close()


def _good_keys(tx: Transaction) -> list[ApiKey]:
    """The operator's keys: those of no tenant."""
    return list(tx.session.scalars(select(ApiKey).where(ApiKey.revoked_at.is_(None))))


def _made(tx: Transaction) -> str:
    text = credentials.new_key()
    key = ApiKey(
        tenant_id=tx.tenant_id,
        id=new_id(),
        name="operator",
        prefix=text.prefix,
        digest=text.digest,
        permissions=[ANYTHING],
        created_at=tx.now,
    )
    tx.session.add(key)
    tx.audit("key.created", "api_key", key.id, after={"name": key.name, "prefix": key.prefix})
    return str(text)
