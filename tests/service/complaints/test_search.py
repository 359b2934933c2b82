"""Cases are found by their words (SPEC UX-10), whether few have them or many."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from chassis import finding, migrate, tenancy
from chassis.db import Database
from chassis.rpc import Call
from chassis.work import Work
from contracts import complaints as contract
from contracts.context import Actor, Context
from contracts.policies import load_pack, resolve
from kefu.installation import sqlite_template
from kefu.postgres_server import PostgresServer
from services.complaints.queries import lists
from services.complaints.usecases import cases
from tests.platform.fixtures import DATABASES

PACKS = Path(__file__).resolve().parents[3] / "packs"
TEXTS = ("刹车异响,维修两次", "刹车异响", "变速箱顿挫", "变速箱维修后顿挫", "brake noise after 维修")


class Desk:
    """Registers cases of a company and searches them."""

    def __init__(self, database: Database) -> None:
        self.work, self.tenant_id = Work(database), uuid4()
        document = {
            "version": 1, "code": "t", "name": "宏远", "status": "active", "locale": "zh-CN",
            "timezone": "Asia/Shanghai", "services": ["complaints"], "calendar": {},
        }  # fmt: skip
        policy = resolve("complaints", [load_pack(PACKS, "dealership")]).require()
        with database.begin(self.tenant_id) as session:
            tenancy.store_tenant(session, self.tenant_id, document)
            tenancy.store_policy(session, self.tenant_id, {"service": "complaints", "version": 1, "document": policy})

    def knowing_tenant(self, attempt: Any) -> Any:
        return attempt()

    def call(self, operation: Any, payload: dict[str, Any]) -> Call:
        actor = Actor(kind="key", id="k", name="desk")
        permissions = frozenset({"complaints.register", "complaints.read"})
        ctx = Context(tenant_id=self.tenant_id, actor=actor, permissions=permissions, idempotency_key=uuid4().hex)
        place: Any = self
        call = Call(operation, place, ctx, payload)
        call.prepare()
        return call

    def register(self, content: str) -> None:
        case = {"channel": "phone", "content": content, "complainant": {"name": "王芳", "vehicle_plate": "京A12345"}}
        self.call(contract.CREATE_COMPLAINT, case).run(cases.register, then=lambda _, row: {"id": row.id})

    def found(self, q: str, **more: Any) -> list[str]:
        """The texts of the cases found, page by page."""
        texts: list[str] = []
        while True:
            page = self.call(contract.LIST_COMPLAINTS, {"q": q, "limit": 2, **more}).read(lists.complaints)
            texts += [item["content"] for item in page["items"]]
            if page["next_cursor"] is None:
                return texts
            more["cursor"] = page["next_cursor"]


@pytest.fixture(scope="module", params=DATABASES)
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    if request.param == "sqlite":
        url = owner = sqlite_template(tmp_path_factory.mktemp("search"))
    else:
        server: PostgresServer = request.getfixturevalue("postgres")
        names = server.create_databases("search", ["complaints"])
        url, owner = server.url(names), server.owner_url(names)
    migrate.migrate("complaints", url, owner)
    database = Database("complaints", url)
    yield database
    database.close()


@pytest.fixture(scope="module")
def desk(database: Database) -> Desk:
    other = Desk(database)
    other.register("刹车异响,别家公司的")
    desk = Desk(database)
    for text in TEXTS:
        desk.register(text)
    return desk


@pytest.mark.clause("UX-10")
@pytest.mark.parametrize("few", [0, 1, 500], ids="up to {} named one by one".format)
@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("刹车", [1, 0]), ("异响", [1, 0]), ("维修", [4, 3, 0]), ("刹车 维修", [0]), ("变速箱 顿挫", [3, 2]),
        ("BRAKE 维修", [4]), ("刹车 变速箱", []), ("漆面", []), ("王芳", [4, 3, 2, 1, 0]), ("!!", []),
    ],
)  # fmt: skip
def test_cases_that_have_all_the_words_newest_first(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, few: int, q: str, expected: list[int]
) -> None:
    monkeypatch.setattr(finding, "FEW", few)
    assert desk.found(q) == [TEXTS[n] for n in expected]
    assert desk.found(q, sort="received_at") == [TEXTS[n] for n in reversed(expected)]
    assert desk.found(q, state="closed") == []


def test_a_number_is_found(desk: Desk) -> None:
    [first, *_] = desk.call(contract.LIST_COMPLAINTS, {"sort": "received_at"}).read(lists.complaints)["items"]
    assert desk.found(first["number"]) == [TEXTS[0]]
