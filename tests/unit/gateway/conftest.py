"""What the relay has declared by the time a gateway connects."""

from __future__ import annotations

from contextlib import closing

import pika
import pytest


@pytest.fixture(scope="module")
def amqp_uri(amqp_uri: str) -> str:
    with closing(pika.BlockingConnection(pika.URLParameters(amqp_uri))) as connection:
        for exchange in ("nameko-rpc", "tenants.events", "toy.events"):
            connection.channel().exchange_declare(exchange, "topic", durable=True)
    return amqp_uri
