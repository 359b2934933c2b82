"""The audit's chain: sealed by itself, true as long as nobody touches it, and telling what was touched (SPEC PL-10)."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from click.testing import CliRunner
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError

from chassis import audit, clock, erasure
from chassis.ids import new_id
from chassis.tables import AuditRow, AuditSeal
from chassis.work import Work
from kefu.commands.audit import group
from tests.service.chassis.toy.client import context
from tests.service.chassis.toy.world import World

ROWS = 5
THIRD = "id IN (SELECT audit_id FROM audit_seals WHERE {tenant} AND seq = 3)"


@pytest.fixture
def sealed(world: World) -> UUID:
    """A tenant with five sealed rows."""
    tenant, database = world.tenant(), world.database("toy")
    for number in range(ROWS):
        with Work(database).begin(context(tenant)) as tx:
            tx.audit("thing.touched", "thing", new_id(), before={"n": number, "share": 0.5}, after={"名": "一"})
    assert world.count("toy", "audit_unsealed", tenant) == ROWS
    seal(world, tenant)
    assert world.count("toy", "audit_unsealed", tenant) == 0
    return tenant


def seal(world: World, tenant: UUID) -> None:
    with world.database("toy").begin(tenant) as session:
        audit.seal(session, tenant, clock.now() + timedelta(minutes=1))


def test_the_service_seals_by_itself(world: World) -> None:
    tenant = world.tenant()
    world.create(tenant, "one")
    world.wait(lambda: world.count("toy", "audit_seals", tenant) == 1, what="the row is sealed", limit=25)
    gauge = 'kefu_audit_unsealed{service="toy"} 0.0'
    world.wait(lambda: gauge in world.metrics("toy+echo"), what="the gauge says so", limit=15)


def findings(world: World, tenant: UUID) -> list[str]:
    with world.database("toy").begin(tenant, read_only=True) as session:
        return [finding.what for finding in audit.verify(session, tenant, clock.now())]


def tamper(world: World, tenant: UUID, statement: str) -> None:
    """As somebody with every right to the database would, triggers off."""
    value = tenant.hex if world.sqlite else str(tenant)
    statement = statement.format(tenant=f"tenant_id = '{value}'")
    if world.sqlite:
        guards = world.ask(
            "toy", "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'audit%_no_%'"
        )
        for name, _ in guards:
            world.ask("toy", f"DROP TRIGGER {name}")
        world.ask("toy", statement)
        for _, guard in guards:
            world.ask("toy", guard)
    else:
        world.ask("toy", f"SET session_replication_role = replica; {statement}")


def test_an_untouched_chain_is_found_whole(world: World, sealed: UUID) -> None:
    assert findings(world, sealed) == []
    with world.database("toy").begin(sealed, read_only=True) as session:
        length, head = audit.head_of(session, sealed)
    assert (length, len(head)) == (ROWS, 64)


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        (f"UPDATE audit SET actor_name = 'Wang' WHERE {{tenant}} AND {THIRD}", "a row or its link was changed"),
        (f"DELETE FROM audit WHERE {{tenant}} AND {THIRD}", "a sealed row is missing"),
        ("DELETE FROM audit_seals WHERE {tenant} AND seq = 3", "links 3 to 3 are missing"),
        ("DELETE FROM audit_seals WHERE {tenant} AND seq > 3", "the chain ends at 3 but its kept end is 5"),
        ("UPDATE audit_heads SET seq = 4 WHERE {tenant}", "the chain ends at 5 but its kept end is 4"),
    ],
)
def test_what_was_touched_is_told(world: World, sealed: UUID, statement: str, found: str) -> None:
    tamper(world, sealed, statement)
    assert found in findings(world, sealed)


def test_a_row_that_escaped_its_seal_is_told(world: World, sealed: UUID) -> None:
    at = "datetime('now', '-1 hour')" if world.sqlite else "now() - interval '1 hour'"
    tamper(world, sealed, "DELETE FROM audit_seals WHERE {tenant} AND seq = 5")
    tamper(world, sealed, f"UPDATE audit SET at = {at} WHERE {{tenant}}")
    assert "a row has stood unsealed for over a minute" in findings(world, sealed)


def test_the_service_itself_cannot_change_its_audit(world: World, sealed: UUID) -> None:
    for table, statement in ((AuditRow, "UPDATE audit SET note = 'x'"), (AuditSeal, "DELETE FROM audit_seals")):
        with pytest.raises(DBAPIError), world.database("toy").begin(sealed) as session:
            session.connection().exec_driver_sql(f"{statement} WHERE {table.__tablename__}.tenant_id IS NOT NULL")


def test_the_command_prints_heads_and_fails_on_findings(
    world: World, sealed: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEFU_AMQP_URI", world.amqp_uri)
    monkeypatch.setenv("KEFU_DATABASE_URL", world.databases.url)
    command = ["verify", "--service", "toy", "--tenant", f"t{sealed.hex[-8:]}"]
    good = CliRunner().invoke(group, command)
    assert good.exit_code == 0
    assert f"{ROWS} rows" in good.output
    tamper(world, sealed, "UPDATE audit SET note = 'x' WHERE {tenant}")
    bad = CliRunner().invoke(group, command)
    assert bad.exit_code == 1
    assert "a row or its link was changed" in bad.output


# -- lawful erasure (SPEC PL-11) ---------------------------------------------------------------------------------------


def third(world: World, tenant: UUID) -> AuditRow:
    with world.database("toy").begin(tenant, read_only=True) as session:
        return session.scalars(select(AuditRow).order_by(AuditRow.at, AuditRow.id).offset(2)).first()


def erase(world: World, tenant: UUID, *subjects: UUID) -> int:
    with Work(world.database("toy")).begin(context(tenant)) as tx:
        return erasure.erase_audit(tx, "thing", subjects[0], subjects, {"sheet": "DA2026-00001"})


def test_what_was_erased_with_a_record_is_no_finding(
    world: World, sealed: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = third(world, sealed)
    assert erase(world, sealed, before.subject_id) == 1
    assert findings(world, sealed) == []
    seal(world, sealed)
    after = third(world, sealed)
    assert (after.before, after.after, after.note, after.actor_name, after.salt) == (None, None, "", "", None)
    assert (after.action, after.actor_id, after.at) == (before.action, before.actor_id, before.at)
    assert findings(world, sealed) == []
    assert erase(world, sealed, before.subject_id) == 0, "once"
    monkeypatch.setenv("KEFU_AMQP_URI", world.amqp_uri)
    monkeypatch.setenv("KEFU_DATABASE_URL", world.databases.url)
    told = CliRunner().invoke(group, ["verify", "--service", "toy", "--tenant", f"t{sealed.hex[-8:]}"])
    assert told.exit_code == 0
    assert f"erased lawfully  1 rows of thing {before.subject_id}" in told.output
    assert "sheet DA2026-00001" in told.output


def test_what_has_no_seal_yet_is_not_erased(world: World, sealed: UUID) -> None:
    thing = new_id()
    with Work(world.database("toy")).begin(context(sealed)) as tx:
        tx.audit("thing.touched", "thing", thing, note="moments ago")
    with pytest.raises(erasure.Unsealed):
        erase(world, sealed, thing)
    seal(world, sealed)
    assert erase(world, sealed, thing) == 1


EMPTY = {"actor_name": "", "source": "", "before": None, "after": None, "note": "", "salt": None}


def test_the_database_lets_nothing_be_emptied_that_no_record_names(world: World, sealed: UUID) -> None:
    one, other = third(world, sealed), new_id()
    erase(world, sealed, other)  # a record of nothing
    with world.database("toy").begin(sealed, read_only=True) as session:
        records = [record.id for record in audit.erasures(session, sealed)]
    assert records == []
    for changes in (EMPTY, {**EMPTY, "erased_by": one.id}, {"erased_by": one.id}, {**EMPTY, "erased_by": new_id()}):
        with pytest.raises(DBAPIError, match="never changed"), world.database("toy").begin(sealed) as session:
            session.execute(update(AuditRow).where(AuditRow.id == one.id).values(**changes))


def test_nor_more_than_emptied(world: World, sealed: UUID) -> None:
    """Also with a record: nothing else of the row changes."""
    one = third(world, sealed)
    named = {"rows": {one.id.hex: "0" * 64}}
    with Work(world.database("toy")).begin(context(sealed)) as tx:
        record = tx.audit(audit.ERASED, "thing", one.subject_id, after=named)
    for changes in ({"note": "another"}, {"before": {"n": 1}}, {"actor_name": "Wang"}):
        with pytest.raises(DBAPIError, match="never changed"), world.database("toy").begin(sealed) as session:
            session.execute(
                update(AuditRow).where(AuditRow.id == one.id).values(**{**EMPTY, "erased_by": record, **changes})
            )
    with world.database("toy").begin(sealed) as session:
        session.execute(update(AuditRow).where(AuditRow.id == one.id).values(**EMPTY, erased_by=record))
    assert findings(world, sealed) == [audit.NO_RECORD], "its envelope is not what the record says"


def test_what_somebody_with_every_right_empties_is_an_alarm(world: World, sealed: UUID) -> None:
    tamper(
        world, sealed,
        "UPDATE audit SET actor_name = '', source = '', note = '', before = NULL, after = NULL, salt = NULL "
        f"WHERE {{tenant}} AND {THIRD}",
    )  # fmt: skip
    assert findings(world, sealed) == [audit.NO_RECORD]
