"""An event that fails for good: found, shown and replayed by the person on call."""

from __future__ import annotations

from uuid import uuid4

import pytest
from click.testing import CliRunner, Result

from chassis import retries
from chassis.delivery import LADDER
from chassis.ids import NIL
from kefu.commands.dead_letters import group
from tests.service.chassis.toy.world import World


@pytest.fixture(autouse=True)
def settings(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEFU_AMQP_URI", world.amqp_uri)
    monkeypatch.setenv("KEFU_DATABASE_URL", world.databases.url)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(group, [*arguments, "--service", "echo"])


def test_a_dead_letter_is_listed_shown_and_replayed(world: World) -> None:
    tenant = world.tenant()
    world.broken_file.touch()
    try:
        world.create(tenant, "broken")
        world.wait(lambda: world.count("echo", "event_retries", tenant) == 2, what="both events wait")
        value = tenant.hex if world.sqlite else str(tenant)
        last = f"UPDATE event_retries SET attempts = {len(LADDER)} WHERE tenant_id = '{value}' AND type = 'thing.made'"
        world.ask("echo", last)
        world.wait(lambda: world.count("echo", "event_retries", tenant, "state = 'dead'") == 1, what="it is dead")
        world.wait(lambda: world.seen(tenant, "named") == 1, what="the one behind it goes on")
    finally:
        world.broken_file.unlink()
    [letter] = [line for line in run("list").output.splitlines() if str(tenant) in line]
    letter_id = letter.split()[0]
    shown = run("show", letter_id).output
    assert "RuntimeError: cannot take this in" in shown
    assert '"name": "***"' in shown
    assert '"name":"broken"' in run("show", letter_id, "--whole").output.replace(": ", ":")
    assert run("replay", letter_id).exit_code == 0
    world.wait(lambda: world.seen(tenant, "made") == 1, what="it is applied")
    assert run("show", letter_id).exit_code == 1


def test_replay_wants_to_know_what(world: World) -> None:
    assert run("replay").exit_code == 2
    assert run("replay", str(uuid4())).exit_code == 1


def test_an_unreadable_letter_replayed_is_dead_again(world: World) -> None:
    body = f"nonsense {uuid4()}".encode()
    database = world.database("echo")
    for _ in range(2):  # the broker may give it twice
        retries.bury(database, {}, body, "rejected")
    with database.begin(None, read_only=True, system=True) as session:
        [letter] = [row for row in retries.dead_letters(session, 1000) if row.body == body.decode()]
    assert letter.tenant_id == NIL
    assert run("replay", str(letter.id)).exit_code == 0
    state = f"SELECT state, attempts FROM event_retries WHERE body = '{body.decode()}'"
    world.wait(lambda: world.ask("echo", state) == [("dead", 1)], what="tried and dead again")
