"""SPEC PD: a developer's classes, its one plan from many opinions and its case library."""

from __future__ import annotations

from typing import Any

import pytest

from tests.clauses.developer import INSPECTION, PLAN, REPLY, Developer
from tests.clauses.driver import Company, Json, errors_of, yuan
from tests.clauses.estates.conftest import Found
from tests.clauses.estates.working import code, last_sheet
from tests.clauses.moving import Clockwork

CLASSES = {
    "quality_repair": "A1", "quality_claims": "A2", "design_code": "B1", "design_living": "B2", "planning_public": "B3",
}  # fmt: skip
OPINION = {key: value for key, value in INSPECTION.items() if key != "repair_by"}
MERGED: Json = {**PLAN, "opinions": "工程部:基层处理不当;设计部:无设计问题"}
ENTRY = {
    "title": "主卧墙面空鼓", "account": "墙面空鼓两次报修未果,铲除重做并给予补偿", "analysis": "基层未拉毛,验收漏项",
}  # fmt: skip


class Classed(Developer):
    """A developer that sorts complaints into classes and learns from them."""

    def __init__(self, company: Company, clockwork: Clockwork) -> None:
        super().__init__(company)
        self.clockwork = clockwork
        self.design = company.as_("design_manager")

    def judge(self, case: Json, **judgement: Any) -> Json:
        return super().judge(case, **{"category": "quality_claims", **judgement})

    def analysed(self, **fields: Any) -> Json:
        """Inspected, and analysed by the department asked."""
        case = self.inspected(self.judged(**fields))
        ask = {"department": "design", "matter": "是否设计问题", "answer_by": "2031-03-31T09:00:00Z"}
        self.officer.act(case, "send_cooperation_sheet", **ask)
        self.design.act(self.sheet(case, "cooperation"), "answer", **OPINION)
        return self.officer.case(case)

    def compensated(self, amount: float, **fields: Any) -> Json:
        """At filing, with that amount paid."""
        case = self.analysed(**fields)
        plan = {**MERGED, "compensation_due": True, "evidence": [self.attach(case)], "cost": yuan(amount)}
        self.officer.act(case, "settle_within_ability", **plan)
        self.officer.act(case, "reply_customer", **REPLY, agreed=True)
        self.officer.act(case, "request_compensation", reason="返工期间租房", amount=yuan(amount))
        paper = self.attach(case, "letter.txt")
        for person, action, given in (
            (self.officer, "submit", {"amount": yuan(amount), "reply_line": "一次性补偿"}),
            (self.manager, "approve", {}),
            (self.officer, "record_letter", {"signed_on": "2030-07-01", "letter": [paper]}),
            (self.finance, "order_payment", {"order_no": "P1", "paid_on": "2030-07-02"}),
            (self.officer, "record_receipt", {"receipt_no": "R1", "scan": [paper]}),
        ):
            person.act(last_sheet(self.officer, case, "compensation"), action, **given)
        self.officer.act(case, "report_handled", done="已修复并补偿")
        return self.officer.act(case, "record_callback", reached=True, accepted=True, satisfaction="satisfied")

    def kept(self, amount: float, **entry: Any) -> Json:
        """In the case library."""
        case = self.compensated(amount)
        self.manager.act(case, "judge_example", example_value=True, why="典型渗漏")
        return self.manager.act(case, "add_to_library", **{**ENTRY, **entry})


@pytest.fixture(scope="module")
def classed(found: Found, clockwork: Clockwork) -> Classed:
    return Classed(found("developer/classes"), clockwork)


@pytest.mark.clause("PD-1")
def test_classes_of_quality_and_of_design(classed: Classed) -> None:
    categories = {c["key"]: c["label"] for c in classed.officer.get("/v1/complaint-intake")["categories"]}
    for category, class_ in CLASSES.items():
        assert categories[category].startswith(class_)
    assert "engineering_quality" not in categories, "the classes stand instead"
    case = classed.judged({"category": "design_living"})
    assert case["category"] == "design_living"


@pytest.mark.clause("PD-2")
def test_not_valid_is_told_with_the_reason(classed: Classed) -> None:
    case = classed.judged({"validity": "unfounded"})
    assert case["stage"] == "explanation"
    assert errors_of(classed.officer.refused(case, "explain")) == {"told"}
    assert classed.officer.act(case, "explain", told="属正常沉降,在规范内")["state"] == "closed"


@pytest.mark.clause("PD-2")
def test_departments_analyse_and_service_merges_their_opinions_into_one_plan(classed: Classed) -> None:
    case = classed.inspected(classed.judged())
    assert code(classed.officer.refused(case, "propose_plan", **MERGED)) == (409, "stage_incomplete")
    case = classed.analysed()
    assert errors_of(classed.officer.refused(case, "propose_plan", **PLAN)) == {"opinions"}
    case = classed.officer.act(case, "propose_plan", **MERGED)
    assert classed.officer.form(case, "plan")["opinions"] == MERGED["opinions"]


@pytest.mark.clause("PD-2")
def test_within_ability_it_is_done_beyond_it_goes_up_for_approval(classed: Classed) -> None:
    case = classed.analysed()
    beyond = {**MERGED, "cost": yuan(5_000.01)}
    assert code(classed.officer.refused(case, "settle_within_ability", **beyond)) == (403, "beyond_authority")
    waiting = classed.officer.act(case, "propose_plan", **beyond)
    assert (waiting["stage"], waiting["proposals"][-1]["state"]) == ("approval", "pending")
    done = classed.officer.act(classed.analysed(), "settle_within_ability", **MERGED, cost=yuan(5_000))
    assert done["stage"] == "reply"


@pytest.mark.clause("PD-3", "NX-12")
def test_a_case_of_example_value_is_in_the_library_before_it_closes(classed: Classed) -> None:
    case = classed.compensated(800)
    assert code(classed.officer.refused(case, "close_case")) == (409, "stage_incomplete"), "its value is judged first"
    classed.manager.act(case, "judge_example", example_value=True, why="典型渗漏")
    assert code(classed.officer.refused(case, "close_case")) == (409, "stage_incomplete")
    classed.manager.act(case, "add_to_library", **ENTRY)
    assert classed.officer.act(case, "close_case")["state"] == "closed"
    entry = classed.engineer.get("/v1/precedents", limit=100)["items"][0]
    assert {name: entry[name] for name in ENTRY} == ENTRY
    assert (entry["category"], entry["award"]) == ("quality_claims", yuan(800))
    assert case["id"] not in str(entry)
    assert case["number"] not in str(entry), "nothing leads back to the people in it"
    plain = classed.compensated(100)
    classed.manager.act(plain, "judge_example", example_value=False, why="常见")
    assert code(classed.manager.refused(plain, "add_to_library", **ENTRY)) == (409, "action_not_available")
    assert classed.officer.act(plain, "close_case")["state"] == "closed"


@pytest.mark.clause("PD-3", "NX-12")
@pytest.mark.parametrize(
    "text", ["业主王芳反映空鼓", "致电13800138000确认", "联系 13912345678 的租户", "证件11010519491231002X"]
)
def test_the_library_names_nobody(classed: Classed, text: str) -> None:
    case = classed.compensated(100)
    classed.manager.act(case, "judge_example", example_value=True, why="典型")
    refused = classed.manager.refused(case, "add_to_library", **{**ENTRY, "account": text})
    assert (code(refused), errors_of(refused)) == ((422, "invalid_request"), {"account"})


@pytest.mark.clause("PD-3", "NX-12")
def test_the_library_is_searched_by_category_and_words_with_the_range_of_awards(classed: Classed, found: Found) -> None:
    for amount in (300, 1_200, 500):
        classed.kept(amount, title="外窗渗水", account=f"外窗渗水,补偿后结案{amount}")
    listed = classed.engineer.get("/v1/precedents", q="渗水", category="quality_claims")["items"]
    assert len(listed) == 3
    assert classed.engineer.get("/v1/precedents", q="渗水", category="design_code")["items"] == []
    assert classed.engineer.get("/v1/precedents", q="电梯")["items"] == []
    awards = classed.engineer.get("/v1/precedent-awards", q="渗水")
    assert awards == {
        "precedents": 3, "paid": 3, "least": yuan(300), "median": yuan(500), "most": yuan(1_200),
    }  # fmt: skip
    stranger = found("developer").as_("customer_service_manager")
    assert stranger.get("/v1/precedents", q="渗水")["items"] == []
    assert stranger.get("/v1/precedent-awards")["precedents"] == 0


@pytest.mark.clause("PD-3")
def test_regular_statistics_by_class(classed: Classed) -> None:
    classed.judged({"category": "planning_public"})
    found = classed.manager.get("/v1/reports/complaints-monthly", month=classed.clockwork.now.strftime("%Y-%m"))
    (by_class,) = (t for t in found["tables"] if t["by"] == "category")
    assert "planning_public" in {row["group"] for row in by_class["rows"]}


@pytest.mark.clause("PD-4")
def test_a_repair_goes_to_the_repair_process(classed: Classed) -> None:
    case = classed.judged({"category": "quality_repair", "validity": "repair"})
    case = classed.officer.act(case, "explain", told="已转维修", repair_no="BX-0001")
    assert (case["state"], case["facts"]["outcome"]) == ("closed", "to_repairs")
