"""Policy moves by checked drafts (PL-5); the calendar and the snapshot."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from contracts import tenants as contract
from contracts.problems import Problem
from services.tenants.queries.policies import own_roles
from tests.service.tenants.bench import ASKING, Bench, Company

SERVICE = "notifications"


def draft(company: Company, **fields: Any) -> dict[str, Any]:
    made: dict[str, Any] = company.call(contract.CREATE_POLICY_DRAFT, service=SERVICE, **fields)
    return made


def activate(company: Company, made: dict[str, Any]) -> dict[str, Any]:
    active: dict[str, Any] = company.call(contract.ACTIVATE_POLICY_DRAFT, service=SERVICE, draft_id=made["id"])
    return active


def test_a_draft_is_compared_and_changes_nothing_until_it_is_activated(company: Company) -> None:
    made = draft(company, overrides={"frequency_cap": {"messages": 7}}, note="more")
    diff = company.call(contract.DIFF_POLICY_DRAFT, service=SERVICE, draft_id=made["id"])
    assert diff == {"base_version": 1, "changes": [{"path": "frequency_cap.messages", "before": 3, "after": 7}]}
    assert company.call(contract.GET_POLICY, service=SERVICE)["version"] == 1
    active = activate(company, made)
    assert (active["version"], active["note"], active["activated_by"]) == (2, "more", "admin")
    assert company.call(contract.GET_POLICY, service=SERVICE) == active
    told = company.told("policy.activated")[-1]
    assert (told["service"], told["version"], told["document"]["frequency_cap"]["messages"]) == (SERVICE, 2, 7)
    assert company.call(contract.GET_POLICY_DRAFT, service=SERVICE, draft_id=made["id"])["state"] == "activated"


def test_activating_twice_changes_nothing_more(company: Company) -> None:
    made = draft(company, overrides={"frequency_cap": {"messages": 7}})
    first = activate(company, made)
    activate(company, draft(company, overrides={}))
    assert activate(company, made) == first
    versions = company.call(contract.LIST_POLICY_VERSIONS, service=SERVICE)["items"]
    assert [version["version"] for version in versions] == [3, 2, 1]
    assert [told["version"] for told in company.told("policy.activated") if told["service"] == SERVICE] == [1, 2, 3]


def test_activating_at_once_makes_one_version(company: Company) -> None:
    made = draft(company, overrides={"frequency_cap": {"messages": 7}})
    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda _: activate(company, made)["version"], range(6)))
    assert answers == [2] * 6
    assert [told["version"] for told in company.told("policy.activated") if told["service"] == SERVICE] == [1, 2]


def test_a_draft_made_before_another_came_into_force_is_refused(company: Company) -> None:
    old, new = draft(company, overrides={}), draft(company, overrides={"frequency_cap": {"messages": 7}})
    activate(company, new)
    with pytest.raises(Problem) as caught:
        activate(company, old)
    assert (caught.value.code, caught.value.params) == ("draft_outdated", {"version": 2, "base_version": 1})


def test_overrides_as_text_name_the_line_of_a_mistake(company: Company) -> None:
    made = draft(company, source="frequency_cap:\n  messages: 7\n")
    assert made["overrides"] == {"frequency_cap": {"messages": 7}}
    with pytest.raises(Problem) as caught:
        draft(company, source="frequency_cap:\n  hours: 1\n  mesages: 7\n")
    (error,) = caught.value.errors
    assert (error["field"], error["params"]) == ("frequency_cap.mesages", {"file": "overrides", "line": 3})
    assert "messages" in error["message"]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"overrides": {"frequency_cap": {"messages": -1}}}, "policy_invalid"),
        ({"packs": ["brewery"]}, "unknown_pack"),
        ({"overrides": {}, "source": "a: 1"}, "invalid_request"),
        ({"packs": []}, "invalid_request"),
    ],
)
def test_a_bad_draft_is_not_kept(company: Company, fields: dict[str, Any], code: str) -> None:
    with pytest.raises(Problem, match=code):
        draft(company, **fields)


def test_without_overrides_a_draft_keeps_those_in_force(company: Company) -> None:
    activate(company, draft(company, overrides={"frequency_cap": {"messages": 7}}))
    assert draft(company, packs=["shop", "depot"])["document"]["frequency_cap"]["messages"] == 7


def test_new_packs_bring_their_roles_and_leave_shaped_ones(company: Company) -> None:
    clerk = next(role for role in company.call(contract.LIST_ROLES)["items"] if role["name"] == "clerk")
    company.call(contract.UPDATE_ROLE, role_id=clerk["id"], permissions=[])
    activate(company, draft(company, packs=["shop", "depot"]))
    roles = {role["name"]: role["permissions"] for role in company.call(contract.LIST_ROLES)["items"]}
    assert roles["clerk"] == []
    assert roles["guard"] == ["customers.read"]


def test_drafts_belong_to_their_service_and_company(company: Company, bench: Bench) -> None:
    made = draft(company, overrides={})
    with pytest.raises(Problem, match="not_found"):
        company.call(contract.GET_POLICY_DRAFT, service="customers", draft_id=made["id"])
    with pytest.raises(Problem, match="not_found"):
        activate(bench.company(), made)
    with pytest.raises(Problem, match="invalid_request"):
        company.call(contract.GET_POLICY, service="nonsense")


def test_every_change_of_policy_is_in_the_audit(company: Company) -> None:
    activate(company, draft(company, overrides={"frequency_cap": {"messages": 7}}, note="more"))
    rows = [row for row in company.audit() if row.note == "more"]
    assert [row.action for row in rows] == ["policy.drafted", "policy.activated"]
    assert rows[1].after["overrides"] == {"frequency_cap": {"messages": 7}}
    assert rows[1].actor_name == "admin"


def test_a_changed_calendar_is_told_with_the_company(company: Company) -> None:
    hours = {"mon": [["09:00", "12:00"], ["13:00", "24:00"]], "sat": [["10:00", "16:00"]]}
    closures = [{"from": "2026-11-23", "to": "2026-11-30", "note": "盘点"}]
    put = company.call(contract.PUT_CALENDAR, hours=hours, closures=closures, expected_version=1)
    assert (put["version"], put["hours"], put["closures"]) == (2, hours, closures)
    told = company.told("tenant.changed")[-1]
    assert (told["version"], told["calendar"]) == (2, put)
    assert company.call(contract.PUT_CALENDAR, hours=hours, closures=closures)["version"] == 2
    with pytest.raises(Problem, match="stale_version"):
        company.call(contract.PUT_CALENDAR, expected_version=1)


def test_the_preview_says_which_days_are_worked_and_why(company: Company) -> None:
    company.call(
        contract.PUT_CALENDAR,
        closures=[{"from": "2026-02-24", "note": "搬家"}],
        extra_days=[{"from": "2026-02-21", "note": "补货"}],
    )
    days = company.call(contract.LIST_CALENDAR_DAYS, start="2026-02-13", end="2026-02-28")["items"]
    why = {day["day"]: (day["working"], day["source"]) for day in days}
    assert len(days) == 16
    assert why["2026-02-13"] == (True, "weekday")
    assert why["2026-02-14"] == (True, "make_up")
    assert why["2026-02-17"] == (False, "holiday")
    assert why["2026-02-21"] == (True, "extra_day")
    assert why["2026-02-24"] == (False, "closure")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"hours": {"mon": [["12:00", "09:00"]]}}, "hours.mon[0]"),
        ({"hours": {"mon": [["09:00", "12:00"], ["11:00", "13:00"]]}}, "hours.mon"),
        ({"country": "XX"}, "country"),
        ({"closures": [{"from": "2026-02-10", "to": "2026-02-01"}]}, "closures[0]"),
        ({"closures": [{"from": "2026-02-10"}], "extra_days": [{"from": "2026-02-10"}]}, "extra_days"),
        ({"closures": [{"from": "2026-02-30"}]}, "closures.0.from"),
        ({"hours": {}}, "hours"),
    ],
)
def test_a_bad_calendar_names_the_entry(company: Company, fields: dict[str, Any], field: str) -> None:
    with pytest.raises(Problem) as caught:
        company.call(contract.PUT_CALENDAR, **fields)
    assert [error["field"] for error in caught.value.errors] == [field]


def test_the_snapshot_is_what_the_events_told(company: Company, bench: Bench) -> None:
    company.unit("south")
    company.staff()
    activate(company, draft(company, overrides={"frequency_cap": {"messages": 7}}))
    page = bench.call(contract.SNAPSHOT, ASKING, tenant_id=company.id, service=SERVICE)
    owner = {"tenant_id": str(company.id)}
    assert page["tenants"] == company.told("tenant.changed")[-1:]
    assert page["policies"] == [owner | p for p in company.told("policy.activated") if p["service"] == SERVICE]
    assert page["org_units"] == [owner | u for u in company.told("org_unit.changed")]
    assert page["staff"] == [owner | s for s in company.told("staff.changed")]
    assert page["next_cursor"] is None


def test_the_whole_snapshot_comes_page_by_page(bench: Bench) -> None:
    made = {str(bench.company(services=[]).id) for _ in range(7)}
    seen: list[str] = []
    cursor = None
    while True:
        page = bench.call(contract.SNAPSHOT, ASKING, cursor=cursor)
        seen += [document["tenant_id"] for document in page["tenants"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert made <= set(seen)
    assert len(seen) == len(set(seen))
    assert bench.call(contract.SNAPSHOT, ASKING, tenant_id=uuid4())["tenants"] == []


def test_versions_carry_when_and_by_whom(company: Company) -> None:
    version = company.call(contract.LIST_POLICY_VERSIONS, service=SERVICE)["items"][0]
    assert version["activated_by"] == "operator"
    assert datetime.fromisoformat(version["activated_at"]) <= datetime.now(UTC)


def test_a_role_named_in_one_language_is_named_in_all_where_policies_need_it(company: Company, bench: Bench) -> None:
    """Else no policy of the company's would hold together any more."""
    company.call(contract.CREATE_ROLE, name="watch", labels={"en": "Night watch"}, permissions=[])
    company.call(contract.CREATE_ROLE, name="nameless", labels={}, permissions=[])
    with bench.work.database.begin(company.id, read_only=True) as session:
        roles = own_roles(session)
    assert roles["watch"]["labels"] == {"en": "Night watch", "zh-CN": "Night watch"}
    assert roles["nameless"]["labels"] == {"en": "nameless", "zh-CN": "nameless"}
