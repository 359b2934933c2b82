"""SPEC MF: a manufacturer's complaint on its way through the departments."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.clauses.developer import answer, refused_fields
from tests.clauses.driver import Company, Json, month_of, place, yuan
from tests.clauses.manufacturer import (
    ANALYSIS,
    CALL,
    COUNTERMEASURES,
    FORM,
    LOT,
    NEGOTIATED,
    ORDER,
    Manufacturer,
)
from tests.platform.running import Platform

pytestmark = pytest.mark.parametrize("platform", ["postgresql"], indirect=True, scope="session")


@pytest.fixture(scope="module")
def maker(platform: Platform) -> Iterator[Manufacturer]:
    with ExitStack() as stack:
        yield Manufacturer(Company.found(platform, stack, "manufacturer"))


def waits_for(case: Json) -> list[str]:
    return [waiter["staff_id"] or waiter["role"] for waiter in case["waits_for"]]


@pytest.mark.clause("MF-1")
def test_two_classes_and_a_report_without_loss_is_a_note_and_no_case(maker: Manufacturer) -> None:
    classes = maker.sales.get("/v1/complaint-intake")["categories"]
    assert [one["key"] for one in classes] == ["non_quality", "quality"]
    month = month_of(maker.register()["received_at"])
    before = maker.office.get("/v1/reports/complaints-monthly", month=month)["figures"]["received"]
    note = maker.register(facts={"no_loss": True}, remedy_sought=None)
    assert (note["process"], note["number"][:2]) == ("abnormality_note", "YC")
    assert maker.office.get("/v1/reports/complaints-monthly", month=month)["figures"]["received"] == before
    told = maker.production.act(note, "record_improvement", improvement="调整夹具")
    assert (told["state"], told["outcome"]) == ("closed", "noted")
    grown = maker.register(facts={"no_loss": True}, remedy_sought=None)
    grown = maker.sales.act(grown, "make_complaint", content="已报废", demand="赔款", defective_quantity=7)
    (link,) = maker.sales.case(grown)["links"]
    case = maker.sales.case({"id": link["complaint_id"]})
    assert (case["process"], case["facts"]["order_no"], case["facts"]["defective_quantity"]) == (
        "standard", ORDER["order_no"], 7,
    )  # fmt: skip


@pytest.mark.clause("MF-2")
def test_number_is_year_month_and_a_serial_without_gaps(platform: Platform) -> None:
    with ExitStack() as stack:
        company = Company.found(platform, stack, "manufacturer")
        sales = company.as_("salesperson")
        intake = {"complainant": {"name": "华光电子"}, "remedy_sought": "折让", "facts": ORDER}
        cases = [sales.register(**intake) for _ in range(2)]
        sales.register(**{**intake, "facts": {**ORDER, "no_loss": True}})  # takes no number of theirs
        cases.append(sales.register(**intake))
    months = {month_of(case["received_at"])[2:].replace("-", "") for case in cases}
    assert len(months) > 1 or {case["number"] for case in cases} == {f"{m}0{n}" for m in months for n in (1, 2, 3)}


@pytest.mark.clause("MF-3")
def test_intake_checks_order_part_quantities_date_and_demand(maker: Manufacturer) -> None:
    for fact in ORDER:
        facts = {name: value for name, value in ORDER.items() if name != fact}
        body = maker.company.intake(remedy_sought="折让", facts=facts)
        assert refused_fields(maker.sales.problem("POST", "/v1/complaints", json=body)) == {f"facts.{fact}"}
    body = maker.company.intake(facts=ORDER)
    assert refused_fields(maker.sales.problem("POST", "/v1/complaints", json=body)) == {"remedy_sought"}
    case = maker.register()
    unsampled = {name: value for name, value in FORM.items() if name != "samples"}
    assert refused_fields(maker.sales.refused(case, "fill_form", **unsampled)) == {"samples"}


@pytest.mark.clause("MF-3")
def test_a_demand_still_unknown_reads_so_and_is_settled_before_closing(maker: Manufacturer) -> None:
    case = maker.answered(remedy_sought=None, facts={"return_quantity_open": True})
    assert case["remedy_sought"] == "客户加工中未确定"
    note = maker.credit_note(case)
    maker.sales.act(note, "record_proof", proof="stamped_note", proof_scan=[maker.attach(case)])
    maker.accounting.act(note, "post", voucher_no="V-2")
    assert "确定客户要求" in maker.sales.refused(case, "report_done")["detail"]
    maker.sales.act(case, "settle_demand", demand="退换40件,折让四百元")
    case = maker.sales.act(case, "report_done")
    assert (case["state"], case["remedy_sought"]) == ("closed", "退换40件,折让四百元")


@pytest.mark.clause("SC-2")
def test_the_form_leaves_sales_only_when_the_record_is_confirmed_with_the_customer(maker: Manufacturer) -> None:
    case = maker.register()
    refused = maker.sales.refused(case, "fill_form", **FORM)
    assert (refused["code"], "记录已与客户核对" in refused["detail"]) == ("stage_incomplete", True)
    (tick,) = maker.sales.act(case, "confirm_record", how="电话复述")["ticks"]
    assert (tick["key"], tick["evidence"], tick["at"] >= case["received_at"]) == ("record_confirmed", "电话复述", True)
    assert maker.sales.act(case, "fill_form", **FORM)["stage"] == "registration"


@pytest.mark.clause("MF-4", "MF-6")
def test_the_form_passes_through_the_departments_each_hand_over_timed(maker: Manufacturer) -> None:
    case, way = maker.confirmed(), []

    def at(stage: str, *people: str) -> None:
        assert (case["stage"], waits_for(case)) == (stage, list(people))
        way.append(stage)

    at("form", "salesperson")
    assert answer(maker.quality.refused(case, "fill_form", **FORM))[1] == "not_your_turn"
    case = maker.sales.act(case, "fill_form", **FORM)
    at("registration", "gm_office")
    maker.office.await_notice(case, "complaint.assigned")
    case = maker.office.act(case, "accept", accepted_on="2026-11-20")
    at("analysis", "quality_manager")
    maker.engineer.act(case, "check_lot", **LOT)
    case = maker.quality.act(case, "analyse", **{**ANALYSIS, "needs_research": True})
    at("countermeasures", "production_manager")
    case = maker.production.act(case, "draft_countermeasures", **COUNTERMEASURES)
    at("comment", "plant_head")
    case = maker.plant.act(case, "comment", production_comment="同意")
    at("research", "research_manager")
    case = maker.research.act(case, "research_comment", research_comment="材料可替换")
    at("checking", "gm_office")
    case = maker.office.act(case, "check", check="齐全")
    at("negotiation", maker.sales.id)
    case = maker.sales.act(case, "report_negotiation", **NEGOTIATED, amount=yuan(400))
    at("head_check", "sales_manager")
    case = maker.sales_manager.act(case, "confirm_negotiation")
    at("joint_opinion", "gm_office")
    joint = {"joint_opinion": "同意", "amount": yuan(400)}
    assert "调查报告" in maker.office.refused(case, "write_joint_opinion", **joint)["detail"]
    maker.quality.act(case, "report_to_gm", report="隔层缺失")
    case = maker.office.act(case, "write_joint_opinion", **joint)
    at("decision", "sales_manager")
    case = maker.sales_manager.act(case, "approve")
    at("carrying_out", maker.sales.id)
    clocks = maker.office.get(f"/v1/complaints/{case['id']}/deadlines")["items"]
    timed = {clock["kind"]: clock for clock in clocks}
    assert {stage if stage != "head_check" else "negotiation" for stage in way} <= set(timed)
    left = [clock for kind, clock in timed.items() if kind in way[:-1]]
    assert all(clock["state"] == "done" and clock["ended_at"] for clock in left)
    moved = [(e["from_stage"], e["to_stage"]) for e in maker.office.history(case) if e["from_stage"] != e["to_stage"]]
    assert [to for _, to in moved if to in way] == way


@pytest.mark.clause("MF-4")
def test_research_is_asked_only_when_the_abnormality_needs_it(maker: Manufacturer) -> None:
    assert maker.checking()["stage"] == "checking"


@pytest.mark.clause("MF-6", "PL-8")
@pytest.mark.parametrize(
    ("amount", "decider", "beyond"),
    [(10_000, "sales_manager", None), (10_000.01, "deputy", "sales_manager"), (100_000.01, "gm", "deputy")],
)
def test_decided_by_whoever_has_authority_for_the_amount(
    maker: Manufacturer, amount: float, decider: str, beyond: str | None
) -> None:
    case = maker.deciding(amount)
    getattr(maker, decider).await_notice(case, "complaint.approval_wanted")
    if beyond:
        assert answer(getattr(maker, beyond).refused(case, "approve")) == (403, "beyond_authority")
    assert getattr(maker, decider).act(case, "approve")["stage"] == "carrying_out"


@pytest.mark.clause("MF-9")
def test_a_decision_not_accepted_opens_a_new_form_that_goes_up_with_the_first(maker: Manufacturer) -> None:
    case = maker.answered(accepted=False)
    assert "客户接受" in maker.sales.refused(case, "report_done")["detail"]
    case = maker.sales.act(case, "open_new_form", content="客户坚持赔款二千元")
    assert (case["state"], case["outcome"]) == ("closed", "not_accepted")
    (link,) = maker.sales.case(case)["links"]
    second = maker.sales.case({"id": link["complaint_id"]})
    assert (link["kind"], second["links"][0]["complaint_id"]) == ("followed_by", case["id"])
    assert second["facts"]["part_no"] == ORDER["part_no"]
    maker.gm.await_notice(case, "complaint.handed_up")
    maker.sales.act(second, "confirm_record", how="电话复述")
    maker.sales.act(second, "fill_form", **FORM)
    maker.office.act(second, "accept", accepted_on="2026-11-21")
    maker.engineer.act(second, "check_lot", **LOT)
    maker.quality.act(second, "analyse", **ANALYSIS)
    maker.quality.act(second, "report_to_gm", report="同前")
    maker.production.act(second, "draft_countermeasures", **COUNTERMEASURES)
    maker.plant.act(second, "comment", production_comment="同意")
    second = maker.deciding(100, case=maker.office.act(second, "check", check="附原表"))
    assert waits_for(second) == ["general_manager"], "whatever the amount"


@pytest.mark.clause("MF-11", "NX-1")
def test_sales_answers_only_after_the_decision_by_letter_or_call_and_never_with_the_form(maker: Manufacturer) -> None:
    case = maker.deciding(20_000)
    assert answer(maker.sales.refused(case, "answer_customer", **CALL, accepted=True))[1] == "action_not_available"
    assert answer(maker.sales_manager.refused(case, "approve"))[1] == "beyond_authority"
    case = maker.deputy.act(case, "approve")
    maker.sales.act(case, "answer_customer", **CALL, accepted=True)
    excess = maker.sales.refused(case, "issue_credit_note", amount=yuan(20_000.01))
    assert answer(excess) == (403, "beyond_authority")
    how = {"told": "同意折让", "accepted": True}
    assert refused_fields(maker.sales.refused(case, "answer_customer", **how, by="form")) == {"by"}
    assert refused_fields(maker.sales.refused(case, "answer_customer", **how, by="letter")) == {"letter"}
    assert refused_fields(maker.sales.refused(case, "answer_customer", **how, by="call")) == {"call_at"}
    forms = maker.sales.get(f"{place(case)}/forms")["items"]
    assert {form["key"]: form["internal"] for form in forms}.items() >= {"complaint": True, "answer": False}.items()


@pytest.mark.clause("MF-12")
def test_an_objection_is_decided_separately_and_kept_with_the_case(maker: Manufacturer) -> None:
    case = maker.analysed()
    maker.production.act(case, "object", department="production", grounds="划伤发生于运输")
    objection = maker.sheet(case, "objection")
    assert answer(maker.quality.refused(objection, "submit", proposal="改判"))[1] == "not_your_turn"
    objection = maker.production.act(objection, "submit", proposal="责任归业务部")
    assert answer(maker.deputy.refused(objection, "approve")) == (403, "beyond_authority")
    assert maker.gm.act(objection, "reject", reason="包装属制造部")["stage"] == "dismissed"
    case = maker.office.case(case)
    assert (case["stage"], [s["kind"] for s in case["sheets"]]) == ("countermeasures", ["objection"])


@pytest.mark.clause("MF-13")
def test_a_suppliers_fault_is_handled_jointly_and_the_claim_kept_with_the_case(maker: Manufacturer) -> None:
    case = maker.analysed()
    claim = {"third_party": "宏达包装", "units": ["quality", "production"], "basis": "隔层来料不良"}
    assert answer(maker.quality.refused(case, "claim_recovery", **claim, amount=yuan(300)))[0] == 403
    maker.office.act(case, "claim_recovery", **claim, amount=yuan(300))
    sheet = maker.sheet(case, "recovery")
    opinions = [{"department": "quality", "opinion": "来料检验记录"}, {"department": "production", "opinion": "同意"}]
    maker.office.act(sheet, "record_joint_opinion", opinions=opinions)
    sheet = maker.office.act(sheet, "record_recovery", recovered=yuan(300), voucher_no="S-8")
    assert (sheet["state"], sheet["values"]["third_party"], sheet["values"]["recovered"]) == (
        "done", "宏达包装", yuan(300),
    )  # fmt: skip


@pytest.mark.clause("MF-14", "QA-7")
def test_a_groundless_one_is_answered_collected_and_a_further_objection_goes_up(maker: Manufacturer) -> None:
    case = maker.engineer.act(maker.analysing(), "check_lot", **{**LOT, "established": False, "sample": "非本公司产品"})
    assert (case["stage"], case["validity"]) == ("groundless", "unfounded")
    maker.sales.await_notice(case, "complaint.assigned")
    told = {"told": "样品非我司产品", "receivable": yuan(9_000), "agreed_by": "2031-01-31T09:00:00Z"}
    for field in told:
        rest = {name: value for name, value in told.items() if name != field}
        assert refused_fields(maker.sales.refused(case, "agree_collection", **rest)) == {field}
    maker.sales.act(case, "agree_collection", **told)
    assert maker.sales.deadline(case, "collection")["due_at"] == told["agreed_by"]
    case = maker.sales.act(case, "customer_objects", reason="客户称标签为我司")
    maker.deputy.await_notice(case, "complaint.handed_up")
    assert answer(maker.sales.refused(case, "record_collected"))[1] == "action_not_available"
    case = maker.deputy.act(case, "rule", justified=False, ruling="标签系仿冒")
    assert case["stage"] == "groundless"
    case = maker.accounting.act(case, "record_collected")
    assert (case["state"], case["outcome"], maker.sales.deadline(case, "collection")["state"]) == (
        "closed", "unfounded", "done",
    )  # fmt: skip
