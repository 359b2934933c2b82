"""Deadlines that fire once however many processes sweep (SPEC PL-7), and numbers without gaps (SPEC PL-6)."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest

from chassis.work import Work
from tests.platform.fixtures import DATABASES
from tests.service.chassis.toy.client import context, result_of
from tests.service.chassis.toy.world import World

HOUR = 3600


@pytest.mark.faults
@pytest.mark.parametrize("kind", DATABASES)
def test_a_deadline_fires_once_in_two_processes(new_world: Callable[[str], World], kind: str) -> None:
    world = new_world(kind)
    tenant = world.tenant()
    for label in ("toy-a", "toy-b"):
        world.serve("toy", label=label, ready=False)
    for label in ("toy-a", "toy-b"):
        world.wait_ready(label)
    with world.client() as client:
        sent = [client.send("toy.create_thing", {"name": "timed"}, context(tenant)) for _ in range(10)]
        assert all(result_of(answer) for answer in client.collect(sent).values())
    hints = "SELECT DISTINCT hints FROM things"
    world.move_clock(0.6 * HOUR)
    world.wait(lambda: world.ask("toy", hints) == [(1,)], what="every one reminded once")
    world.move_clock(1.1 * HOUR)
    world.wait(lambda: world.ask("toy", hints) == [(101,)], what="every one late once")
    world.move_clock(2.2 * HOUR)
    world.wait(lambda: world.ask("toy", hints) == [(201,)], what="every one late once more")
    fired = [world.metrics(label).count("kefu_deadline_fired_total{") for label in ("toy-a", "toy-b")]
    assert sum(fired) > 0
    world.close()


def test_numbers_have_no_gaps_under_load_and_refusals(world: World) -> None:
    tenant = world.tenant()
    names = ["refused" if n % 3 == 0 else "one" for n in range(60)]
    with world.client() as client:
        sent = [client.send("toy.create_thing", {"name": name}, context(tenant)) for name in names]
        answers = client.collect(sent).values()
    numbers = sorted(answer["result"]["number"] for answer in answers if answer["error"] is None)
    assert [int(re.sub(r"T-\d{4}-", "", number)) for number in numbers] == list(range(1, 41))


def test_numbers_have_no_gaps_between_threads(world: World) -> None:
    tenant, work = world.tenant(), Work(world.database("toy"))

    def take(turn: int) -> str | None:
        try:
            return _take(work, tenant, fail=turn % 2 == 0)
        except RuntimeError:
            return None

    with ThreadPoolExecutor(8) as threads:
        taken = [number for number in threads.map(take, range(40)) if number]
    assert sorted(taken) == [f"N{serial}" for serial in sorted(range(1, 21), key=str)]


def _take(work: Work, tenant: UUID, *, fail: bool) -> str:
    with work.begin(context(tenant)) as tx:
        number = tx.number("note", "N{serial}")
        if fail:
            raise RuntimeError("changed our mind")
    return number


def test_every_kind_and_period_counts_by_itself(world: World) -> None:
    tenant, work = world.tenant(), Work(world.database("toy"))
    with work.begin(context(tenant)) as tx:
        numbers = [tx.number("a", "A{serial:2}"), tx.number("a", "A{serial:2}"), tx.number("b", "B{serial:2}")]
    assert numbers == ["A01", "A02", "B01"]
