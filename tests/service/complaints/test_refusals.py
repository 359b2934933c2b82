"""Cases whose complainant refused the decision are found, and are closed only when that was answered (SPEC IS-7)."""

from __future__ import annotations

import pytest

from contracts import complaints as contract
from tests.service.complaints.bench import Bench, Company, Json

REVIEW = {"finding": "维持原决定", "internal_recourse": "主任接待日", "external_recourse": "消协"}


def refused(company: Company) -> set[str]:
    found = company.call(contract.LIST_COMPLAINTS, refused_by_complainant=True)["items"]
    others = company.call(contract.LIST_COMPLAINTS, refused_by_complainant=False)["items"]
    assert not {case["id"] for case in found} & {case["id"] for case in others}
    return {case["id"] for case in found}


def explained(company: Company) -> Json:
    """A case that was found without ground; the explanation can be read once it is recorded."""
    case = company.register(complainant={"name": "王芳", "phone": "13800138000", "unit_no": "1-101"})
    company.act(case, "confirm_record", how="复述")
    company.act(case, "fill_record", matter="态度", apology="已致歉")
    company.act(case, "hand_over")
    verified = {"category": "service", "verified": "不属实", "validity": "unfounded", "special": False}
    company.act(case, "verify", company.hire("service_assistant"), **verified)
    return company.act(case, "explain", told="监控显示并无此事")


@pytest.mark.clause("IS-7")
def test_refused_cases_are_listed_until_they_are_answered(bench: Bench) -> None:
    company = bench.company("property/centre")
    case, _other = explained(company), explained(company)
    theirs = company.complainant_of(case)
    assert refused(company) == set()
    status = company.call(contract.ANSWER_DECISION, theirs, accepted=False, text="不同意")
    assert status["next_step"]
    assert (refused(company), company.case(case)["refused_by_complainant"]) == ({case["id"]}, True)
    assert company.call(contract.COUNT_COMPLAINTS, refused_by_complainant=True)["total"] == 1
    file = {"complaint_id": case["id"], "name": "file_record", "file_no": "DA-1"}
    custodian = company.hire("archivist")
    assert company.refused(contract.ACT, custodian, **file).code == "stage_incomplete"
    company.act(case, "review_refusal", **REVIEW)
    assert refused(company) == set()
    again = company.call(contract.ANSWER_DECISION, theirs, accepted=False, text="还是不同意")
    assert (again["answer"], again["next_step"], refused(company)) == ("refused", None, set())
    assert company.call(contract.ACT, custodian, **file)["state"] == "closed"


@pytest.mark.clause("IS-6")
def test_the_decision_is_asked_to_be_told_once(bench: Bench) -> None:
    company = bench.company("property/centre")
    case = explained(company)
    told = [event for event in company.events("complaint.message_requested") if event["key"] == "complaint.decided"]
    assert [(one["subject"]["number"], one["recipients"][0]["kind"]) for one in told] == [(case["number"], "person")]
