"""Files on cases, their sheets and notes (SPEC UX-2)."""

from __future__ import annotations

from contracts import complaints as contract
from tests.service.complaints.bench import Company, Json


def _sheet(company: Company, case: Json) -> Json:
    company.act(case, "urge", note="请尽快")
    sheet: Json = company.case(case)["sheets"][0]
    return sheet


def _files(company: Company, case: Json, **query: str) -> list[Json]:
    found: list[Json] = company.call(contract.LIST_ATTACHMENTS, complaint_id=case["id"], **query)["items"]
    return found


def test_a_file_belongs_to_the_case_or_to_one_of_its_sheets(company: Company) -> None:
    case = company.register(category="repair_quality")
    sheet = _sheet(company, case)
    own = company.attach(case, "照片", kind="photo")
    papers = company.attach(case, "说明", sheet_id=sheet["id"])
    assert (own["sheet_id"], papers["sheet_id"], own["kind"]) == (None, sheet["id"], "photo")
    assert [one["id"] for one in _files(company, case)] == [own["id"], papers["id"]]
    assert [one["id"] for one in _files(company, case, sheet_id=sheet["id"])] == [papers["id"]]
    assert [one["id"] for one in _files(company, case, kind="photo")] == [own["id"]]
    assert [entry["sheet_id"] for entry in company.history(case, "attachment")] == [None, sheet["id"]]


def test_a_sheet_of_another_case_takes_no_file_of_this_one(company: Company) -> None:
    case, other = company.register(category="repair_quality"), company.register(category="repair_quality")
    sheet = _sheet(company, other)
    refused = company.refused(
        contract.ADD_ATTACHMENT, complaint_id=case["id"], sheet_id=sheet["id"], content="eA==", filename="a.txt"
    )
    assert refused.code == "not_found"
    assert _files(company, case) == []


def test_a_note_names_files_of_its_case(company: Company) -> None:
    case, other = company.register(), company.register()
    file, foreign = company.attach(case), company.attach(other, "别处")
    company.act(case, "add_note", note="见附件", files=[file["id"]])
    (entry,) = company.history(case, "action")
    assert entry["fields"]["files"] == [file["id"]]
    refused = company.refused(contract.ACT, complaint_id=case["id"], name="add_note", note="x", files=[foreign["id"]])
    assert refused.errors[0]["field"] == "files"
