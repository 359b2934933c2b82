"""SPEC RF-12: a developer's monthly customer-service report and yearly defect feedback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.clauses.developer import WAN, Developer, answer, fen, refused_fields
from tests.clauses.driver import Company, Json
from tests.platform.running import Platform

OCTOBER, LAST_YEAR = "2026-10-09T10:00:00+08:00", "2025-12-31T23:59:00+08:00"


@pytest.fixture(scope="module")
def developer(platform: Platform) -> Iterator[Developer]:
    """One whose cases the tests know to the last."""
    with ExitStack() as stack:
        developer = Developer(Company.found(platform, stack, "developer"))
        developer.register(received_at=LAST_YEAR, category="engineering_quality", group_size=3)
        developer.register(received_at="2026-10-31T23:59:59+08:00", category="planning_design", claimed_amount=fen(WAN))
        developer.register(received_at=OCTOBER, category="sales_management", group_size=10)
        developer.register(received_at=OCTOBER, category="engineering_quality", group_size=3, channel="web")
        developer.register(received_at="2026-11-01T00:00:00+08:00", category="other_service", group_size=11)
        developer.judged({"validity": "repair"}, received_at=OCTOBER, group_size=4)
        lesser = developer.register(received_at=OCTOBER, category="engineering_quality")
        developer.manager.act(lesser, "lower_level", level="level_4", reason="客户另有原因未配合")
        yield developer


def tables(report: Json) -> dict[str, dict[str, int]]:
    """Received cases by group, for each table."""
    return {t["by"]: {row["group"]: row["figures"]["received"] for row in t["rows"]} for t in report["tables"]}


@pytest.mark.clause("RF-12")
def test_monthly_report_by_the_tenth(developer: Developer) -> None:
    report = developer.manager.get("/v1/reports/complaints-monthly", month="2026-10")
    assert (report["from"], report["to"]) == ("2026-09-30T16:00:00Z", "2026-10-31T16:00:00Z")
    assert report["due_at"] == "2026-11-10T16:00:00Z"
    figures = report["figures"]
    assert {name: figures[name] for name in ("received", "closed", "open_at_end", "claimed")} == {
        "received": 5, "closed": 0, "open_at_end": 6, "claimed": fen(WAN),
    }  # fmt: skip
    by = tables(report)
    assert by["category"] == {"engineering_quality": 3, "planning_design": 1, "sales_management": 1}
    assert by["channel"] == {"phone": 4, "web": 1}
    assert {"level", "department", "satisfaction", "outcome"} <= set(by)
    refused = developer.officer.problem("GET", "/v1/reports/complaints-monthly", params={"month": "2026-10"})
    assert answer(refused) == (403, "forbidden")


@pytest.mark.clause("RF-12")
def test_levels_one_to_three_of_engineering_design_and_service_enter_the_defect_feedback(developer: Developer) -> None:
    """All are long unsolved, thus of level 3 at least (RF-4), but the one lowered. Sales and the repair stay out."""
    report = developer.manager.get("/v1/reports/complaints-yearly", year=2026)
    assert (report["label"], report["from"], report["to"]) == (
        "年度缺陷反馈", "2025-12-31T16:00:00Z", "2026-12-31T16:00:00Z",
    )  # fmt: skip
    assert report["due_at"] == "2027-01-28T16:00:00Z"
    by = tables(report)
    assert by["category"] == {"engineering_quality": 1, "planning_design": 1, "other_service": 1}
    assert by["level"] == {"level_3": 2, "level_2": 1}
    assert tables(developer.manager.get("/v1/reports/complaints-yearly", year=2025))["level"] == {"level_3": 1}
    refused = developer.manager.problem("GET", "/v1/reports/complaints-yearly", params={"year": "26"})
    assert refused_fields(refused) == {"year"}
    assert answer(developer.officer.problem("GET", "/v1/reports/complaints-yearly", params={"year": "2026"}))[0] == 403
