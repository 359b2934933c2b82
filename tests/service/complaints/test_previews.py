"""A preview of many cases: part by part, each case once, and nothing is written."""

from __future__ import annotations

from collections.abc import Iterator
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
from services.complaints.queries import previews, showing
from services.complaints.usecases import cases
from tests.platform.fixtures import Databases
from tests.unit.complaints.conftest import document_of

CASES = 7


class Place:
    """Stands where nameko's workplace stands; the tenants service's answer is given."""

    service = "complaints"
    knowing_tenant = Workplace.knowing_tenant

    def __init__(self, database: Database, draft: dict[str, Any]) -> None:
        self.work, self._draft = Work(database), draft

    def call(self, _operation: Any, _payload: Any, _tenant_id: UUID) -> dict[str, Any]:
        return {"base_version": 1, "document": self._draft}


@pytest.fixture
def database(databases: Databases) -> Iterator[Database]:
    migrate.migrate("complaints", databases.of("complaints"), databases.migration_of("complaints"))
    database = Database("complaints", databases.of("complaints"))
    yield database
    database.close()


def company(database: Database) -> Context:
    tenant_id = uuid4()
    document = {
        "version": 1, "code": f"t{tenant_id.hex[:8]}", "name": "宏远", "status": "active", "locale": "zh-CN",
        "timezone": "Asia/Shanghai", "services": ["complaints"], "calendar": {},
    }  # fmt: skip
    with database.begin(tenant_id) as session:
        tenancy.store_tenant(session, tenant_id, document)
        policy = {"service": "complaints", "version": 1, "document": document_of("dealership")}
        tenancy.store_policy(session, tenant_id, policy)
    actor = Actor(kind="staff", id=str(uuid4()), name="desk")
    return Context(tenant_id=tenant_id, actor=actor, permissions=frozenset({"*"}))


def done(place: Any, ctx: Context, operation: Any, **payload: Any) -> Call:
    call = Call(operation, place, ctx, payload)
    call.prepare()
    return call


def test_every_open_case_is_looked_at_once_however_often_one_has_to_go_on(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    ctx = company(database)
    without = {**document_of("dealership"), "channels": []}
    place: Any = Place(database, without)
    complainant = {"name": "王芳", "phone": "13800138000", "vehicle_plate": "京A12345"}
    intake = {"channel": "phone", "content": "异响", "complainant": complainant}
    calls = [done(place, ctx, contract.CREATE_COMPLAINT, **intake) for _ in range(CASES)]
    numbers = [call.run(cases.register, then=showing.shown)["number"] for call in calls]
    monkeypatch.setattr(previews, "A_PAGE", 2)
    monkeypatch.setattr(previews, "MOST", 3)
    seen: list[str] = []
    query: dict[str, Any] = {"draft_id": str(uuid4()), "limit": "100"}
    for looked_at in (4, 3):
        call = done(place, ctx, contract.PREVIEW_POLICY, **query)
        found = call.dump(previews.preview(call))
        assert (found["open_cases"], found["looked_at"], found["affected"]) == (CASES, looked_at, looked_at)
        assert [(total["what"], total["cases"]) for total in found["totals"]] == [("channel_gone", looked_at)]
        seen += [case["number"] for case in found["cases"]]
        query["cursor"] = found["next_cursor"]
    assert found["next_cursor"] is None
    assert sorted(seen) == sorted(numbers)
