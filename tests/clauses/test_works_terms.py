"""SPEC MF, FU and DC as time goes by: when their clocks end, and what happens then.

The platform is this module's own: its clock stands at a Monday morning in a month without public holidays and only
moves on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from chassis.db import Database
from kefu.processes import SERVICES
from kefu.waiting import wait_until
from tests.clauses.decoration import RESULT, Decoration
from tests.clauses.developer import answer, refused_fields
from tests.clauses.driver import SECONDS, Company, Json, Person
from tests.clauses.manufacturer import ANALYSIS, COUNTERMEASURES, LOT, Manufacturer
from tests.platform.looking import words_in
from tests.platform.running import Platform

WORDS, PHONE = "金丝雀说墙面空鼓", "13777770001"
PEOPLE = {"name": "卡娜丽", "phone": PHONE, "unit_no": "7-7-0707"}
MIDNIGHT = "T16:00:00Z"
"""24:00 of the day in Shanghai."""


class World:
    """A platform whose clock the tests move, with both companies on it."""

    def __init__(self, platform: Platform, stack: ExitStack) -> None:
        self.platform = platform
        self.on(1, 9)
        self.maker = Manufacturer(Company.found(platform, stack, "manufacturer"))
        self.firm = Decoration(Company.found(platform, stack, "decoration"))

    def on(self, day: int, hour: int = 0, minute: int = 0, *, year: int = 2030) -> None:
        """Go to that day of July, in Shanghai."""
        moment = datetime(year, 7, day, hour, minute, tzinfo=UTC) - timedelta(hours=8)
        self.platform.move_clock((moment - datetime.now(UTC)).total_seconds())

    def places(self) -> dict[str, dict[str, list[str]]]:
        """Per service the tables in which the words of the case that is destroyed stand."""
        found = {}
        for service in SERVICES:
            with closing(Database(service, self.platform.installation.database_url, pool_size=1)) as database:
                found[service] = words_in(database, UUID(self.firm.company.id), (WORDS, *PEOPLE.values()))
        return {service: tables for service, tables in found.items() if tables}

    def files(self) -> list[Path]:
        """What the firm has in the storage."""
        folder = self.platform.installation.var / "attachments" / self.firm.company.id
        return [path for path in folder.rglob("*") if path.is_file()]


@pytest.fixture(scope="module")
def world(new_platform: Callable[..., Platform]) -> Iterator[World]:
    platform = new_platform("postgresql")
    with ExitStack() as stack:
        yield World(platform, stack)
    platform.close()


def end(person: Person, case: Json, kind: str) -> str:
    return str(person.deadline(case, kind)["due_at"])


def late(person: Person, case: Json, kind: str) -> None:
    """Wait until the sweep found the deadline late."""
    wait_until(lambda: person.deadline(case, kind)["breaches"] > 0, limit=4 * SECONDS, what=f"{kind} is late")


def urged_roles(person: Person, case: Json, kind: str) -> set[str]:
    """The roles on which urging notices for that deadline were opened."""
    listed = person.get("/v1/urging-notices", complaint_id=case["id"], limit=100)["items"]
    sheets = [person.get(f"/v1/complaints/{case['id']}/sheets/{notice['id']}") for notice in listed]
    return {waiter["role"] for s in sheets if s["values"]["deadline"] == kind for waiter in s["waits_for"]}


@pytest.mark.timeout(300)
@pytest.mark.clause("MF-5", "MF-7", "MF-19", "DC-2", "DC-6", "DC-22", "PL-7")
def test_july_and_three_years_later(world: World) -> None:
    """One story, told in its order, because a clock does not go back."""
    maker, firm = world.maker, world.firm
    analysed, analysing = maker.analysing(), maker.analysing()
    _monday(maker, firm, analysed)
    unanswered, filed = firm.passed_on(), firm.closed(content=WORDS, complainant=PEOPLE)
    firm.desk.act(unanswered, "could_not_answer", question="何时返工")
    world.on(2, 0, 1)
    late(firm.desk, unanswered, "answer_today")
    world.on(5, 0, 1)
    _three_days_later(maker, firm, analysed, analysing, unanswered)
    _closed_late(maker, analysing)
    _kept(firm, filed)
    world.on(2, 0, 1, year=2033)
    _three_years_later(world, filed)


def _monday(maker: Manufacturer, firm: Decoration, case: Json) -> None:
    """Every term, from Monday 1 July 09:00."""
    foreign = maker.analysing(facts={"foreign": True})
    assert end(maker.office, case, "total") == f"2030-07-16{MIDNIGHT}", "15 days at home"
    assert end(maker.office, foreign, "total") == f"2030-07-21{MIDNIGHT}", "20 days abroad"
    assert maker.office.deadline(maker.register(), "form")["kind"] == "form"
    kinds = {clock["kind"] for clock in maker.office.get(f"/v1/complaints/{case['id']}/deadlines")["items"]}
    assert "total" in kinds
    maker.engineer.act(case, "check_lot", **LOT)
    maker.quality.act(case, "analyse", **ANALYSIS)
    assert end(maker.office, case, "quality_report") == f"2030-07-04{MIDNIGHT}", "3 days after the investigation"
    assert end(maker.office, case, "countermeasures") == f"2030-07-03{MIDNIGHT}", "a unit's own limit"
    maker.production.act(case, "draft_countermeasures", **COUNTERMEASURES)


def _three_days_later(maker: Manufacturer, firm: Decoration, analysed: Json, analysing: Json, passed_on: Json) -> None:
    """What was not done is urged on whoever answers for it; the total still runs."""
    late(maker.office, analysed, "quality_report")
    late(maker.office, analysing, "analysis")
    assert urged_roles(maker.office, analysed, "quality_report") == {"quality_manager"}
    maker.quality.await_notice(analysing, "complaint.urged")
    assert maker.office.deadline(analysing, "total")["breaches"] == 0
    late(firm.desk, passed_on, "first_result")
    assert urged_roles(firm.officer, passed_on, "first_result") == {"engineering_manager"}
    firm.engineering.act(passed_on, "return_result", **RESULT)


def _closed_late(maker: Manufacturer, case: Json) -> None:
    """A closed case whose steps ran late asks the department for the cause."""
    maker.engineer.act(case, "check_lot", **LOT)
    maker.quality.act(case, "analyse", **ANALYSIS)
    maker.quality.act(case, "report_to_gm", report="隔层缺失")
    maker.production.act(case, "draft_countermeasures", **COUNTERMEASURES)
    maker.plant.act(case, "comment", production_comment="同意")
    maker.deciding(case=maker.office.act(case, "check", check="齐全"))
    assert maker.carried_out(maker.sales_manager.act(case, "approve"))["state"] == "closed"
    inquiries = maker.sheets(case, "delay_inquiry")
    assert [(one["values"]["department"], one["values"]["deadline"]) for one in inquiries] == [("quality", "analysis")]
    (inquiry,) = inquiries
    maker.quality.await_notice(case, "complaint.sheet_opened")
    assert answer(maker.production.refused(inquiry, "state_cause", cause="x", measure="y"))[1] == "not_your_turn"
    assert refused_fields(maker.quality.refused(inquiry, "state_cause")) == {"cause", "measure"}
    assert maker.quality.act(inquiry, "state_cause", cause="样品迟到", measure="随单附样")["state"] == "done"
    assert maker.sheets(maker.closed(), "delay_inquiry") == []


def _kept(firm: Decoration, case: Json) -> None:
    """A filed dossier goes to the president's office and is kept."""
    dossier = firm.sheet(case, "filed_dossier")
    assert end(firm.officer, case, "submission") == f"2030-08-01{MIDNIGHT}"
    assert end(firm.officer, case, "retention") == f"2033-07-01{MIDNIGHT}", "36 months from filing"
    firm.officer.act(dossier, "hand_in")
    assert answer(firm.office.refused(dossier, "propose_destruction"))[1] == "action_not_available"
    assert firm.office.get("/v1/sheets", kind="filed_dossier", overdue=True)["items"] == []


def _three_years_later(world: World, case: Json) -> None:
    """It is on the list for destruction, and destroyed only with approval; nobody was urged for it."""
    firm = world.firm
    late(firm.officer, case, "retention")
    listed = firm.office.get("/v1/sheets", kind="filed_dossier", overdue=True)["items"]
    dossier = firm.sheet(case, "filed_dossier")
    assert [one["id"] for one in listed] == [dossier["id"]]
    assert firm.officer.get("/v1/urging-notices", complaint_id=case["id"])["items"] == []
    firm.office.act(dossier, "propose_destruction")
    assert answer(firm.vice.refused(dossier, "approve")) == (403, "beyond_authority")
    firm.president.act(dossier, "approve")
    record = {"destroyed_on": "2033-07-02", "witness": firm.head.id}
    assert answer(firm.office.refused(dossier, "record_destruction", **record)) == (409, "case_held")
    firm.engineering.act(firm.sheet(case, "improvement"), "take_up", answer="已增加空鼓检查")
    assert firm.office.act(dossier, "record_destruction", **record)["stage"] == "destroyed"
    assert firm.office.get("/v1/sheets", kind="filed_dossier", overdue=True)["items"] == []
    _erased(world, case)


def _erased(world: World, case: Json) -> None:
    """Within a minute nothing of the people in it is left, here and with whoever was told of it; the record is."""
    firm = world.firm
    assert set(world.places()) >= {"complaints", "notifications"}
    assert world.files()
    wait_until(lambda: firm.office.case(case)["erased_at"], limit=4 * SECONDS, what="the case is erased")
    left = firm.office.case(case)
    assert (left["number"], left["category"], left["outcome"]) == (case["number"], "engineering", "settled")
    assert (left["content"], left["complainant"]["name"], left["actions"]) == ("", None, [])
    assert [(one["by"], one["role"]) for one in left["erasure"]["approvals"]] == [("president", "president")]
    assert firm.office.get(f"/v1/complaints/{case['id']}/attachments")["items"] == []
    assert answer(firm.officer.problem("PATCH", f"/v1/complaints/{case['id']}", json={"subject": "x"})) == (
        410,
        "case_erased",
    )
    wait_until(lambda: not world.places(), limit=4 * SECONDS, what="what others were told of it is gone")
    wait_until(lambda: not world.files(), limit=4 * SECONDS, what="its files are gone")
