"""Reply templates: the company's over its policy's, with a case's facts put in (SPEC UX-8)."""

from __future__ import annotations

from typing import Any

import pytest

from contracts import complaints as contract
from contracts.policies import load_pack, resolve
from tests.service.complaints.bench import PACKS, Bench, Company, Json


def templates(company: Company, **query: Any) -> dict[str, Json]:
    page = company.call(contract.LIST_REPLY_TEMPLATES, limit=100, **query)
    return {one["key"]: one for one in page["items"]}


def render(company: Company, template: Json, case: Json, ctx: Any = None, **more: Any) -> Json:
    done: Json = company.call(
        contract.RENDER_REPLY_TEMPLATE, ctx, reply_template_id=template["id"], complaint_id=case["id"], **more
    )
    return done


def test_the_policys_templates_are_there_in_both_languages(company: Company) -> None:
    found = templates(company)
    assert set(found) == {"delay", "documents_wanted", "decision_letter"}
    case = company.register()
    english = render(company, found["delay"], case)
    assert f"your complaint {case['number']}." in english["text"]
    chinese = render(company, found["delay"], case, language="zh-CN")
    assert "尊敬的王芳" in chinese["text"]
    assert chinese["missing"] == []
    decision = render(company, found["decision_letter"], case)
    assert decision["missing"] == ["decision"]
    assert "—" in decision["text"]
    assert "Dear 王芳" in decision["text"]


def test_a_company_words_its_own_and_goes_back(company: Company) -> None:
    delay = templates(company)["delay"]
    texts = {"en": "{{late}}: {number}, {claimed_amount}, {level}"}
    changed = company.call(
        contract.UPDATE_REPLY_TEMPLATE, reply_template_id=delay["id"], texts=texts, expected_version=0
    )
    assert (changed["origin"], changed["version"], changed["id"]) == ("company", 1, delay["id"])
    case = company.register(claimed_amount={"amount": 123450})
    assert render(company, changed, case)["text"] == f"{{late}}: {case['number']}, CN¥1,234.50, {case['level_label']}"
    stale = company.refused(
        contract.UPDATE_REPLY_TEMPLATE, reply_template_id=delay["id"], labels={"en": "x"}, expected_version=0
    )
    assert stale.code == "stale_version"
    company.call(contract.UPDATE_REPLY_TEMPLATE, reply_template_id=delay["id"], texts={"en": "second"})
    company.call(contract.DELETE_REPLY_TEMPLATE, reply_template_id=delay["id"])
    again = templates(company)["delay"]
    assert (again["origin"], again["texts"]) == ("policy", delay["texts"])
    kept = company.call(contract.LIST_REPLY_TEMPLATE_VERSIONS, reply_template_id=delay["id"])["items"]
    assert [(one["version"], one["texts"]) for one in kept] == [(2, {"en": "second"}), (1, texts)]
    assert company.refused(contract.DELETE_REPLY_TEMPLATE, reply_template_id=delay["id"]).code == "not_found"


def test_own_templates_are_found_by_what_they_are_for(company: Company) -> None:
    made = company.call(
        contract.CREATE_REPLY_TEMPLATE, key="brakes", labels={"zh-CN": "刹车"}, texts={"zh-CN": "{vehicle_plate}"},
        categories=["repair_quality"], stages=["judging"],
    )  # fmt: skip
    assert made["version"] == 1
    assert "brakes" in templates(company, category="repair_quality", stage="judging")
    assert "brakes" not in templates(company, category="suggestion")
    assert "brakes" not in templates(company, language="en")
    assert {"delay", "documents_wanted"} <= set(templates(company, category="suggestion"))
    for key in ("brakes", "delay"):
        taken = company.refused(contract.CREATE_REPLY_TEMPLATE, key=key, labels={"en": "x"}, texts={"en": "x"})
        assert taken.code == "conflict"
    page = company.call(contract.LIST_REPLY_TEMPLATES, limit=1)
    assert page["items"][0]["key"] == "brakes"
    assert company.call(contract.LIST_REPLY_TEMPLATES, limit=1, cursor=page["next_cursor"])["items"][0]["key"] == (
        "decision_letter"
    )


@pytest.mark.parametrize(
    ("wording", "code"), [("{nmber}", "unknown_variable"), ("{number", "stray_brace"), ("{number.x}", "stray_brace")]
)
def test_a_text_with_a_mistake_is_refused(company: Company, wording: str, code: str) -> None:
    problem = company.refused(
        contract.CREATE_REPLY_TEMPLATE, key="k", labels={"en": "x"}, texts={"en": wording, "zh-CN": "好"}
    )
    assert [(error["field"], error["code"]) for error in problem.errors] == [("texts.en", code)]


def test_personal_data_is_masked_by_the_callers_rights(company: Company) -> None:
    made = company.call(contract.CREATE_REPLY_TEMPLATE, key="k", labels={"en": "x"}, texts={"en": "{phone}"})
    case = company.register()
    clerk = company.hire("technician", "clerk")
    assert render(company, made, case)["text"].endswith("13800138000")
    assert "****" in render(company, made, case, clerk)["text"]
    far = company.hire("technician", "far", unit="north")
    refused = company.refused(
        contract.RENDER_REPLY_TEMPLATE, far, reply_template_id=made["id"], complaint_id=case["id"]
    )
    assert refused.code == "not_found"
    manager = company.hire("customer_relations_manager", "li")
    refused = company.refused(contract.CREATE_REPLY_TEMPLATE, manager, key="z", labels={"en": "x"}, texts={"en": "x"})
    assert refused.code == "org_unit_out_of_scope", "wordings are the whole company's"


def test_a_template_is_the_text_of_an_actions_field(company: Company) -> None:
    case, delay = company.register(), templates(company)["delay"]
    use = {"reply_template": delay["id"], "language": "zh-CN"}
    company.act(case, "add_note", note=use, audience="complainant")
    (entry,) = company.history(case, "action")
    assert entry["fields"]["note"] == render(company, delay, case, language="zh-CN")["text"].strip()
    decision = templates(company)["decision_letter"]
    lacking = company.refused(
        contract.ACT, complaint_id=case["id"], name="add_note", note={"reply_template": decision["id"]}
    )
    assert [(error["field"], error["code"]) for error in lacking.errors] == [("note", "missing_variable")]
    unknown = company.refused(contract.ACT, complaint_id=case["id"], name="add_note", note={"reply_template": "x"})
    assert unknown.code == "not_found"


def test_a_pack_whose_reply_names_no_fact_of_a_case_is_refused(bench: Bench) -> None:
    wrong = {"replies": {"delay": {"texts": {"en": "{nmber}"}, "stages": ["nowhere"]}}}
    findings = [str(finding) for finding in resolve("complaints", [load_pack(PACKS, "dealership")], wrong).findings]
    assert any("{nmber}" in finding and "number" in finding for finding in findings)
    assert any("`nowhere` is not a stage" in finding for finding in findings)
