"""Parts of the chassis that need neither broker nor database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest
from sqlalchemy import create_engine, event, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from chassis import tenancy
from chassis.db import Database, DatabaseUnavailable
from chassis.delivery import Received
from chassis.tables import ChassisBase, TenantPolicy
from chassis.tenancy import TenantCache
from chassis.timers import Every
from contracts.core import Event
from contracts.fields import Reply

DOCUMENT = {
    "version": 1, "code": "a", "name": "A", "status": "active", "locale": "en", "timezone": "UTC", "services": [],
    "calendar": {},
}  # fmt: skip


@pytest.mark.parametrize("raw", [b"", b"7", b"[]", b"\xff", b"{}", b'{"id": 5}', b"null", orjson.dumps({"id": "x"})])
def test_what_is_no_event_is_said_to_be_none(raw: bytes) -> None:
    with pytest.raises(ValueError):
        Received.parse(raw)


def test_timers_of_one_interval_begin_at_different_moments(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []

    def told(_self: Every, within: float) -> bool:
        waited.append(within)
        return True

    monkeypatch.setattr(Every, "_told_to_stop", told)
    for _ in range(20):
        Every(10.0)._run()
    assert len(set(waited)) > 1
    assert all(0 <= seconds <= 10 for seconds in waited)


@pytest.fixture
def session() -> Iterator[Session]:
    engine = create_engine("sqlite://")
    ChassisBase.metadata.create_all(engine)
    with Session(engine) as session:
        yield session
    engine.dispose()


def test_old_documents_never_undo_newer_ones(session: Session) -> None:
    tenant = UUID(int=1)
    tenancy.store_tenant(session, tenant, {**DOCUMENT, "version": 2, "name": "new"})
    tenancy.store_tenant(session, tenant, {**DOCUMENT, "version": 1, "name": "old"})
    assert session.get_one(tenancy.TenantSetting, tenant).document["name"] == "new"


def test_the_cache_holds_so_many_policies_and_no_more(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tenancy, "MAX_CACHED_POLICIES", 3)
    cache, statements = TenantCache(), _statements(session)
    for number in range(6):
        tenancy.store_policy(session, UUID(int=number), _policy(number))
        assert cache.policy(session, UUID(int=number), "s", 1) is not None
    statements.clear()
    assert cache.policy(session, UUID(int=5), "s", 1) is not None
    assert statements == []
    session.expunge_all()
    assert cache.policy(session, UUID(int=0), "s", 1) is not None
    assert len(statements) == 1
    assert cache.policy(session, UUID(int=9), "s", 1) is None


@pytest.mark.parametrize("reckoned", [True, False])
def test_tenants_with_the_same_policy_share_it_in_memory(session: Session, reckoned: bool) -> None:
    cache, first, second, third = TenantCache(), UUID(int=1), UUID(int=2), UUID(int=3)
    for tenant_id, data in ((first, _policy(1)), (second, _policy(1, version=4)), (third, _policy(2))):
        tenancy.store_policy(session, tenant_id, data)
    session.flush()
    if not reckoned:  # as the release before left it
        session.execute(update(TenantPolicy).values(digest=None))
    session.expunge_all()
    one, same, other = (
        cache.policy(session, tenant_id, "s", version) for tenant_id, version in ((first, 1), (second, 4), (third, 1))
    )
    assert one is not None
    assert same is not None
    assert other is not None
    assert one.document is same.document
    assert (one.version, same.version, one.digest == same.digest) == (1, 4, True)
    assert (other.document, other.digest == one.digest) == ({"n": 2}, False)


def test_the_same_policy_is_read_from_the_database_once(session: Session) -> None:
    cache, tenants = TenantCache(), [UUID(int=n) for n in range(1, 4)]
    for tenant_id in tenants:
        tenancy.store_tenant(session, tenant_id, {**DOCUMENT, "version": 1})
        tenancy.store_policy(session, tenant_id, _policy(1))
    session.flush()
    session.expunge_all()
    statements = _statements(session)
    for tenant_id in tenants:
        assert cache.settings(session, tenant_id) is not None
        assert cache.policy(session, tenant_id, "s", 1) is not None
    assert sum("document" in statement and "tenant_policies" in statement for statement in statements) == 1


def _policy(n: int, version: int = 1) -> dict[str, Any]:
    return {"service": "s", "version": version, "document": {"n": n}}


def _statements(session: Session) -> list[str]:
    found: list[str] = []
    event.listen(session.connection(), "before_cursor_execute", lambda *args: found.append(args[2]))
    return found


@pytest.fixture
def open_database() -> Iterator[Callable[[str], Database]]:
    with ExitStack() as stack:
        yield lambda url: stack.enter_context(closing(Database("x", url)))


def test_a_database_out_of_reach_is_unavailable(open_database: Callable[[str], Database], tmp_path: Path) -> None:
    for url in ("postgresql+psycopg2://nobody@127.0.0.1:1/none", f"sqlite:///{tmp_path}/no/such/folder.db"):
        with pytest.raises(DatabaseUnavailable):
            open_database(url).ping()


def test_a_full_disk_is_an_outage_and_no_fault_of_the_call(
    open_database: Callable[[str], Database], tmp_path: Path
) -> None:
    database = open_database(f"sqlite:///{tmp_path}/x.db")
    with database.begin(UUID(int=1)) as session:
        session.connection().exec_driver_sql("PRAGMA max_page_count = 4")
    with pytest.raises(DatabaseUnavailable, match="full"), database.begin(UUID(int=1)) as session:
        session.connection().exec_driver_sql("CREATE TABLE things AS SELECT zeroblob(100000) AS content")


def test_errors_show_no_values(open_database: Callable[[str], Database], tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path}/x.db")
    with pytest.raises(OperationalError, match="no such table") as caught, database.begin(UUID(int=1)) as session:
        session.connection().exec_driver_sql("INSERT INTO nowhere VALUES (?)", ("13800138000",))
    assert "13800138000" not in str(caught.value)


def test_an_event_names_its_exchange() -> None:
    assert Event(service="toy", type="thing.made", aggregate="thing", payload=Reply).exchange == "toy.events"
