"""Switches off one guarantee in a process, so that the tests can show that they would notice: KEFU_SABOTAGE is
`outbox`, `inbox`, `reply`, `filter`, `rls` or `seal`. Nothing but the tests themselves honours it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any


def apply(what: str) -> None:
    if what:
        _SABOTAGES[what]()


def _outbox() -> None:
    """Publish after the commit instead of writing down what to publish: what a first draft would do."""
    import pika

    from chassis.later import Later
    from chassis.rpc import Call
    from chassis.tables import Outbox

    insert, attempt = Later.insert, Call._attempt
    gathered: list[Mapping[str, Any]] = []

    def forgetful_insert(self: Later, model: Any, rows: Sequence[Mapping[str, Any]]) -> None:
        if model is Outbox:
            gathered.extend(rows)
        else:
            insert(self, model, rows)

    def publishing_attempt(self: Call, body: Callable[..., Any], read_only: bool) -> Any:
        reply = attempt(self, body, read_only)
        with pika.BlockingConnection(pika.URLParameters(os.environ["KEFU_AMQP_URI"])) as connection:
            channel = connection.channel()
            while gathered:
                row = gathered.pop(0)
                channel.basic_publish(row["exchange"], row["routing_key"], row["body"].encode())
        return reply

    Later.insert, Call._attempt = forgetful_insert, publishing_attempt  # type: ignore[method-assign]


def _inbox() -> None:
    """Take every delivery for the first one."""
    from chassis import batches, delivery

    enter = delivery.enter

    def forgetful_enter(tx: Any, deliveries: Sequence[Any]) -> list[Any]:
        enter(tx, deliveries)
        return list(deliveries)

    for module in (delivery, batches):
        vars(module).update(enter=forgetful_enter)


def _reply() -> None:
    """Carry out every call anew."""
    from chassis import requests

    requests.claim = lambda *_: requests.NOTHING_STORED
    requests.store = lambda *_: None


def _filter() -> None:
    """Read and change rows without asking whose they are."""
    from chassis import db

    db._criteria = lambda *_: ()


def _rls() -> None:
    """Bring the databases up without row level security."""
    from sqlalchemy import Connection, text

    from chassis import migrate

    secure = migrate.secure

    def open_to_all(connection: Connection, table: str, app_role: str | None) -> None:
        secure(connection, table, app_role)
        connection.execute(text(f'ALTER TABLE "{table}" DISABLE ROW LEVEL SECURITY'))

    migrate.secure = open_to_all


def _seal() -> None:
    """Chain seals that are not made of what they seal."""
    from chassis import digests

    digests._packed = lambda row, names: row.id.bytes  # noqa: ARG005  (not of its columns)


_SABOTAGES = {
    "outbox": _outbox, "inbox": _inbox, "reply": _reply, "filter": _filter, "rls": _rls, "seal": _seal,
}  # fmt: skip


def die_of(event_id: str) -> None:
    """Let that event kill the process whenever a handler takes it up."""
    import signal

    from chassis.delivery import Delivery

    apply_ = Delivery.apply

    def deadly_apply(self: Delivery, *received: Any) -> None:
        if str(self.event.id) == event_id:
            os.kill(os.getpid(), signal.SIGKILL)
        apply_(self, *received)

    Delivery.apply = deadly_apply  # type: ignore[assignment,method-assign]
