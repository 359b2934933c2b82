"""The floor under everything: a bare RPC echo over pika, and the bare rows of one create by one connection."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pika
import psycopg2


def rpc_echo(amqp_uri: str, seconds: float, outstanding: int = 16) -> float:
    """Round trips a second of an echo: transient messages, no confirms, `outstanding` under way at a time."""
    stop = threading.Event()
    server = threading.Thread(target=_echo, args=(amqp_uri, stop), daemon=True)
    server.start()
    connection = pika.BlockingConnection(pika.URLParameters(amqp_uri))
    channel = connection.channel()
    channel.queue_declare("bench-echo")
    replies = channel.queue_declare("", exclusive=True).method.queue
    properties = pika.BasicProperties(reply_to=replies, correlation_id=uuid4().hex)

    def send() -> None:
        channel.basic_publish("", "bench-echo", b'{"n": 1}', properties)

    for _ in range(outstanding):
        send()
    count, begun = 0, time.perf_counter()
    for _method, _properties, _body in channel.consume(replies, auto_ack=True):
        count += 1
        if time.perf_counter() - begun >= seconds:
            break
        send()
    rate = count / (time.perf_counter() - begun)
    stop.set()
    connection.close()
    server.join(5)
    return rate


def _echo(amqp_uri: str, stop: threading.Event) -> None:
    connection = pika.BlockingConnection(pika.URLParameters(amqp_uri))
    channel = connection.channel()
    channel.queue_declare("bench-echo")
    for _method, properties, body in channel.consume("bench-echo", auto_ack=True, inactivity_timeout=0.2):
        if stop.is_set():
            break
        if properties is not None:
            channel.basic_publish("", properties.reply_to, body, properties)
    connection.close()


def bare_transaction(url: str, tenant_id: str, seconds: float, threads: int = 4) -> float:
    """Transactions a second that write the rows of a case on file again: copied by plain SQL, no Python in between."""
    counts: list[int] = []
    copy = _copier(url, tenant_id)

    def work() -> None:
        connection = psycopg2.connect(url.replace("postgresql+psycopg2", "postgresql"))
        count, begun = 0, time.perf_counter()
        while time.perf_counter() - begun < seconds:
            copy(connection)
            count += 1
        connection.close()
        counts.append(count)

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return sum(counts) / seconds


_TABLES = {
    "complaints": ("id", "number"),
    "history": ("id",),
    "case_tokens": ("complaint_id",),
    "deadlines": ("id",),
    "audit": ("id",),
    "requests": ("key",),
}


def _copier(url: str, tenant_id: str) -> Callable[[Any], None]:
    connection = psycopg2.connect(url.replace("postgresql+psycopg2", "postgresql"))
    cursor = connection.cursor()
    cursor.execute("SELECT set_config('kefu.tenant', %s, false)", (tenant_id,))
    cursor.execute("SELECT id FROM complaints ORDER BY id LIMIT 1")
    (case_id,) = cursor.fetchone() or (None,)
    statements = []
    for table, fresh in _TABLES.items():
        cursor.execute("SELECT column_name FROM information_schema.columns WHERE table_name = %s", (table,))
        columns = [name for (name,) in cursor.fetchall()]
        values = [_fresh(name, table) if name in fresh else f'"{name}"' for name in columns]
        names = ", ".join(f'"{name}"' for name in columns)
        where = f"tenant_id = '{tenant_id}' AND " + _WHERE[table].format(case=case_id)
        statements.append(f'INSERT INTO "{table}" ({names}) SELECT {", ".join(values)} FROM "{table}" WHERE {where}')
    connection.close()

    def copy(target: Any) -> None:
        unique = uuid4()
        with target.cursor() as at:
            at.execute("SELECT set_config('kefu.tenant', %s, true)", (tenant_id,))
            for statement in statements:
                at.execute(statement.replace(":new", f"'{unique}'"))
        target.commit()

    return copy


_WHERE = {
    "complaints": "id = '{case}'",
    "history": "complaint_id = '{case}'",
    "case_tokens": "complaint_id = '{case}'",
    "deadlines": "subject_id = '{case}'",
    "audit": "subject_id = '{case}'",
    "requests": "reply IS NOT NULL LIMIT 1",
}


def _fresh(name: str, table: str) -> str:
    if name in {"number", "key"}:
        return ":new"
    if table in {"complaints", "case_tokens"}:
        return ":new::uuid"
    return "gen_random_uuid()"
