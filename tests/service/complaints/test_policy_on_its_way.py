"""A company founded a moment ago: its policy is in force, but its event has not reached this service yet."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis import migrate, tenancy
from chassis.db import Database
from chassis.rpc import Call
from chassis.work import Work
from chassis.workplace import Workplace
from contracts import complaints as contract
from contracts.context import Actor, Context
from contracts.policies import load_pack, resolve
from contracts.problems import Problem
from kefu.installation import sqlite_template
from services.complaints.queries import showing

PACKS = Path(__file__).resolve().parents[3] / "packs"


class Place:
    """Stands where nameko's workplace stands; the snapshot it fetches is what the test says."""

    service = "complaints"
    knowing_tenant = Workplace.knowing_tenant

    def __init__(self, database: Database, snapshot: Callable[[], None]) -> None:
        self.work, self._snapshot = Work(database), snapshot

    def fetch(self, _tenant_id: UUID) -> None:
        self._snapshot()


@pytest.fixture
def database(tmp_path: Path) -> Database:
    url = sqlite_template(tmp_path)
    migrate.migrate("complaints", url, url)
    return Database("complaints", url)


def founded(database: Database) -> UUID:
    tenant_id = uuid4()
    document = {
        "version": 1, "code": "t1", "name": "宏远", "status": "active", "locale": "zh-CN", "timezone": "Asia/Shanghai",
        "services": ["complaints"], "calendar": {},
    }  # fmt: skip
    with database.begin(tenant_id) as session:
        tenancy.store_tenant(session, tenant_id, document)
    return tenant_id


def intake_of(place: Any, tenant_id: UUID) -> Any:
    ctx = Context(tenant_id=tenant_id, actor=Actor(kind="key", id="k", name="desk"), permissions=frozenset({"*"}))
    return Call(contract.GET_INTAKE, place, ctx, {}).read(showing.intake)


def test_it_is_fetched_when_the_first_call_needs_it(database: Database) -> None:
    tenant_id = founded(database)
    policy = resolve("complaints", [load_pack(PACKS, "dealership")]).require()

    def snapshot() -> None:
        with database.begin(tenant_id) as session:
            arrived = {"service": "complaints", "version": 1, "document": policy}
            tenancy.store_policy(session, tenant_id, arrived)

    assert intake_of(Place(database, snapshot), tenant_id)["policy_version"] == 1


def test_a_company_that_really_has_none_is_told_so(database: Database) -> None:
    with pytest.raises(Problem, match="no_policy"):
        intake_of(Place(database, lambda: None), founded(database))
