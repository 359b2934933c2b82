"""A file attached by mistake is struck out: on the record, but no paper of the case any more (SPEC UX-2)."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from contracts import complaints as contract
from contracts.context import Context
from contracts.core import Operation
from tests.service.complaints.bench import Bench, Company, Json

WHY = "别人的身份证"


@pytest.fixture
def consultant(company: Company) -> Context:
    return company.hire("customer_relations_consultant")


@pytest.fixture
def manager(company: Company) -> Context:
    return company.hire("customer_relations_manager")


def attach(company: Company, case: Json, ctx: Context, text: str = "证据", **query: Any) -> Json:
    content = base64.b64encode(text.encode()).decode()
    sent = {"complaint_id": case["id"], "content": content, "filename": "身份证.txt", **query}
    made: Json = company.call(contract.ADD_ATTACHMENT, ctx, **sent)
    return made


def strike(company: Company, file: Json, ctx: Context, case: Json | None = None) -> Json:
    of = (case or {}).get("id", file["complaint_id"])
    done: Json = company.call(contract.STRIKE_ATTACHMENT, ctx, complaint_id=of, attachment_id=file["id"], reason=WHY)
    return done


def refused(company: Company, operation: Operation, ctx: Context, file: Json, **more: Any) -> str:
    sent = {"complaint_id": file["complaint_id"], "attachment_id": file["id"], **more}
    return company.refused(operation, ctx, **sent).code


def names(company: Company, case: Json, **query: Any) -> list[str]:
    return [one["id"] for one in company.call(contract.LIST_ATTACHMENTS, complaint_id=case["id"], **query)["items"]]


@pytest.mark.clause("UX-2")
def test_whoever_attached_the_wrong_file_strikes_it_out_and_it_stays_on_the_record(
    company: Company, consultant: Context, manager: Context
) -> None:
    case = company.register()
    wrong, right = attach(company, case, consultant), attach(company, case, consultant, "维修单")
    struck = strike(company, wrong, consultant)
    assert (struck["struck_by"], struck["struck_reason"], struck["struck_at"] is None) == (
        consultant.actor.name, WHY, False,
    )  # fmt: skip
    assert (names(company, case), names(company, case, struck=True)) == ([right["id"]], [wrong["id"]])
    for read in (contract.GET_ATTACHMENT, contract.DOWNLOAD_ATTACHMENT):
        assert refused(company, read, consultant, wrong) == "attachment_struck"
        shown = company.call(read, manager, complaint_id=case["id"], attachment_id=wrong["id"])
        assert base64.b64decode(shown["content"]).decode() == "证据"
    (entry,) = company.history(case, "struck")
    assert (entry["label"], entry["note"], entry["fields"]["filename"]) == ("File struck out", WHY, "身份证.txt")
    assert refused(company, contract.STRIKE_ATTACHMENT, manager, wrong, reason=WHY) == "attachment_struck"


def test_files_of_others_are_struck_out_only_with_the_permission(
    company: Company, consultant: Context, manager: Context
) -> None:
    case = company.register()
    file = attach(company, case, manager)
    assert refused(company, contract.STRIKE_ATTACHMENT, consultant, file, reason=WHY) == "forbidden"
    assert strike(company, file, manager)["struck_at"]
    other = company.register()
    assert company.refused(
        contract.STRIKE_ATTACHMENT, manager, complaint_id=other["id"], attachment_id=file["id"], reason=WHY
    ).code == "not_found"  # fmt: skip


def test_nothing_new_can_name_it(company: Company, consultant: Context) -> None:
    case = company.register()
    file = attach(company, case, consultant)
    strike(company, file, consultant)
    note = company.refused(contract.ACT, complaint_id=case["id"], name="add_note", note="x", files=[file["id"]])
    assert note.errors[0]["field"] == "files"
    item = {"content": "另一事项", "attachments": [file["id"]]}
    split = company.refused(contract.SPLIT_COMPLAINT, complaint_id=case["id"], items=[item], reason="两件事")
    assert split.errors[0]["field"] == "items.0.attachments"


def test_what_it_proved_is_asked_for_again(bench: Bench) -> None:
    """A form that named it is not complete any more, and a dossier misses the paper."""
    company = bench.company("decoration")
    case = company.register()
    file = company.attach(case, kind="contents")
    assert papers(company, case)["contents"] == "present"
    company.call(
        contract.STRIKE_ATTACHMENT, complaint_id=case["id"], attachment_id=file["id"], reason=WHY,
    )  # fmt: skip
    assert papers(company, case)["contents"] == "missing"
    firm = bench.company("property/centre")
    case = firm.register(complainant={"name": "王芳", "phone": "13800138000", "unit_no": "1-101"})
    firm.act(case, "confirm_record", how="复述")
    firm.act(case, "fill_record", matter="态度", apology="已致歉")
    firm.act(case, "hand_over")
    evidence = [firm.attach(case)["id"], firm.attach(case, "二")["id"]]
    firm.act(case, "take_evidence", witness="李四", evidence=evidence, signature=evidence[:1])
    for id_, left in zip(evidence, ((evidence[1:], None), (None, None)), strict=True):
        firm.call(contract.STRIKE_ATTACHMENT, complaint_id=case["id"], attachment_id=id_, reason=WHY)
        forms = firm.call(contract.GET_FORMS, complaint_id=case["id"])["items"]
        (form,) = (one for one in forms if one["key"] == "conduct_evidence")
        kept = {one["name"]: one["value"] for one in form["values"]}
        assert (kept["evidence"], kept["signature"], form["complete"]) == (*left, False)


def papers(company: Company, case: Json) -> dict[str, str]:
    dossiers = company.call(contract.GET_DOSSIERS, complaint_id=case["id"])["items"]
    (dossier,) = (one for one in dossiers if one["key"] == "complaint")
    return {paper["key"]: paper["state"] for paper in dossier["papers"]}


def test_a_file_of_a_merged_case_is_struck_out_through_the_surviving_one(company: Company, manager: Context) -> None:
    first, second = company.register(), company.register()
    file = attach(company, second, manager)
    company.call(contract.MERGE_COMPLAINT, complaint_id=second["id"], into=first["id"], reason="重复")
    assert refused(company, contract.STRIKE_ATTACHMENT, manager, file, reason=WHY) == "case_merged"
    assert strike(company, file, manager, first)["complaint_id"] == second["id"]
    assert names(company, first) == []
