"""The doors of echo. Things named `broken` cannot be taken in while the file KEFU_TOY_BROKEN names exists."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from uuid import UUID

from services.echo.models import Seen
from sqlalchemy import func, select

from chassis.service import Call, Delivery, Service, on, operation
from chassis.work import Transaction
from tests.service.chassis.toy import contract


def take_in(tx: Transaction, data: dict[str, Any], event: str) -> None:
    tx.session.add(Seen(thing_id=UUID(data["id"]), name=data["name"], event=event))
    tx.session.flush()
    if data["name"] == "broken" and event == "made" and Path(os.environ["KEFU_TOY_BROKEN"]).exists():
        raise RuntimeError("cannot take this in")


def count(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    seen = select(func.count()).where(Seen.thing_id == data["thing_id"], Seen.event == "made")
    return {"count": tx.session.scalar(seen)}


class EchoService(Service):
    name = "echo"

    @on(contract.THING_MADE)
    def thing_made(self, delivery: Delivery) -> None:
        delivery.apply(take_in, "made")

    @on(contract.THING_NAMED)
    def thing_named(self, delivery: Delivery) -> None:
        delivery.apply(take_in, "named")

    @operation(contract.SEEN)
    def count_seen(self, call: Call) -> Any:
        return call.read(count)
