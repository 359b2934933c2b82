"""SPEC FU: a furniture maker's complaints from branches, dealers and customers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.clauses.developer import answer, refused_fields
from tests.clauses.driver import Company, Json, yuan
from tests.clauses.listening import listening
from tests.platform.running import Platform

pytestmark = pytest.mark.parametrize("platform", ["postgresql"], indirect=True, scope="session")

PIECE = {
    "product": "衣柜", "model": "YG-2100", "order_no": "DD-0912", "defect": "缺铰链", "defective_quantity": 2,
    "shipped_at": "2026-11-01", "arrived_at": "2026-11-05",
}  # fmt: skip
FOUND = {"cause": "装箱漏放", "fault": "company", "department": "logistics", "loss": yuan(80)}
SOLUTION = {"solution": "补发铰链", "amount": yuan(80), "order_needed": True}
RESULT = {"told": "已补发并安装", "satisfaction": "satisfied"}


class Furniture:
    """A furniture maker with the people of its policy."""

    def __init__(self, company: Company) -> None:
        self.company = company
        people = company.team(
            "complaint_officer", "complaint_manager", "service_head", "director", "logistics_manager",
            "quality_manager", "production_planner", "quotation_group", "chairman",
        )  # fmt: skip
        self.officer, self.manager, self.head, self.director, self.logistics = people[:5]
        self.quality, self.planner, self.quotation, self.chairman = people[5:]

    def register(self, kind: str = "customer", facts: Json | None = None, **fields: Any) -> Json:
        complainant = {"name": "张先生", "phone": "13800138000", "kind": kind}
        return self.officer.register(
            content="衣柜缺铰链", complainant=complainant, facts={**PIECE, **(facts or {})}, **fields
        )

    def confirmed(self, kind: str = "customer", **more: Any) -> Json:
        """Its record read back to the customer."""
        return self.officer.act(self.register(kind, **more), "confirm_record", how="电话复述")

    def verified(self, kind: str = "customer", category: str = "quality", value: float = 300, **more: Any) -> Json:
        case = self.confirmed(kind, **more)
        return self.officer.act(case, "verify", genuine=True, category=category, value=yuan(value))

    def solved(self, case: Json) -> Json:
        """Its solution proposed and approved."""
        return self.head.act(self.officer.act(case, "propose", **SOLUTION), "approve")

    def order(self, case: Json) -> Json:
        self.officer.act(case, "issue_order", item="铰链", quantity=2)
        (sheet,) = [s for s in self.officer.case(case)["sheets"] if s["kind"] == "after_sales_order"]
        return sheet

    def shipped(self, case: Json) -> Json:
        """With its after-sales order done."""
        order = self.order(case)
        self.quotation.act(order, "price", price=yuan(80))
        self.planner.act(order, "plan", plan_no="P-1122", ahead=True)
        self.planner.act(order, "ship", shipped_on="2026-11-23")
        return self.officer.case(case)


@pytest.fixture(scope="module")
def maker(platform: Platform) -> Iterator[Furniture]:
    with ExitStack() as stack:
        yield Furniture(Company.found(platform, stack, "furniture"))


@pytest.mark.clause("FU-1")
def test_what_makes_an_order_urgent(maker: Furniture) -> None:
    for fact in ("tender_project", "delivery_breach", "installation_stopped", "breach_with_loss"):
        case = maker.register(facts={fact: True})
        assert (case["level"], case["priority"]) == ("rush", 100), fact
    normal = maker.register()
    assert (normal["level"], normal["priority"]) == ("normal", 0)
    assert answer(maker.director.refused(normal, "order_specially", reason="老客户"))[1] == "not_your_turn"
    assert maker.chairman.act(normal, "order_specially", reason="样板工程")["level"] == "rush"
    queue = maker.officer.get("/v1/complaints", sort="-priority", limit=5)["items"]
    assert {case["level"] for case in queue} == {"rush"}


@pytest.mark.clause("SC-2")
def test_the_feedback_sheet_is_confirmed_with_the_customer_before_it_is_verified(maker: Furniture) -> None:
    case = maker.register()
    refused = maker.officer.refused(case, "verify", genuine=True, category="quality")
    assert (refused["code"], "记录已与客户核对" in refused["detail"]) == ("stage_incomplete", True)
    (tick,) = maker.officer.act(case, "confirm_record", how="电话复述")["ticks"]
    assert (tick["key"], tick["evidence"], tick["at"] >= case["received_at"]) == ("record_confirmed", "电话复述", True)
    assert maker.officer.act(case, "verify", genuine=True, category="quality")["stage"] == "investigating"


@pytest.mark.clause("FU-2")
@pytest.mark.parametrize("kind", ["branch", "vip_dealer"])
def test_branches_and_vip_dealers_are_handled_first_and_investigated_after(maker: Furniture, kind: str) -> None:
    case = maker.verified(kind, "quality", 5000)
    assert (case["stage"], case["facts"]["handle_first"]) == ("solving", True)
    case = maker.shipped(maker.solved(case))
    case = maker.officer.act(case, "report_result", **RESULT)
    assert (case["stage"], [w["role"] for w in case["waits_for"]]) == ("investigated_after", ["quality_manager"])
    assert answer(maker.manager.refused(case, "close_case"))[1] == "action_not_available"
    case = maker.quality.act(case, "report_investigation", **FOUND)
    assert maker.manager.act(case, "close_case")["outcome"] == "replaced"


@pytest.mark.clause("FU-2")
@pytest.mark.parametrize(("kind", "category", "value", "stage"), [
    ("dealer", "fittings", 99.99, "deciding_alone"), ("dealer", "fittings", 100, "investigating"),
    ("customer", "quality", 10, "investigating"), ("customer", "delay", 10, "investigating"),
    ("installer", "transport", 10, "investigating"),
])  # fmt: skip
def test_others_are_investigated_first_unless_fittings_of_little_worth(
    maker: Furniture, kind: str, category: str, value: float, stage: str
) -> None:
    case = maker.verified(kind, category, value)
    assert case["stage"] == stage
    assert answer(maker.officer.refused(case, "propose", **SOLUTION))[1] == "action_not_available"
    if stage == "deciding_alone":
        assert answer(maker.manager.refused(case, "decide_alone", **SOLUTION))[1] == "not_your_turn"
        assert maker.head.act(case, "decide_alone", **SOLUTION)["stage"] == "handling"


@pytest.mark.clause("FU-2")
def test_what_is_not_genuine_is_explained(maker: Furniture) -> None:
    case = maker.officer.act(maker.confirmed("branch"), "verify", genuine=False, category="quality")
    assert (case["stage"], case["validity"]) == ("explaining", "unfounded")
    assert maker.officer.act(case, "explain", told="非本公司产品")["outcome"] == "explained"


@pytest.mark.clause("FU-3")
def test_an_after_sales_order_is_priced_and_planned_ahead_the_same_day(maker: Furniture) -> None:
    case = maker.solved(maker.verified("branch"))
    assert "售后指令单" in maker.officer.refused(case, "report_result", **RESULT)["detail"]
    order = maker.order(case)
    pricing = maker.officer.deadline(case, "pricing")
    assert pricing["due_at"][10:] == "T16:00:00Z", "24:00 in Shanghai"
    assert pricing["due_at"] > pricing["started_at"]
    planned = {"plan_no": "P-1122"}
    assert answer(maker.planner.refused(order, "plan", **planned, ahead=True))[1] == "action_not_available"
    assert answer(maker.officer.refused(order, "price", price=yuan(80)))[1] == "not_your_turn"
    order = maker.quotation.act(order, "price", price=yuan(80))
    assert maker.officer.deadline(case, "planning")["due_at"] == pricing["due_at"]
    assert "普通订单之前" in maker.planner.refused(order, "plan", **planned, ahead=False)["detail"]
    assert maker.planner.act(order, "plan", **planned, ahead=True)["stage"] == "making"


@pytest.mark.clause("FU-4")
def test_the_record_carries_product_model_order_defect_quantity_and_times(maker: Furniture) -> None:
    for fact in PIECE:
        facts = {name: value for name, value in PIECE.items() if name != fact}
        body = maker.company.intake(complainant={"name": "张先生", "kind": "customer"}, facts=facts)
        assert refused_fields(maker.officer.problem("POST", "/v1/complaints", json=body)) == {f"facts.{fact}"}
    rate = {name: value for name, value in PIECE.items() if name != "defective_quantity"} | {"defective_rate": 5}
    body = maker.company.intake(complainant={"name": "张先生", "kind": "customer"}, facts=rate)
    assert maker.officer.post("/v1/complaints", **body)["facts"]["defective_rate"] == 5
    assert maker.register()["facts"].items() >= PIECE.items()


@pytest.mark.clause("FU-5")
def test_a_changed_finding_of_dealer_fault_needs_the_director(maker: Furniture) -> None:
    change = {"new_fault": "company", "reason": "装箱录像显示漏放"}

    def investigated(fault: str) -> Json:
        case = maker.verified("dealer", "transport")
        return maker.logistics.act(case, "report_investigation", **{**FOUND, "fault": fault})

    assert answer(maker.manager.refused(investigated("carrier"), "change_finding", **change))[0] == 409
    case = investigated("dealer")
    maker.manager.act(case, "change_finding", **change)
    (sheet,) = maker.manager.case(case)["sheets"]
    maker.manager.act(sheet, "submit")
    assert answer(maker.head.refused(sheet, "approve")) == (403, "beyond_authority")
    assert maker.manager.case(case)["facts"]["fault"] == "dealer"
    maker.director.await_notice(case, "complaint.approval_wanted")
    maker.director.act(sheet, "approve")
    assert maker.manager.case(case)["facts"]["fault"] == "company"


@pytest.mark.clause("FU-2")
def test_a_fault_of_ours_is_told_as_a_finding(maker: Furniture) -> None:
    case = maker.verified("customer", "transport")
    with listening(maker.company.platform, "complaints", maker.company.id) as heard:
        maker.logistics.act(case, "report_investigation", **FOUND)
        finding = heard.await_one("complaint.finding_made", kind="fault")
    assert (finding["department"], finding["amount"], finding["complaint_id"]) == ("logistics", yuan(80), case["id"])
