"""Stored replies (idempotency): a mutating call that comes again gets its first answer and changes nothing.

The key is claimed first thing in the transaction and the reply stored last, so they commit with the effect or not at
all. On PostgreSQL a second call with the same key waits at the claim until the first has ended; on SQLite the one
writer orders them.
"""

from __future__ import annotations

import hashlib
from typing import Any

import orjson
from sqlalchemy import select

from chassis.later import insert_into
from chassis.tables import StoredRequest
from chassis.work import Transaction
from contracts.problems import KEY_IN_USE, KEY_REUSED, REPLY_ERASED

NOTHING_STORED = object()
ERASED_REPLY = ""
"""Stands where the reply spoke of what has been erased (`chassis.erasure`)."""


def fingerprint(operation: str, payload: Any) -> bytes:
    """What makes two requests the same: operation and content, whatever the order of their fields."""
    return hashlib.sha256(operation.encode() + orjson.dumps(payload, option=orjson.OPT_SORT_KEYS)).digest()


def claim(tx: Transaction, operation: str, print_: bytes) -> Any:
    """Claim the caller's idempotency key. Returns `NOTHING_STORED` when it is new, else the stored reply.

    Raises `idempotency_key_reused` when the key stands for another request, `reply_erased` when the reply is gone.
    """
    key = tx.ctx.idempotency_key
    if key is None:
        return NOTHING_STORED
    connection = tx.session.connection()
    insert = insert_into(StoredRequest, connection)
    row = {
        "tenant_id": tx.tenant_id, "caller": caller(tx), "key": key, "operation": operation, "fingerprint": print_,
        "created_at": tx.now,
    }  # fmt: skip
    statement = f"{insert.head}{insert.marks} ON CONFLICT DO NOTHING RETURNING 1"
    claimed = connection.exec_driver_sql(statement, insert.values(row)).first()
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
    if row.reply == ERASED_REPLY:
        raise REPLY_ERASED()
    if row.fingerprint != print_:
        raise KEY_REUSED()
    return orjson.loads(row.reply)


def store(tx: Transaction, reply: Any) -> None:
    """Keep the reply of the claimed key."""
    if tx.ctx.idempotency_key is None:
        return
    connection = tx.session.connection()
    insert = insert_into(StoredRequest, connection)
    mark = insert.mark
    statement = f"UPDATE requests SET reply = {mark} WHERE tenant_id = {mark} AND caller = {mark} AND key = {mark}"  # noqa: S608
    tenant_id = insert.convert("tenant_id", tx.tenant_id)
    tx.later.execute(statement, (orjson.dumps(reply).decode(), tenant_id, caller(tx), tx.ctx.idempotency_key))


def caller(tx: Transaction) -> str:
    """Keys are each caller's own: two partners may use the same one."""
    return f"{tx.ctx.actor.kind}:{tx.ctx.actor.id}"
