"""SPEC MF, QA: credit notes, returned goods, proofs; what quality does about the goods."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.clauses.developer import answer, refused_fields
from tests.clauses.driver import Company, Json, yuan
from tests.clauses.manufacturer import ANALYSIS, FORM, LOT, RETURN, Manufacturer
from tests.platform.running import Platform

EIGHT_D = {
    "team": "品保、制造", "containment": "隔离在库品", "cause": "隔层缺失", "corrective": "补设隔层",
    "preventive": "首件检查", "raw_material": "IQC-221 合格", "in_process": "IPQC-87 合格", "finished": "FQC-15 挑选",
    "upstream": "production", "standard_revised": True, "standard": "增加外观隔层检查项",
}  # fmt: skip

pytestmark = pytest.mark.parametrize("platform", ["postgresql"], indirect=True, scope="session")


@pytest.fixture(scope="module")
def maker(platform: Platform) -> Iterator[Manufacturer]:
    with ExitStack() as stack:
        yield Manufacturer(Company.found(platform, stack, "manufacturer"))


@pytest.mark.clause("MF-15", "MF-22")
def test_an_allowance_makes_a_credit_note_signed_by_both_and_stamped(maker: Manufacturer) -> None:
    case = maker.answered()
    assert answer(maker.sales.refused(case, "issue_return_order", **RETURN))[1] == "action_not_available"
    assert "销货折让证明单" in maker.sales.refused(case, "report_done")["detail"]
    maker.sales.act(case, "issue_credit_note", amount=yuan(400))
    note = maker.sales.act(maker.sheet(case, "credit_note"), "submit")
    assert answer(maker.gm.refused(note, "approve"))[0] == 403, "the manager first"
    assert maker.sales_manager.act(note, "approve")["stage"] == "signing"
    maker.gm.await_notice(case, "complaint.approval_wanted")
    assert maker.gm.act(note, "approve")["stage"] == "stamping"
    assert refused_fields(maker.sales.refused(note, "record_stamp", stamped_on="2026-11-21")) == {"scan"}


@pytest.mark.clause("MF-15", "MF-22")
def test_a_return_makes_a_return_order_approved_before_the_warehouse_gets_it(maker: Manufacturer) -> None:
    case = maker.answered(handling="return_goods", amount=1000)
    assert answer(maker.sales.refused(case, "issue_credit_note", amount=yuan(1)))[1] == "action_not_available"
    for field in RETURN:
        rest = {name: value for name, value in RETURN.items() if name != field}
        assert refused_fields(maker.sales.refused(case, "issue_return_order", **rest)) == {field}
    maker.sales.act(case, "issue_return_order", **RETURN)
    order = maker.sales.act(maker.sheet(case, "return_order"), "submit")
    assert (order["values"]["handling"], order["values"]["basis"]) == ("return_goods", "核决结果")
    count = {"actual": 100, "as_ordered": True}
    assert answer(maker.warehouse.refused(order, "count_goods", **count))[1] == "action_not_available"
    order = maker.sales_manager.act(order, "approve")
    assert maker.warehouse.act(order, "count_goods", **count)["stage"] == "signing"


@pytest.mark.clause("MF-16")
@pytest.mark.parametrize(("actual", "facts", "posted"), [
    (90, {}, True), (105, {}, True), (106, {}, False),
    (106, {"has_over_ratio": True, "over_ratio": 10}, True), (101, {"has_over_ratio": True, "over_ratio": 0}, False),
])  # fmt: skip
def test_goods_within_the_ratio_are_posted_as_they_came_beyond_it_refused(
    maker: Manufacturer, actual: int, facts: Json, posted: bool
) -> None:
    case = maker.answered(handling="return_goods", amount=1000, facts=facts)
    order = maker.posting(actual, case=case)
    if posted:
        done = maker.accounting.act(order, "post", voucher_no="V-3")
        assert (done["state"], done["values"]["actual"]) == ("done", actual)
        return
    refused = maker.accounting.refused(order, "post", voucher_no="V-3")
    assert answer(refused) == (409, "action_not_available")
    assert "允收比率" in refused["detail"]
    assert answer(maker.sales.refused(order, "instruct_posting", posting_instruction="收下"))[0] == 403
    maker.sales_manager.act(order, "instruct_posting", posting_instruction="全部收下")
    assert maker.accounting.act(order, "post", voucher_no="V-3")["state"] == "done"


@pytest.mark.clause("MF-16")
def test_a_large_excess_is_instructed_on_by_whoever_has_authority_for_it(maker: Manufacturer) -> None:
    order = maker.posting(200, unit_price=yuan(60))
    refused = maker.sales_manager.refused(order, "instruct_posting", posting_instruction="收下")
    assert answer(refused) == (403, "beyond_authority")
    maker.deputy.act(order, "instruct_posting", posting_instruction="收下")
    assert maker.accounting.act(order, "post", voucher_no="V-4")["state"] == "done"


@pytest.mark.clause("MF-16")
def test_the_warehouse_signs_for_a_difference_only_after_an_instruction(maker: Manufacturer) -> None:
    _, order = maker.returning()
    order = maker.warehouse.act(order, "count_goods", actual=100, as_ordered=False)
    assert order["stage"] == "differing"
    assert answer(maker.warehouse.refused(order, "sign_for_goods", reject_area="R-1"))[1] == "action_not_available"
    maker.sales_manager.act(order, "instruct_receipt", receipt_instruction="按实际签收")
    assert maker.warehouse.act(order, "sign_for_goods", reject_area="R-1")["stage"] == "labelling"


@pytest.mark.clause("MF-17")
def test_nothing_is_booked_without_its_proof(maker: Manufacturer) -> None:
    case, order = maker.returning()
    maker.warehouse.act(order, "count_goods", actual=100, as_ordered=True)
    maker.warehouse.act(order, "sign_for_goods", reject_area="R-2")
    order = maker.engineer.act(order, "label_goods", confirmed="划伤", label_no="NG-9")
    scan = [maker.attach(case)]
    assert answer(maker.accounting.refused(order, "post", voucher_no="V-5"))[1] == "action_not_available"
    assert refused_fields(maker.sales.refused(order, "record_proof", proof="promise", proof_scan=scan)) == {"proof"}
    copy = maker.sales.refused(order, "record_proof", proof="stamped_copy", proof_scan=scan)
    assert refused_fields(copy) == {"returned_quantity", "kept_quantity", "invoice_price", "invoice_amount"}
    assert refused_fields(maker.sales.refused(order, "record_proof", proof="stamped_original")) == {"proof_scan"}
    assert maker.sales.act(order, "record_proof", proof="stamped_original", proof_scan=scan)["stage"] == "posting"
    case = maker.answered()
    note, scan = maker.credit_note(case), [maker.attach(case)]
    assert refused_fields(maker.sales.refused(note, "record_proof", proof="stamped_original")) == {"proof"}
    copy = maker.sales.refused(note, "record_proof", proof="stamped_copy", proof_scan=scan)
    assert refused_fields(copy) == {"unit_price", "amount_allowed", "amount_kept"}


@pytest.mark.clause("QA-1", "QA-7")
def test_the_lots_inspection_record_and_the_sample_are_checked_first(maker: Manufacturer) -> None:
    case = maker.analysing()
    refused = maker.quality.refused(case, "analyse", **ANALYSIS)
    assert answer(refused) == (409, "stage_incomplete")
    assert "当批出货检验状况" in refused["detail"]
    for field in LOT:
        rest = {name: value for name, value in LOT.items() if name != field}
        assert refused_fields(maker.engineer.refused(case, "check_lot", **rest)) == {field}
    maker.engineer.act(case, "check_lot", **LOT)
    case = maker.quality.act(case, "analyse", **ANALYSIS)
    assert (case["facts"]["lot_no"], case["validity"]) == (LOT["lot_no"], "valid")


@pytest.mark.clause("QA-2")
@pytest.mark.parametrize(("found", "stage"), [
    ("misuse", "done"), ("reworkable", "reworking"), ("not_reworkable", "collecting"), ("sorted_out", "collecting"),
])  # fmt: skip
def test_on_site_misuse_is_advised_and_our_fault_reworked_or_collected(
    maker: Manufacturer, found: str, stage: str
) -> None:
    case = maker.analysing()
    maker.quality.act(case, "order_site_visit", matter="现场确认划伤")
    visit = maker.sheet(case, "site_visit")
    seen = {"found": found, "record": "外观划伤20件"}
    if found == "misuse":
        assert refused_fields(maker.engineer.refused(visit, "confirm_on_site", **seen)) == {"advice"}
        seen["advice"] = "勿叠放"
    visit = maker.engineer.act(visit, "confirm_on_site", **seen)
    assert visit["stage"] == stage
    assert maker.office.case(case)["facts"]["our_fault"] == (found != "misuse")
    assert len(maker.sheets(case, "abnormality")) == (stage == "collecting")
    if stage == "reworking":
        rework = {"people": "品保二人、制造二人"}
        assert maker.engineer.act(visit, "record_rework", **rework, passed=False)["stage"] == "reworking"
        assert maker.engineer.act(visit, "record_rework", **rework, passed=True)["state"] == "done"
    if stage == "collecting":
        maker.warehouse.await_notice(case, "complaint.sheet_opened")
        assert maker.warehouse.act(visit, "collect_goods", collected=20)["state"] == "done"


@pytest.mark.clause("QA-3")
def test_returned_goods_are_counted_put_apart_labelled_and_what_replaces_them_is_inspected(maker: Manufacturer) -> None:
    case = maker.answered(handling="rework", amount=1000)
    order = maker.posting(100, case=case)
    assert {"actual", "reject_area", "confirmed", "label_no"} <= set(order["values"])
    maker.accounting.act(order, "post", voucher_no="V-6")
    assert "补货检验合格" in maker.sales.refused(case, "report_done")["detail"]
    maker.sales.act(case, "agree_redelivery", deliver_on="2031-01-15", quantity=100)
    delivery = maker.production.act(maker.sheet(case, "redelivery"), "report_made")
    assert answer(maker.warehouse.refused(delivery, "ship", shipped_at="2031-01-15"))[1] == "action_not_available"
    again = maker.engineer.act(delivery, "inspect", passed=False, record="仍有划伤")
    assert again["stage"] == "making"
    maker.production.act(delivery, "report_made")
    maker.engineer.act(delivery, "inspect", passed=True, record="合格")
    assert maker.warehouse.act(delivery, "ship", shipped_at="2031-01-15")["state"] == "done"
    case = maker.sales.act(case, "report_done")
    assert (case["state"], case["outcome"]) == ("closed", "rework")


@pytest.mark.clause("QA-4", "QA-5", "QA-8")
@pytest.mark.parametrize("facts", [
    {"report_wanted": True}, {"performance_affected": True}, {"defective_quantity": 100},
])  # fmt: skip
def test_an_8d_report_is_due_reviewed_approved_and_only_then_sent(maker: Manufacturer, facts: Json) -> None:
    case = maker.answered(facts=facts)
    assert "品质异常处理单" in maker.sales.refused(case, "report_done")["detail"]
    maker.quality.act(case, "open_abnormality_report", problem="表面划伤")
    report = maker.sheet(case, "abnormality")
    lacking = maker.quality.refused(report, "draft_report", **{k: v for k, v in EIGHT_D.items() if k != "standard"})
    assert refused_fields(lacking) == {"standard"}
    for record in ("raw_material", "in_process", "finished", "containment", "preventive"):
        rest = {name: value for name, value in EIGHT_D.items() if name != record}
        assert refused_fields(maker.quality.refused(report, "draft_report", **rest)) == {record}
    report = maker.quality.act(report, "draft_report", **EIGHT_D)
    sent = {"sent_on": "2026-11-22"}
    assert answer(maker.quality.refused(report, "send_report", **sent))[1] == "action_not_available"
    assert answer(maker.gm.refused(report, "approve")) == (403, "beyond_authority"), "the plant head first"
    maker.plant.act(report, "approve")
    report = maker.gm.act(report, "approve")
    assert maker.quality.act(report, "send_report", **sent)["state"] == "done"
    upstream = maker.sheet(case, "upstream")
    maker.production.await_notice(case, "complaint.sheet_opened")
    upstream = maker.production.act(upstream, "take_up", measure="补设隔层")
    clock = maker.office.deadline(case, "effectiveness")
    assert (upstream["stage"], clock["state"], clock["due_at"] > clock["started_at"]) == ("verifying", "running", True)
    upstream = maker.quality.act(upstream, "verify", effective=False, finding="仍有个案")
    assert upstream["stage"] == "carrying_out"


@pytest.mark.clause("QA-4")
def test_less_than_that_needs_no_report(maker: Manufacturer) -> None:
    refusal = maker.sales.refused(maker.answered(facts={"defective_quantity": 99}), "report_done")["detail"]
    assert "品质异常处理单" not in refusal


@pytest.mark.clause("QA-6")
def test_an_unclear_demand_goes_back_to_sales(maker: Manufacturer) -> None:
    case = maker.quality.act(maker.analysing(), "return_to_sales", reason="客户要求不明")
    assert case["stage"] == "form"
    maker.sales.await_notice(case, "complaint.assigned")
    assert maker.sales.act(case, "fill_form", **FORM)["stage"] == "registration"
