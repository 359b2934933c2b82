"""SPEC RF-1 ... RF-5, RF-15: how a developer judges a complaint: validity, category, level, and by when it answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest

from kefu.waiting import wait_until
from tests.clauses.developer import WAN, Developer, answer, fen, refused_fields, rules, today
from tests.clauses.driver import SECONDS, Company
from tests.platform.running import Platform


@pytest.fixture(scope="module")
def developer(platform: Platform) -> Iterator[Developer]:
    with ExitStack() as stack:
        yield Developer(Company.found(platform, stack, "developer"))


@pytest.mark.clause("RF-1")
def test_only_valid_complaints_enter_the_process(developer: Developer) -> None:
    kinds = [kind["key"] for kind in developer.officer.get("/v1/complaint-intake")["complainant_kinds"]]
    assert {"prospect", "customer"} <= set(kinds)
    prospect = {"name": "李雷", "phone": "13900001111", "kind": "prospect"}
    case = developer.judged({"validity": "unfounded"}, complainant=prospect)
    assert (case["stage"], case["complainant"]["kind"]) == ("explanation", "prospect")
    assert "propose_plan" not in developer.officer.may(case)
    closed = developer.officer.act(case, "explain", told="已说明合同约定")
    assert (closed["state"], closed["outcome"]) == ("closed", "explained")
    repair = developer.judged({"validity": "repair"})
    passed_on = developer.officer.act(repair, "explain", told="已转报修", repair_no="BX20260001")
    assert passed_on["outcome"] == "to_repairs"
    assert developer.judged()["stage"] == "investigation"
    stranger = developer.company.intake(channel="phone", complainant={"name": "x", "phone": "1", "kind": "visitor"})
    problem = developer.officer.problem("POST", "/v1/complaints", json=stranger)
    assert refused_fields(problem) == {"complainant.kind"}


@pytest.mark.clause("RF-2")
def test_five_categories_each_with_its_department(developer: Developer) -> None:
    categories = {c["key"]: c["label"] for c in developer.officer.get("/v1/complaint-intake")["categories"]}
    assert categories == {
        "engineering_quality": "工程质量类", "planning_design": "规划设计类", "sales_management": "销售管理类",
        "property_management": "物业管理类", "other_service": "其他服务类",
    }  # fmt: skip
    heads = ("engineering_manager", "design_manager", "sales_manager", "property_manager", "customer_service_manager")
    people = developer.company.team(*heads)
    for category, head in zip(categories, people, strict=True):
        case = developer.judged({"category": category})
        head.await_notice(case, "complaint.assigned")


@pytest.mark.clause("RF-3")
@pytest.mark.parametrize(
    ("people", "claimed", "level"),
    [
        (10, 10 * WAN, "level_1"),  # both include their number: the graver stands
        (9, 10 * WAN, "level_2"),
        (10, 10 * WAN - 1, "level_2"),
        (10, None, "level_2"),  # not known counts as nothing
        (9, 10 * WAN - 1, "level_3"),
        (3, None, "level_3"),
        (2, 10 * WAN - 1, "level_4"),
        (None, None, "level_4"),
    ],
)
def test_level_by_group_and_amount(developer: Developer, people: int | None, claimed: int | None, level: str) -> None:
    amount = None if claimed is None else fen(claimed)
    assert developer.register(group_size=people, claimed_amount=amount)["level"] == level


@pytest.mark.clause("RF-3", "RF-4")
def test_a_change_judges_again_and_only_people_lower(developer: Developer) -> None:
    case = developer.register()

    def amended(**facts: Any) -> str:
        changed = developer.officer.call("PATCH", f"/v1/complaints/{case['id']}", json=facts)
        return str(changed["level"])

    assert amended(group_size=3) == "level_3"
    assert amended(claimed_amount=fen(10 * WAN)) == "level_2"
    assert amended(group_size=12) == "level_1"
    assert amended(group_size=1, claimed_amount=fen(0)) == "level_1", "by itself the system only raises"
    assert answer(developer.officer.refused(case, "lower_level", level="level_4", reason="x")) == (403, "forbidden")
    assert refused_fields(developer.manager.refused(case, "lower_level", level="level_4")) == {"reason"}
    lowered = developer.manager.act(case, "lower_level", level="level_4", reason="业主已撤回联名")
    assert (lowered["level"], lowered["level_reasons"][-1]["text"]) == ("level_4", "业主已撤回联名")
    changes = [entry["fields"] for entry in developer.officer.history(case, "level")]
    assert [change["after"] for change in changes] == ["level_3", "level_2", "level_1", "level_4"]
    assert [change["by_system"] for change in changes] == [True, True, True, False]


@pytest.mark.clause("RF-4", "RF-15")
@pytest.mark.parametrize(
    ("facts", "level", "rule"),
    [
        ({"lawsuit_risk": True}, "level_3", "may_escalate"),
        ({"media_risk": True}, "level_3", "may_escalate"),
        ({"group_size": 3}, "level_3", "together"),
        ({"facts": {"media_exposed": True}}, "level_1", "exposed"),
        ({"facts": {"grave_accident": True}}, "level_1", "accident"),
        ({"facts": {"public_order_harm": True}}, "level_1", "public_order"),
        ({"facts": {"heavy_loss": True, "refund_demanded": True}}, "level_2", "loss_with_claim"),
        ({"facts": {"deceptive_selling": True}}, "level_2", "deception"),
        ({"facts": {"contract_mismatch": True, "refund_demanded": True}}, "level_2", "mismatch"),
        ({"facts": {"contract_mismatch": True, "huge_claim": True}}, "level_2", "mismatch"),
        ({"facts": {"heavy_loss": True, "contract_mismatch": True}}, "level_4", None),
    ],
)
def test_raised_with_the_reason_kept(developer: Developer, facts: dict[str, Any], level: str, rule: str | None) -> None:
    case = developer.register(**facts)
    assert case["level"] == level
    assert (rule in rules(case)) if rule else not rules(case)


@pytest.mark.clause("RF-4")
def test_third_complainant_with_the_same_complaint_raises_them_all(developer: Developer) -> None:
    about = {"category": "engineering_quality", "subject": "星河湾 3 栋外墙"}
    long_ago = f"{today() - timedelta(days=40)}T10:00:00+08:00"
    developer.register(**about, complainant=developer.complainant(1), received_at=long_ago)
    first = developer.register(**about, complainant=developer.complainant(2))
    again = developer.register(**about, complainant=developer.complainant(2))
    second = developer.register(**{**about, "subject": "星河湾3栋外墙"}, complainant=developer.complainant(3))
    assert {case["level"] for case in (first, again, second)} == {"level_4"}, "two people, and one too long ago"
    other = developer.register(
        category="planning_design", subject="星河湾3栋外墙", complainant=developer.complainant(4)
    )
    third = developer.register(**about, complainant=developer.complainant(5))
    assert (third["level"], rules(third)) == ("level_3", ["like_cases"])
    for case in (first, again, second):
        wait_until(lambda case=case: developer.officer.case(case)["level"] == "level_3", limit=SECONDS, what="raised")  # type: ignore[misc]
        assert rules(developer.officer.case(case)) == ["like_cases"]
    assert developer.officer.case(other)["level"] == "level_4"


@pytest.mark.clause("RF-4")
def test_repairs_do_not_count_as_the_same_complaint(developer: Developer) -> None:
    about = {"category": "engineering_quality", "subject": "云庭漏水"}
    for number in (11, 12):
        developer.judged({"validity": "repair", **about}, **about, complainant=developer.complainant(number))
    assert developer.register(**about, complainant=developer.complainant(13))["level"] == "level_4"


@pytest.mark.clause("RF-4")
@pytest.mark.parametrize(("days", "level"), [(15, "level_4"), (16, "level_3")])
def test_unsolved_for_more_than_fifteen_days(developer: Developer, days: int, level: str) -> None:
    received = f"{today() - timedelta(days=days)}T10:00:00+08:00"
    assert developer.register(received_at=received)["level"] == level


@pytest.mark.clause("RF-5")
def test_reply_in_five_or_ten_business_days_and_closing_in_fifteen(developer: Developer) -> None:
    """Monday 28 September 2026: the National Day week is off, Saturday 10 October is worked for it."""
    case = developer.handed_over(received_at="2026-09-28T09:30:00+08:00")
    assert developer.officer.deadline(case, "reply")["due_at"] == "2026-10-10T16:00:00Z"
    assert developer.officer.deadline(case, "closing")["due_at"] == "2026-10-23T16:00:00Z"
    developer.judge(case, needs_coordination=True)
    assert developer.officer.deadline(case, "reply")["due_at"] == "2026-10-16T16:00:00Z"
