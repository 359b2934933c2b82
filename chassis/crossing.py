"""The two ways past the border of one tenant, inside one transaction.

For the service that keeps the register of tenants only: it finds whose a credential is, and acts for the platform
operator in a tenant's name.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chassis.db import CRITERIA, REVISION
from chassis.ids import NIL
from chassis.later import Later
from chassis.work import Transaction


@contextmanager
def within(tx: Transaction, tenant_id: UUID) -> Iterator[None]:
    """Act in `tenant_id` until the end of the block: its rows, its audit, its events. An exception must end the
    transaction."""
    outer = tx.ctx
    _enter(tx, tenant_id)
    yield
    _enter(tx, outer.tenant_id)


@contextmanager
def everywhere(tx: Transaction) -> Iterator[None]:
    """See the rows of all tenants, in the tables that are open to the system, until the end of the block."""
    tx.write()
    _name(tx.session, None, system=True)
    yield
    _name(tx.session, tx.ctx.tenant_id, system=False)


def _enter(tx: Transaction, tenant_id: UUID | None) -> None:
    tx.write()  # what was gathered so far belongs to the tenant before
    tx.ctx, tx._settings = tx.ctx.with_(tenant_id=tenant_id), None
    tx.later = Later(tx.tenant_id)
    _name(tx.session, tenant_id, system=False)


def _name(session: Session, tenant_id: UUID | None, *, system: bool) -> None:
    """Name the tenant anew to both guards: the session's filter and, on PostgreSQL, row level security."""
    tenant_id = tenant_id or NIL
    session.info["tenant_id"] = None if system else tenant_id
    session.info.pop(CRITERIA, None)
    session.connection().info.pop(REVISION, None)
    if session.get_bind().dialect.name == "postgresql":
        tenant, all_ = "" if system else str(tenant_id), "on" if system else ""
        session.execute(
            select(func.set_config("kefu.tenant", tenant, True), func.set_config("kefu.system", all_, True))
        )
