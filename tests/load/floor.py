"""The floor under everything: a bare RPC echo over pika, and the bare rows of one create by one connection."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any
from uuid import uuid4

import pika
import psycopg2

from tests.load.rows import CASE_COLUMN, columns_of
from tests.load.stand import Stand

NEW = "<new>"


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
    return round(rate, 1)


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


def bare_transaction(stand: Stand, tenant_id: str, case_id: str, seconds: float, threads: int = 4) -> float:
    """Transactions a second that write the rows of a case on file again under new keys: each one message with values,
    no Python in between, by the service's own role."""
    with stand.sql("complaints") as cursor:
        tenant = cursor.mogrify("SELECT set_config('kefu.tenant', %s, true)", (tenant_id,))
        rows = [row for table in CASE_COLUMN for row in _inserts(cursor, table, tenant_id, case_id)]
    message = b";".join([b"BEGIN", tenant, *rows, b"COMMIT"]).decode()
    url = stand.installation.database_url.format(service="complaints").replace("+psycopg2", "")

    def work() -> int:
        with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
            connection.autocommit = True
            count, end = 0, time.perf_counter() + seconds
            while time.perf_counter() < end:
                cursor.execute(message.replace(NEW, uuid4().hex))
                count += 1
            return count

    with ThreadPoolExecutor(threads) as pool:
        return round(sum(pool.map(lambda _: work(), range(threads))) / seconds, 1)


def _inserts(cursor: Any, table: str, tenant_id: str, case_id: str) -> list[bytes]:
    """An INSERT for each of the case's rows in the table, with NEW where the case's own key stands."""
    columns = columns_of(cursor, table)
    texts = ", ".join(f'"{name}"::text' for name in columns)
    cursor.execute(
        f"SELECT {texts} FROM {table} WHERE tenant_id = %s AND {CASE_COLUMN[table]} = %s", (tenant_id, case_id)
    )
    names = ", ".join(f'"{name}"' for name in columns).encode()
    inserts = []
    for row in cursor.fetchall():
        values = [
            _fresh(table, name) or cursor.mogrify("%s", (value,)) for name, value in zip(columns, row, strict=True)
        ]
        inserts.append(b"INSERT INTO %b (%b) VALUES (%b)" % (table.encode(), names, b", ".join(values)))
    return inserts


def _fresh(table: str, column: str) -> bytes | None:
    if column in {CASE_COLUMN[table], "number"}:
        return f"'{NEW}'".encode()
    return b"gen_random_uuid()" if column == "id" else None
