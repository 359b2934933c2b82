"""The doors of the toy."""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import Any

import eventlet
from services.toy.models import Thing

from chassis import audit
from chassis.deadlines import Fired
from chassis.link import Link
from chassis.service import Call, Job, Service, every, operation
from chassis.spans import Span, Unit
from chassis.work import Transaction
from contracts.problems import CONFLICT
from tests.service.chassis.toy import contract

audit.SEAL_LAG *= 0  # the tests wait for seals


def create(tx: Transaction, data: dict[str, Any]) -> Thing:
    name = data["name"]
    thing = Thing(
        name=name,
        unique_name=name if name.startswith("unique") else None,
        number=tx.number("thing", "T-{year}-{serial:4}"),
    )
    tx.session.add(thing)
    tx.session.flush()
    for event in (contract.THING_MADE, contract.THING_NAMED):
        tx.emit(event, thing.id, {"id": thing.id, "name": name})
    tx.audit("thing.created", "thing", thing.id, after={"name": name, "number": thing.number})
    if name.startswith("timed"):
        tx.deadlines.start(thing.id, "answer", Span(1, Unit.HOURS), remind=0.5, data={"name": name})
    if name == "refused":
        raise CONFLICT(reason="nobody may be named so")
    return thing


def fire(tx: Transaction, fired: Fired) -> None:
    thing = tx.get(Thing, fired.subject_id, kind="thing")
    thing.hints += 1 if fired.what == "remind" else 100


def lose(link: Link) -> None:
    """The broker is gone, and the consuming greenlet is the first to notice, by sending something."""
    link.channel.connection.transport.sock.shutdown(socket.SHUT_WR)
    with suppress(OSError):
        link.publish("", "nobody", b"")


class ToyService(Service):
    name = "toy"

    @operation(contract.CREATE)
    def create_thing(self, call: Call) -> Any:
        if call.payload["name"] == "cut off":
            link = next(part for part in call.workplace.container.subextensions if isinstance(part, Link))
            link.soon(lambda: lose(link))
        return call.run(create)

    @operation(contract.SLOW)
    def slow_thing(self, call: Call) -> Any:
        eventlet.sleep(1)  # work beside the database
        return call.run(create)

    @operation(contract.GET)
    def get_thing(self, call: Call) -> Any:
        return call.read(lambda tx, data: tx.get(Thing, data["thing_id"], kind="thing"))

    @every(seconds=0.1)
    def sweep(self, job: Job) -> None:
        job.sweep_deadlines(fire)
