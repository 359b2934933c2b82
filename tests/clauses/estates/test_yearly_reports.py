"""SPEC PL-13, IS-8: reports that make themselves at the end of a week, a month, half a year and a year.

The last of this package's tests on its clock: they go on to the new year.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date, timedelta

import pytest

from kefu.waiting import wait_until
from tests.clauses.driver import Company, Json, Person, yuan
from tests.clauses.moving import SECONDS, Clockwork, midnight

pytestmark = pytest.mark.timeout(240)


class World:
    """Three companies, each with a case, and one clock."""

    def __init__(self, clockwork: Clockwork, stack: ExitStack) -> None:
        self.clockwork = clockwork
        founded = [
            Company.found(clockwork.platform, stack, pack) for pack in ("manufacturer", "decoration", "developer")
        ]
        self.maker, self.firm, self.developer = (company.admin for company in founded)
        self.gm, self.office = founded[0].team("general_manager", "gm_office")
        self.president_office, self.head = founded[1].team("president_office", "service_head")
        self.leader, self.manager = founded[2].team("leader_in_charge", "customer_service_manager")
        for admin in (self.firm, self.developer):
            admin.register(claimed_amount=yuan(100))
        self.maker.register(
            facts={"order_no": "SO-1", "part_no": "P-1", "quantity": 1000, "shipped_on": "2030-06-08",
                   "defective_quantity": 40},
            remedy_sought="折让四百元",
        )  # fmt: skip

        for admin in (self.maker, self.firm, self.developer):
            wait_until(lambda a=admin: scheduled(a), limit=SECONDS, what="the company's reports are scheduled")

    @property
    def today(self) -> date:
        return self.clockwork.now.date()

    def go_to(self, day: date) -> None:
        """The first minute of that day."""
        self.clockwork.forward(seconds=(midnight(day) - self.clockwork.now).total_seconds() + 30)


@pytest.fixture(scope="module")
def world(clockwork: Clockwork) -> Iterator[World]:
    with ExitStack() as stack:
        yield World(clockwork, stack)


def scheduled(person: Person) -> dict[str, str]:
    """The next period of each report."""
    return {one["report"]: one["period"] for one in person.get("/v1/report-schedule")["items"]}


def kept(person: Person, report: str, period: str) -> Json:
    """Wait until the report was made; its newest revision."""

    def found() -> list[Json]:
        items: list[Json] = person.get("/v1/reports", report=report, period=period, newest="true")["items"]
        return items

    wait_until(found, limit=2 * SECONDS, what=f"{report} of {period} is made")
    whole: Json = person.get(f"/v1/reports/{found()[0]['id']}")
    return whole


@pytest.mark.clause("DC-25", "PL-13")
def test_the_weekly_list_is_there_on_monday_and_its_reader_is_told(world: World) -> None:
    week = world.today.strftime("%G-W%V")
    assert scheduled(world.head)["weekly"] == week
    monday = world.today + timedelta(days=7 - world.today.weekday())
    world.go_to(monday)
    made = kept(world.head, "weekly", week)
    assert (made["label"], made["made_by"], made["late"]) == ("每周投诉案例", None, False)
    assert made["figures"]["received"] == 1
    world.head.await_notice({"id": made["id"]}, "complaint.report_made")


@pytest.mark.clause("MF-10", "RF-12", "DC-25", "PL-13")
def test_monthly_figures_stay_as_they_were_and_are_corrected_by_a_revision(world: World) -> None:
    month = world.today.strftime("%Y-%m")
    after = (world.today.replace(day=1) + timedelta(days=32)).replace(day=1)
    world.go_to(after)
    assert {"recorded", "rechecked"} <= {one["key"] for one in kept(world.president_office, "monthly", month)["counts"]}
    statistics = kept(world.gm, "monthly", month)
    assert statistics["label"] == "客诉案件统计表"
    assert "responsibility" in {table["by"] for table in statistics["tables"]}
    report = kept(world.leader, "monthly", month)
    assert (report["label"], report["late"]) == ("客服工作月报", False)
    received = report["figures"]["received"]
    yesterday = midnight(after) - timedelta(hours=3)
    world.developer.register(received_at=yesterday.isoformat())
    assert kept(world.leader, "monthly", month)["figures"]["received"] == received, "as it was"
    path = f"/v1/reports/{report['id']}/revisions"
    corrected = world.leader.post(path, reason="补录一件")
    assert (corrected["revision"], corrected["figures"]["received"]) == (2, received + 1)
    assert (corrected["made_by"], corrected["reason"]) == (world.leader.username, "补录一件")
    assert world.manager.problem("POST", path, json={"reason": "复核"})["status"] == 403


@pytest.mark.clause("RF-12", "IS-8", "PL-13")
def test_the_year_and_the_half_year_are_there_at_new_year(world: World) -> None:
    year = world.today.year
    world.go_to(date(year + 1, 1, 1))
    feedback = kept(world.leader, "defect_feedback", str(year))
    assert (feedback["label"], feedback["due_at"]) == ("年度缺陷反馈", f"{year + 1}-01-28T16:00:00Z")
    review = kept(world.gm, "management_review", f"{year}-H2")
    assert (review["from"], review["due_at"]) == (f"{year}-06-30T16:00:00Z", f"{year + 1}-01-10T16:00:00Z")
    wanted = {
        "per_thousand", "counted_share", "repeated", "with_breach", "first_response_hours", "closing_days", "awards",
        "satisfied_share", "measures_opened", "measures_worked", "measures_failed", "measures_late",
    }  # fmt: skip
    assert wanted <= review["figures"].keys()
    assert review["figures"]["received"] == 1
    assert "causes" in {table["by"] for table in review["tables"]}
