"""What services publish, as another service would get it: a queue of the test's own on the real broker."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pika

from kefu.waiting import wait_until
from tests.platform.running import Platform

SECONDS = 15.0
Event = dict[str, Any]


class Listener:
    """Events of one tenant, in the order they came."""

    def __init__(self, channel: Any, queue: str, tenant_id: str) -> None:
        self._channel, self._queue, self._tenant_id = channel, queue, tenant_id
        self._heard: list[Event] = []

    def heard(self, type_: str, **data: Any) -> list[Event]:
        """Payloads of the events of that type that came so far and hold these values."""
        self._fetch()
        found = [event["data"] for event in self._heard if event["type"] == type_]
        return [one for one in found if all(one.get(name) == value for name, value in data.items())]

    def await_one(self, type_: str, **data: Any) -> Event:
        """Wait for the first such event; its payload."""
        wait_until(lambda: self.heard(type_, **data), limit=SECONDS, what=f"event {type_} {data}")
        return self.heard(type_, **data)[0]

    def _fetch(self) -> None:
        while True:
            _, _, body = self._channel.basic_get(self._queue, auto_ack=True)
            if body is None:
                return
            event = json.loads(body)
            if event["tenant_id"] == self._tenant_id:
                self._heard.append(event)


@contextmanager
def listening(platform: Platform, service: str, tenant_id: str) -> Iterator[Listener]:
    """Hear all that `service` publishes about the tenant from now on."""
    connection = pika.BlockingConnection(pika.URLParameters(platform.installation.amqp_uri))
    try:
        channel = connection.channel()
        queue = channel.queue_declare("", exclusive=True).method.queue
        channel.queue_bind(queue, f"{service}.events", "#")
        yield Listener(channel, queue, tenant_id)
    finally:
        connection.close()
