"""Reports that make themselves when their period is over, once, and never change afterwards (SPEC PL-13)."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DatabaseError

from chassis import clock, metrics, tenancy
from chassis.tables import AuditRow
from chassis.timers import Job
from contracts.complaints import kept_reports as contract
from services.complaints.jobs import Timetable, make_reports
from services.complaints.models import KeptReport, ReportSchedule
from services.complaints.usecases import kept_reports, report_schedule
from tests.service.complaints.bench import Bench, Company, Json

NOVEMBER = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
MONTH_ENDS = datetime(2026, 11, 30, 16, 0, tzinfo=UTC)
"""In Shanghai."""


@pytest.fixture
def company(bench: Bench) -> Iterator[Company]:
    """A car dealership whose reports began on 20 November."""
    with clock.freeze(NOVEMBER):
        made = bench.company()
        run(made)
    yield made
    with bench.database.begin(made.id) as session:  # others' rounds are not to come by it
        session.execute(delete(ReportSchedule).where(ReportSchedule.tenant_id == made.id))


def run(company: Company, timetable: Timetable | None = None) -> None:
    """A round of the timer over this company alone."""

    class Here(Job):
        def tenant_revisions(self) -> dict[Any, int]:
            return {company.id: super().tenant_revisions()[company.id]}

    make_reports(Here(company.bench), timetable or Timetable())


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    with clock.freeze(moment):
        yield


def kept(company: Company, **query: Any) -> list[Json]:
    """Summaries, oldest first."""
    found: list[Json] = company.call(contract.LIST_REPORTS, limit=100, **query)["items"]
    return found[::-1]


def periods(company: Company, report: str = "monthly") -> list[str]:
    return [one["period"] for one in kept(company, report=report)]


def outcomes(outcome: str) -> float:
    value: float = metrics.REPORTS.labels("complaints", outcome)._value.get()
    return value


def test_a_report_is_made_when_its_period_is_over_and_once(company: Company) -> None:
    timetable = Timetable()
    with at(NOVEMBER + timedelta(hours=1)):
        company.register()
    with at(MONTH_ENDS - timedelta(seconds=1)):
        run(company, timetable)
        assert kept(company) == []
        assert timetable.waiting(clock.now()) == 0
    with at(MONTH_ENDS):
        run(company, timetable)
        run(company, timetable)
        run(company)
        (made,) = kept(company)
    assert (made["report"], made["period"], made["revision"]) == ("monthly", "2026-11", 1)
    assert (made["from"], made["to"]) == ("2026-10-31T16:00:00Z", "2026-11-30T16:00:00Z")
    assert (made["due_at"], made["late"], made["made_by"]) == ("2026-12-10T16:00:00Z", False, None)
    whole = company.call(contract.GET_REPORT, report_id=made["id"])
    assert whole["figures"]["received"] == 1
    assert whole["tables"][0]["rows"][0]["label"] == "not known"
    assert [event["period"] for event in company.events("report.made")] == ["2026-11"]


def test_what_was_missed_is_made_later_but_nothing_from_before(company: Company) -> None:
    late = outcomes("late")
    with at(datetime(2027, 3, 11, tzinfo=UTC)):
        run(company)
        assert periods(company) == ["2026-11", "2026-12", "2027-01", "2027-02"]
        assert [one["late"] for one in kept(company, report="monthly")] == [True, True, True, True]
        assert periods(company, "management_review") == ["2026-H2"]
    assert outcomes("late") == late + 5


def test_two_processes_at_once_make_one(company: Company) -> None:
    with at(datetime(2027, 2, 11, tzinfo=UTC)):
        with ThreadPoolExecutor(4) as threads:
            list(threads.map(lambda _: run(company), range(4)))
        run(company)
        assert periods(company) == ["2026-11", "2026-12", "2027-01"]
    assert len(company.events("report.made")) == 4


def test_a_report_whose_process_died_is_made_by_another(company: Company) -> None:
    with at(MONTH_ENDS), Job(company.bench).begin(company.id) as tx:
        assert report_schedule.claim(tx) is not None, "and then the process is killed"
    timetable = Timetable()
    with at(MONTH_ENDS + timedelta(minutes=5)):
        run(company, timetable)
        assert kept(company) == [], "the lease may be a living process's"
        assert timetable.waiting(clock.now()) == 300
    with at(MONTH_ENDS + report_schedule.LEASE + timedelta(seconds=1)):
        run(company, timetable)
        assert periods(company) == ["2026-11"]
        assert timetable.waiting(clock.now()) == 0


def test_who_comes_back_after_its_lease_keeps_nothing_twice(company: Company) -> None:
    with at(MONTH_ENDS), Job(company.bench).begin(company.id) as tx:
        turn = report_schedule.claim(tx)
        assert turn is not None
        counted = kept_reports.count_earlier(tx, {"report": "monthly", "period": "2026-11"})
    with at(MONTH_ENDS + timedelta(hours=1)):
        run(company)
        with Job(company.bench).begin(company.id) as tx:
            assert report_schedule.record(tx, turn, counted) is None
        assert periods(company) == ["2026-11"]


def test_a_report_that_fails_is_tried_again_each_time_later(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    failed, timetable = outcomes("failed"), Timetable()

    def broken(*_: Any) -> Any:
        raise ValueError("a condition that does not hold")

    with monkeypatch.context() as patch:
        patch.setattr(kept_reports, "count", broken)
        for minutes, failures in ((0, 1), (0.9, 1), (1, 2), (2.9, 2), (3, 3)):
            with at(MONTH_ENDS + timedelta(minutes=minutes)):
                run(company, timetable)
                assert outcomes("failed") == failed + failures, minutes
    with at(MONTH_ENDS + timedelta(minutes=7)):
        run(company, timetable)
        assert periods(company) == ["2026-11"]


def test_a_company_that_does_not_use_the_service_has_none(company: Company) -> None:
    def switch(version: int, *services: str, status: str = "active") -> None:
        with company.bench.database.begin(company.id) as session:
            document = {
                "tenant_id": str(company.id), "version": version, "code": "x", "name": "宏远", "status": status,
                "locale": "zh-CN", "timezone": "Asia/Shanghai", "services": list(services),
                "calendar": {"hours": [["09:00", "18:00"]]},
            }  # fmt: skip
            tenancy.store_tenant(session, company.id, document)

    with at(datetime(2026, 11, 25, tzinfo=UTC)):
        switch(2, "customers")
        run(company)
    with at(datetime(2027, 2, 3, tzinfo=UTC)):
        run(company)
        switch(3, "complaints")
        run(company)
        assert kept(company) == [], "it begins anew"
        switch(4, "complaints", status="suspended")
    with at(datetime(2027, 3, 3, tzinfo=UTC)):
        timetable = Timetable()
        run(company, timetable)
        assert timetable.waiting(clock.now()) == 0
        switch(5, "complaints")
        run(company, timetable)
        assert periods(company) == ["2027-02"], "what a suspended company missed is made when it is back"


def test_it_is_told_what_is_made_next(company: Company) -> None:
    items = company.call(contract.REPORT_SCHEDULE)["items"]
    assert [(one["report"], one["period"]) for one in items] == [
        ("monthly", "2026-11"), ("management_review", "2026-H2"),
    ]  # fmt: skip
    assert (items[0]["ready_at"], items[0]["due_at"]) == ("2026-11-30T16:00:00Z", "2026-12-10T16:00:00Z")
    assert "general_manager" in items[0]["to"]


def test_the_schedule_follows_the_policy(company: Company) -> None:
    with at(NOVEMBER):
        weekly = {"labels": {"zh-CN": "周报", "en": "Weekly"}, "period": "week", "day": 1, "by": ["category"]}
        company.activate(reports={"weekly": weekly, "monthly": {"period": "week", "day": 1}})
        run(company)
    with at(datetime(2026, 11, 23, tzinfo=UTC)):
        run(company)
        assert (periods(company, "weekly"), periods(company)) == (["2026-W47"], ["2026-W47"])
        company.activate()
    with at(datetime(2026, 12, 1, tzinfo=UTC)):
        run(company)
        assert (periods(company, "weekly"), periods(company)) == (["2026-W47"], ["2026-W47", "2026-11"])


def test_a_kept_report_cannot_be_changed(company: Company) -> None:
    with at(MONTH_ENDS):
        run(company)
    for statement in (update(KeptReport).values(revision=9), delete(KeptReport)):
        with (
            pytest.raises(DatabaseError, match="never changed"),
            company.bench.database.begin(company.id) as session,
        ):
            session.execute(statement.where(KeptReport.tenant_id == company.id))


def test_a_correction_is_a_new_revision_that_tells_what_changed(company: Company) -> None:
    with at(NOVEMBER):
        company.register()
    with at(MONTH_ENDS):
        run(company)
        (first,) = kept(company)
        same = company.refused(contract.REVISE_REPORT, report_id=first["id"], reason="复核")
        assert (same.code, same.params["revision"]) == ("nothing_to_revise", 1)
        company.register(received_at="2026-11-29T10:00:00+08:00", channel="web")
        ctx = company.context()
        second = company.call(contract.REVISE_REPORT, ctx, report_id=first["id"], reason="补录一件")
    assert (second["revision"], second["reason"], second["made_by"]) == (2, "补录一件", "李顾问")
    changes = {(change["table"], change["label"]): (change["before"], change["after"]) for change in second["changes"]}
    assert changes[None, "Received"] == (1, 2)
    assert changes["By channel", "Website: Received"] == (None, 1)
    assert second["revisions"] == [first["id"], second["id"]]
    assert company.call(contract.GET_REPORT, report_id=first["id"])["figures"]["received"] == 1
    assert [one["revision"] for one in kept(company, newest=True)] == [2]
    assert [event["revision"] for event in company.events("report.made")] == [1, 2]
    with company.bench.database.begin(company.id) as session:
        (audited,) = session.scalars(select(AuditRow).where(AuditRow.action == "report.revised"))
        assert audited.note == "补录一件"


def test_an_earlier_period_is_made_by_hand(company: Company) -> None:
    with at(NOVEMBER):
        company.register(received_at="2026-10-09T10:00:00+08:00")
        made = company.call(contract.MAKE_REPORT, report="monthly", period="2026-10")
        assert (made["figures"]["received"], made["made_by"], made["revision"]) == (1, "李顾问", 1)
        tried = {
            ("monthly", "2026-11"): "period_not_over",
            ("monthly", "2026-10"): "report_already_kept",
            ("monthly", "2026"): "invalid_request",
            ("yearly", "2025"): "invalid_request",
        }
        for (report, period), code in tried.items():
            assert company.refused(contract.MAKE_REPORT, report=report, period=period).code == code
    with at(MONTH_ENDS):
        company.call(contract.MAKE_REPORT, report="monthly", period="2026-11")
        run(company)
        assert periods(company) == ["2026-10", "2026-11"], "not made again by itself"


def test_who_sees_some_org_units_only_does_not_see_the_whole_companys_report(company: Company) -> None:
    with at(MONTH_ENDS):
        told = company.hire("general_manager")
        boss = told.with_(org_unit_ids=frozenset(company.units.values()))
        run(company)
        (made,) = kept(company)
    assert company.call(contract.GET_REPORT, boss, report_id=made["id"])["id"] == made["id"]
    assert company.refused(contract.LIST_REPORTS, told).code == "whole_company_only"
    assert company.refused(contract.GET_REPORT, told, report_id=made["id"]).code == "not_found"
    assert company.refused(contract.REVISE_REPORT, told, report_id=made["id"], reason="复核").code == "not_found"
    assert company.refused(contract.MAKE_REPORT, told, report="monthly", period="2026-10").code == "whole_company_only"
    assert company.events("complaint.message_requested") == [], "nor is told of it"


def test_its_readers_are_told(company: Company) -> None:
    readers = [company.hire(role) for role in ("general_manager", "customer_relations_manager", "technician")]
    with company.bench.database.begin(company.id) as session:
        unit = {
            "id": company.units["north"], "version": 2, "code": "north", "name": "north", "kind": "store",
            "parent_id": company.units["south"], "path": [str(company.units["south"]), str(company.units["north"])],
            "active": True,
        }  # fmt: skip
        tenancy.store_unit(session, company.id, unit)
    with at(MONTH_ENDS):
        run(company)
    (message,) = company.events("complaint.message_requested")
    assert {one["staff_id"] for one in message["recipients"]} == {reader.actor.id for reader in readers[:2]}
    assert message["variables"]["report"] == {"zh-CN": "月度投诉统计", "en": "Monthly complaint figures"}
    assert message["subject"]["kind"] == "report"
