"""A tenant's documents reach a service by event and by snapshot, sometimes at the same moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Thread
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, create_engine, text

from chassis import tenancy, workplace
from chassis.db import Database
from chassis.ids import new_id
from chassis.work import Work
from chassis.workplace import Workplace
from kefu.waiting import wait_until
from tests.service.chassis.toy.world import World, tenant_document

Store = Callable[[Any, UUID, dict[str, Any]], None]


@pytest.fixture(scope="module")
def database(new_world: Callable[[str], World]) -> Database:
    world = new_world("postgresql")  # SQLite has one writer at a time
    return world.database("toy")


@pytest.fixture
def admin(database: Database) -> Iterator[Engine]:
    engine = create_engine(database.url)
    yield engine
    engine.dispose()


@pytest.fixture
def place(database: Database) -> Workplace:
    place = Workplace()
    place.work = Work(database)
    return place


def document(tenant_id: UUID, version: int) -> dict[str, Any]:
    return tenant_document(tenant_id, ("toy",), version)


def kept(database: Database, tenant_id: UUID) -> tuple[int, int]:
    with database.begin(tenant_id) as session:
        [row] = session.execute(
            text("SELECT version, revision FROM tenant_settings WHERE tenant_id = :t"), {"t": tenant_id}
        )
        return row.version, row.revision


def test_a_document_that_came_by_event_meanwhile_is_no_conflict(
    database: Database, place: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant_id, raced = new_id(), list[int]()

    def racing(session: Any, tenant: UUID, data: dict[str, Any]) -> None:
        tenancy.store_tenant(session, tenant, data)
        if not raced:
            raced.append(1)
            with database.begin(tenant) as other:
                tenancy.store_tenant(other, tenant, {**data, "version": 2})

    monkeypatch.setitem(workplace._STORES, "tenants", racing)
    place._keep({"tenants": [document(tenant_id, 1)], "policies": [], "org_units": [], "staff": []})
    assert kept(database, tenant_id)[0] == 2


def test_an_older_snapshot_never_undoes_a_newer_event(
    database: Database, place: Workplace, admin: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant_id, events = new_id(), list[Thread]()
    with database.begin(tenant_id) as session:
        tenancy.store_tenant(session, tenant_id, document(tenant_id, 1))

    def newer() -> None:
        with database.begin(tenant_id) as other:
            tenancy.store_tenant(other, tenant_id, document(tenant_id, 3))

    def racing(session: Any, tenant: UUID, data: dict[str, Any]) -> None:
        tenancy.store_tenant(session, tenant, data)
        events.append(Thread(target=newer))
        events[0].start()
        wait_until(lambda: not events[0].is_alive() or _waits(admin), limit=20, what="the event applied or waiting")

    monkeypatch.setitem(workplace._STORES, "tenants", racing)
    place._keep({"tenants": [document(tenant_id, 2)], "policies": [], "org_units": [], "staff": []})
    events[0].join(20)
    assert kept(database, tenant_id) == (3, 3), "each change has a revision of its own"


def _waits(engine: Engine) -> bool:
    """Whether a session waits for another's lock."""
    with engine.connect() as connection:
        waiting = connection.execute(text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"))
        return bool(waiting.scalar())
