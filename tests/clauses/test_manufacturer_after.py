"""SPEC MF: what follows when a manufacturer's case is closed: copies, shares of the responsibility, penalties."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.clauses.developer import answer, refused_fields
from tests.clauses.driver import ZONE, Company, Json, moment, month_of, yuan
from tests.clauses.listening import listening
from tests.clauses.manufacturer import Manufacturer
from tests.platform.running import Platform

pytestmark = pytest.mark.parametrize("platform", ["postgresql"], indirect=True, scope="session")

SHARES = [{"department": "production", "share": 70}, {"department": "quality", "share": 30}]
SHARED = {"shares": SHARES, "human_slip": False, "track": True, "measures": "隔层已补设"}


@pytest.fixture(scope="module")
def maker(platform: Platform) -> Iterator[Manufacturer]:
    with ExitStack() as stack:
        yield Manufacturer(Company.found(platform, stack, "manufacturer"))


@pytest.fixture(scope="module")
def case(maker: Manufacturer) -> Json:
    """A closed case: an allowance of 400 yuan."""
    return maker.closed()


def confirmed(maker: Manufacturer, case: Json, **shared: object) -> Json:
    """The case's responsibility, shared out and confirmed by the departments, before it is approved."""
    sheet = maker.office.act(maker.sheet(case, "responsibility_shares"), "share_out", **{**SHARED, **shared})
    for share in maker.sheets(case, "share_confirmation"):
        if share["state"] == "open":
            maker.heads[share["values"]["department"]].act(share, "confirm_share")
    return maker.office.act(sheet, "submit")


@pytest.mark.clause("MF-8")
def test_five_copies_of_the_closed_form_each_acknowledged(maker: Manufacturer, case: Json) -> None:
    copies = {copy["values"]["department"]: copy for copy in maker.sheets(case, "form_copy")}
    assert set(copies) == {"quality", "production", "sales", "accounting", "gm_office"}
    assert len({copy["number"] for copy in copies.values()}) == 5
    for department, copy in copies.items():
        head = maker.heads[department]
        head.await_notice(case, "complaint.sheet_opened")
        assert answer(maker.deputy.refused(copy, "acknowledge_copy"))[1] == "not_your_turn"
        assert head.act(copy, "acknowledge_copy")["state"] == "done"
    left = maker.office.get("/v1/sheets", kind="form_copy", state="open", complaint_id=case["id"])["items"]
    assert left == []


@pytest.mark.clause("MF-10", "NX-2")
def test_shares_add_up_to_a_hundred_and_are_confirmed_by_the_departments(maker: Manufacturer) -> None:
    case = maker.closed()
    sheet = maker.sheet(case, "responsibility_shares")
    by = moment(maker.office.deadline(case, "monthly")["due_at"]).astimezone(ZONE)
    closed = moment(case["closed_at"]).astimezone(ZONE)
    assert (by.day, by.hour, (by.year - closed.year) * 12 + by.month - closed.month) == (11, 0, 1), "the tenth is over"
    for wrong in (99, 101):
        shares = [{"department": "production", "share": wrong - 30}, SHARES[1]]
        refused = maker.office.refused(sheet, "share_out", **{**SHARED, "shares": shares})
        assert refused_fields(refused) == {"shares"}
        assert str(wrong) in refused["errors"][0]["message"]
    sheet = maker.office.act(sheet, "share_out", **SHARED)
    first = {share["values"]["department"]: share for share in maker.sheets(case, "share_confirmation")}
    assert "各部门的确认" in maker.office.refused(sheet, "submit")["detail"]
    assert answer(maker.quality.refused(first["production"], "confirm_share"))[1] == "not_your_turn"
    maker.quality.act(first["quality"], "confirm_share")
    maker.production.act(first["production"], "contest_share", reason="检验也有责任")
    assert maker.sheet(case, "objection")["values"]["department"] == "production"
    even = [{"department": "production", "share": 50}, {"department": "quality", "share": 50}]
    with listening(maker.company.platform, "complaints", maker.company.id) as heard:
        assert confirmed(maker, case, shares=even)["stage"] == "approving"
        assert heard.heard("complaint.finding_made") == []
        maker.deputy.act(sheet, "approve")
        for department in ("production", "quality"):
            finding = heard.await_one("complaint.finding_made", kind="responsibility", department=department)
            assert (finding["share"], finding["complaint_id"]) == (50, case["id"])


@pytest.mark.clause("MF-10", "MF-21")
def test_the_months_statistics_hold_the_closed_cases_and_the_shares(platform: Platform) -> None:
    with ExitStack() as stack:
        maker = Manufacturer(Company.found(platform, stack, "manufacturer"))
        case = maker.closed()
        confirmed(maker, case)
        maker.register()
        report = maker.office.get("/v1/reports/complaints-monthly", month=month_of(case["closed_at"]))
    assert (report["figures"]["closed"], moment(report["due_at"]).astimezone().day in {10, 11}) == (1, True)
    tables = {table["by"]: {row["group"]: row["figures"] for row in table["rows"]} for table in report["tables"]}
    assert tables["responsibility"] == {
        "production": {"cases": 1, "share": 70, "loss": yuan(280)},
        "quality": {"cases": 1, "share": 30, "loss": yuan(120)},
    }  # fmt: skip


@pytest.mark.clause("MF-18")
def test_a_receivable_held_up_leaves_the_salespersons_collection_base(maker: Manufacturer) -> None:
    case = maker.analysing()
    with listening(maker.company.platform, "complaints", maker.company.id) as heard:
        assert answer(maker.sales.refused(case, "hold_receivable", amount=yuan(9000)))[1] == "not_your_turn"
        maker.accounting.act(case, "hold_receivable", amount=yuan(9000))
        finding = heard.await_one("complaint.finding_made", kind="collection_base")
    assert (finding["amount"], finding["staff_id"], finding["complaint_id"]) == (yuan(9000), maker.sales.id, case["id"])


@pytest.mark.clause("MF-20", "MF-23")
def test_penalties_are_approved_published_and_told_to_performance(maker: Manufacturer, case: Json) -> None:
    culprit = {"staff": maker.production.id, "department": "production", "grounds": "漏放隔层"}
    with listening(maker.company.platform, "complaints", maker.company.id) as heard:
        maker.office.act(case, "propose_penalty", sort="bonus", **culprit, amount=yuan(200))
        notice = maker.office.act(maker.sheet(case, "penalty"), "submit")
        assert maker.office.deadline(case, "monthly")["due_at"] > case["closed_at"]
        assert answer(maker.deputy.refused(notice, "approve")) == (403, "beyond_authority")
        assert heard.heard("complaint.finding_made") == []
        assert maker.gm.act(notice, "approve")["state"] == "done"
        bonus = heard.await_one("complaint.finding_made", kind="bonus_penalty")
        maker.accounting.await_notice(case, "complaint.sheet_opened")
        maker.office.act(case, "propose_penalty", sort="administrative", **culprit)
        notice = maker.office.act(maker.sheet(case, "penalty"), "submit")
        notice = maker.gm.act(notice, "approve")
        warning = heard.await_one("complaint.finding_made", kind="administrative_penalty")
    assert (bonus["staff_id"], bonus["amount"], bonus["note"]) == (maker.production.id, yuan(200), "漏放隔层")
    assert (warning["department"], warning["amount"], bonus["finding_id"] != warning["finding_id"]) == (
        "production", None, True,
    )  # fmt: skip
    assert notice["stage"] == "publishing"
    published = {"notice_no": "人事2026-31", "published_on": "2026-12-01"}
    assert answer(maker.office.refused(notice, "publish", **published))[1] == "not_your_turn"
    assert maker.personnel.act(notice, "publish", **published)["state"] == "done"


@pytest.mark.clause("MF-21")
def test_our_fault_is_tracked_unless_a_human_slip_and_approved_by_the_head(maker: Manufacturer) -> None:
    case = maker.closed()
    sheet = maker.sheet(case, "responsibility_shares")
    untold = {name: value for name, value in SHARED.items() if name != "track"}
    assert refused_fields(maker.office.refused(sheet, "share_out", **untold)) == {"track"}
    sheet = confirmed(maker, case)
    assert maker.sheets(case, "improvement") == []
    assert answer(maker.office.refused(sheet, "approve"))[0] == 403
    maker.gm.act(sheet, "approve")
    tracked = {one["values"]["department"]: one for one in maker.sheets(case, "improvement")}
    assert set(tracked) == {"production", "quality"}
    one = maker.production.act(tracked["production"], "report_improved", result="已执行")
    assert maker.office.act(one, "verify", effective=False, finding="未全部执行")["stage"] == "carrying_out"
    slip = maker.closed()
    sheet = confirmed(maker, slip, human_slip=True, track=None)
    assert maker.gm.act(sheet, "approve")["state"] == "done"
    assert maker.sheets(slip, "improvement") == []
