"""A change of policy is previewed on the open cases before it is activated (SPEC PL-5)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner

from kefu.cli import main
from kefu.waiting import wait_until
from tests.clauses import dealership as usual
from tests.clauses.driver import SECONDS, Company, Json
from tests.platform.running import Platform
from tests.security.stores import Stores

FoundCompany = Callable[..., Company]
DRAFTS = "/v1/policies/complaints/drafts"
SHORTER = {
    "deadlines": {"solution": {"spans": [{"amount": 1, "unit": "minutes"}]}},
    "judging": {
        "raises": {
            "one": {"labels": {"zh-CN": "一人", "en": "One"}, "when": "group_size >= 1", "level": "major"},
        }
    },
}  # fmt: skip


def draft(company: Company, overrides: Json) -> str:
    return str(company.admin.post(DRAFTS, overrides=overrides)["id"])


def preview(company: Company, draft_id: str, **query: Any) -> Json:
    found: Json = company.admin.get(f"{DRAFTS}/{draft_id}/preview", **query)
    return found


def rows(platform: Platform, company: Company) -> dict[str, Any]:
    """Every row that a preview could have changed: business, clocks, events to publish."""
    stores = Stores(platform.installation.database_url)
    chassis = stores.tables("complaints", company.id)
    return {**stores.business(company.id), "clocks": chassis["deadlines"], "outbox": chassis["outbox"]}


@pytest.mark.clause("PL-5")
def test_a_draft_is_tried_on_the_open_cases_and_changes_none_of_them(company: Company, platform: Platform) -> None:
    waiting, finished = usual.reach(company, "investigation"), usual.reach(company, "closed")
    same, shorter = draft(company, {}), draft(company, SHORTER)
    stores = Stores(platform.installation.database_url)
    wait_until(lambda: stores.waiting(company.id) == 0, limit=SECONDS, what="all is told")
    scheduled = "complaints.report_schedule"
    wait_until(lambda: rows(platform, company)[scheduled], limit=SECONDS, what="reports are scheduled")
    before = rows(platform, company)
    unchanged = preview(company, same)
    assert (unchanged["open_cases"], unchanged["looked_at"], unchanged["affected"]) == (1, 1, 0)
    assert (unchanged["totals"], unchanged["cases"], unchanged["next_cursor"]) == ([], [], None)
    found = preview(company, shorter)
    (case,) = found["cases"]
    assert case["number"] == waiting["number"] != finished["number"]
    changes = {change["what"]: change for change in case["changes"]}
    assert (changes["level"]["before"], changes["level"]["after"]) == ("一般投诉", "重大投诉")
    assert {"deadline_earlier", "deadline_overdue"} & changes.keys()
    assert (found["totals"][0]["what"], found["totals"][0]["cases"]) == ("level", 1)
    assert "未作任何更改" in found["notice"]
    assert rows(platform, company) == before
    kept = company.as_("customer_relations_manager").case(waiting)
    assert (kept["level"], kept["policy_version"]) == ("ordinary", 1)


@pytest.mark.clause("PL-5")
def test_cases_that_the_draft_would_strand_come_first(company: Company) -> None:
    boss = company.as_("general_manager")
    plain = usual.reach(company, "judging")
    doomed = usual.reach(company, "investigation")
    assert boss.case(doomed)["category"] == "repair_quality"
    without = {**SHORTER, "categories": {"repair_quality": None}}
    found = preview(company, draft(company, without), limit=1)
    assert found["totals"][0] | {"cases": 1} == {
        "what": "category_gone", "what_label": "类别已不存在", "key": "repair_quality", "label": "维修质量",
        "before": None, "after": None, "cases": 1,
    }  # fmt: skip
    assert found["affected"] == 2
    assert [(case["number"], case["dangerous"]) for case in found["cases"]] == [(doomed["number"], True)]
    assert plain["number"] not in str(found)


@pytest.mark.clause("PL-1", "PL-3", "PL-5")
def test_a_preview_sees_what_its_caller_sees(company: Company, found_company: FoundCompany) -> None:
    usual.reach(company, "judging")
    mine = draft(company, SHORTER)
    elsewhere = company.hire("elsewhere", "administrator", unit=company.open_unit("s02"))
    assert elsewhere.get(f"{DRAFTS}/{mine}/preview")["open_cases"] == 0
    assert company.as_("technician").problem("GET", f"{DRAFTS}/{mine}/preview")["code"] == "forbidden"
    other = found_company()
    assert other.admin.problem("GET", f"{DRAFTS}/{mine}/preview")["code"] == "not_found"
    wrong = company.admin.problem("GET", f"{DRAFTS}/{mine}/preview", params={"cursor": "x"})
    assert (wrong["code"], wrong["errors"][0]["field"]) == ("invalid_request", "cursor")


@pytest.mark.clause("PL-5")
@pytest.mark.parametrize(("locale", "words"), [("zh-CN", ("级别", "重大投诉")), ("en", ("Level", "Major"))])
def test_the_program_prints_it(company: Company, tmp_path: Any, locale: str, words: tuple[str, str]) -> None:
    case = usual.reach(company, "investigation")
    file = tmp_path / "changes.yaml"
    file.write_text("deadlines:\n  solution:\n    spans:\n    - {amount: 9, unit: business_days}\n", encoding="utf-8")
    key = company.admin.post("/v1/api-keys", name="cli", permissions=["*"])["secret"]
    options = ["--url", company.platform.base_url, "--key", key, "--locale", locale]
    shown = CliRunner().invoke(main, ["policy", "preview", "complaints", str(file), *options])
    assert shown.exit_code == 0, shown.output
    assert case["number"] in shown.output
    assert ("时限推后" if locale == "zh-CN" else "Deadline later") in shown.output
    again = CliRunner().invoke(main, ["policy", "cases", draft(company, SHORTER), *options])
    assert all(word in again.output for word in words), again.output
