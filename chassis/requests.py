"""Stored replies (idempotency): a mutating call that comes again gets its first answer and changes nothing.

The key is claimed first thing in the transaction and the reply stored last, so they commit with the effect or not at
all. On PostgreSQL a second call with the same key waits at the claim until the first has ended; on SQLite the one
writer orders them.
"""

from __future__ import annotations

import hashlib
from typing import Any

import orjson
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from chassis.tables import StoredRequest
from chassis.work import Transaction
from contracts.problems import KEY_IN_USE, KEY_REUSED

NOTHING_STORED = object()


def fingerprint(operation: str, payload: Any) -> bytes:
    """What makes two requests the same: operation and content, whatever the order of their fields."""
    return hashlib.sha256(operation.encode() + orjson.dumps(payload, option=orjson.OPT_SORT_KEYS)).digest()


def claim(tx: Transaction, operation: str, print_: bytes) -> Any:
    """Claim the caller's idempotency key. Returns `NOTHING_STORED` when it is new, else the stored reply.

    Raises `idempotency_key_reused` when the key stands for another request.
    """
    key = tx.ctx.idempotency_key
    if key is None:
        return NOTHING_STORED
    build = sqlite_insert if tx.session.get_bind().dialect.name == "sqlite" else pg_insert
    statement = build(StoredRequest).values(
        tenant_id=tx.tenant_id, caller=caller(tx), key=key, operation=operation, fingerprint=print_, created_at=tx.now
    )
    claimed = tx.session.execute(statement.on_conflict_do_nothing().returning(StoredRequest.key)).first()
    return NOTHING_STORED if claimed else _stored(tx, print_)


def _stored(tx: Transaction, print_: bytes) -> Any:
    row = tx.session.scalars(
        select(StoredRequest).where(
            StoredRequest.tenant_id == tx.tenant_id,
            StoredRequest.caller == caller(tx),
            StoredRequest.key == tx.ctx.idempotency_key,
        )
    ).one_or_none()
    if row is None or row.reply is None:
        raise KEY_IN_USE()
    if row.fingerprint != print_:
        raise KEY_REUSED()
    return orjson.loads(row.reply)


def store(tx: Transaction, reply: Any) -> None:
    """Keep the reply of the claimed key."""
    if tx.ctx.idempotency_key is None:
        return
    tx.session.execute(
        update(StoredRequest)
        .where(
            StoredRequest.tenant_id == tx.tenant_id,
            StoredRequest.caller == caller(tx),
            StoredRequest.key == tx.ctx.idempotency_key,
        )
        .values(reply=orjson.dumps(reply).decode())
    )


def caller(tx: Transaction) -> str:
    """Keys are each caller's own: two partners may use the same one."""
    return f"{tx.ctx.actor.kind}:{tx.ctx.actor.id}"
