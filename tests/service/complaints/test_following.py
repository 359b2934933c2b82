"""Mentions, internal notes, watchers (SPEC UX-7)."""

from __future__ import annotations

import pytest

from contracts import complaints as contract
from contracts.context import Actor
from tests.service.complaints.bench import Bench, Company, Json


def told(company: Company, template: str) -> list[Json]:
    """Requests for messages by the template, oldest first."""
    return [event for event in company.events("complaint.message_requested") if event["key"] == template]


def staff_of(message: Json) -> set[str]:
    return {recipient["staff_id"] for recipient in message["recipients"]}


def test_who_is_mentioned_is_told_and_watches(company: Company) -> None:
    li, wang = company.hire("customer_relations_manager", "li.si"), company.hire("technician", "wang.wu")
    case = company.register()
    company.act(case, "add_note", li, note="请@wang.wu看一下。邮箱 a@li.si 不算,也抄送 @LI.SI.")
    (message,) = told(company, "complaint.mentioned")
    assert staff_of(message) == {wang.actor.id}, "nobody is told of naming themselves"
    assert (message["variables"]["by"], message["subject"]["id"]) == ("li.si", case["id"])
    watchers = company.call(contract.LIST_WATCHERS, complaint_id=case["id"])["items"]
    assert [(one["name"], one["by"]) for one in watchers] == [("wang.wu", "li.si")]


def test_a_name_nobody_has_is_refused_with_those_near_it(company: Company) -> None:
    company.hire("technician", "wang.wu")
    case = company.register()
    problem = company.refused(contract.ACT, complaint_id=case["id"], name="add_note", note="问 @wang.w")
    assert (problem.code, problem.errors[0]["field"], problem.errors[0]["code"]) == (
        "invalid_request", "note", "unknown_staff",
    )  # fmt: skip
    assert "near: @wang.wu" in problem.errors[0]["message"]["en"]
    assert company.history(case, "action") == []
    company.act(case, "add_note", note="今晚 @ 六点见")


def test_nobody_is_told_of_a_case_they_may_not_see(company: Company) -> None:
    company.hire("technician", "far", unit="north")
    case = company.register()
    problem = company.refused(contract.ACT, complaint_id=case["id"], name="add_note", note="@far 来看")
    assert problem.errors[0]["code"] == "may_not_see"
    near = company.hire("technician", "near")
    company.act(case, "add_note", note="@near 来看")
    company.change_role("technician", ["customers.read"])
    problem = company.refused(contract.ACT, complaint_id=case["id"], name="add_note", note="@near 再来")
    assert problem.errors[0]["code"] == "may_not_see", "their role reads complaints no longer"
    company.act(case, "pause", reason="customer_documents")
    company.call(contract.UPDATE_COMPLAINT, complaint_id=case["id"], media_risk=True)
    assert all(near.actor.id not in staff_of(one) for one in told(company, "complaint.watched"))


def test_watchers_hear_what_happens_but_not_of_their_own_acts(company: Company) -> None:
    boss, li = company.hire("general_manager", "boss"), company.hire("customer_relations_manager", "li.si")
    case = company.register(category="repair_quality")
    for who in (boss, li):
        company.call(contract.WATCH, who, complaint_id=case["id"])
    company.call(contract.WATCH, li, complaint_id=case["id"])
    assert len(company.call(contract.LIST_WATCHERS, complaint_id=case["id"])["items"]) == 2
    company.call(contract.UPDATE_COMPLAINT, li, complaint_id=case["id"], media_risk=True)
    (message,) = told(company, "complaint.watched")
    assert staff_of(message) == {boss.actor.id}
    assert message["variables"]["news"]["en"] == "its level changed", "one act is one message: what says most"
    company.call(contract.UNWATCH, boss, complaint_id=case["id"])
    other = company.register(category="repair_quality")
    company.call(contract.MERGE_COMPLAINT, complaint_id=case["id"], into=other["id"], reason="重复")
    (_, raised, merged) = told(company, "complaint.watched")
    assert raised["subject"]["id"] == other["id"], "what becomes of the surviving case is news of both"
    assert (staff_of(merged), merged["variables"]["news"]["en"]) == ({li.actor.id}, "it was merged into another case")
    company.call(contract.UPDATE_COMPLAINT, complaint_id=other["id"], subject="x", lawsuit_risk=True)
    company.act(other, "pause", boss, reason="customer_documents")
    watchers = company.call(contract.LIST_WATCHERS, complaint_id=other["id"])["items"]
    assert [one["staff_id"] for one in watchers] == [li.actor.id], "they go on watching through the other case"


def test_the_policy_can_keep_kinds_of_news_to_itself(bench: Bench) -> None:
    company = bench.company("dealership", watching={"tell": ["closed"]})
    li = company.hire("customer_relations_manager", "li.si")
    case = company.register(category="repair_quality")
    company.call(contract.WATCH, li, complaint_id=case["id"])
    company.call(contract.UPDATE_COMPLAINT, complaint_id=case["id"], media_risk=True)
    assert company.case(case)["level"] != case["level"]
    assert told(company, "complaint.watched") == []


def test_colleagues_are_added_by_who_handles_and_only_if_they_may_see(company: Company) -> None:
    li, far = company.hire("customer_relations_manager", "li.si"), company.hire("technician", "far", unit="north")
    finance = company.hire("finance", "money")
    case = company.register()
    place = {"complaint_id": case["id"]}
    assert company.refused(contract.ADD_WATCHER, finance, **place, staff_id=li.actor.id).code == "forbidden"
    assert company.refused(contract.ADD_WATCHER, li, **place, staff_id=far.actor.id).code == "invalid_request"
    company.call(contract.ADD_WATCHER, li, **place, staff_id=finance.actor.id)
    company.call(contract.REMOVE_WATCHER, li, **place, staff_id=finance.actor.id)
    assert company.call(contract.LIST_WATCHERS, **place)["items"] == []
    key = company.context(actor=Actor(kind="key", id="k-1", name="POS"))
    assert company.refused(contract.WATCH, key, **place).code == "only_staff"


@pytest.mark.parametrize(("given", "kept", "sent"), [({}, None, 0), ({"audience": "complainant"}, "complainant", 1)])
def test_a_note_is_internal_unless_it_is_for_the_complainant(
    company: Company, given: Json, kept: str | None, sent: int
) -> None:
    case = company.register()
    company.act(case, "add_note", note="配件周五到货", **given)
    (entry,) = company.history(case, "action")
    assert entry["audience"] == kept
    messages = told(company, "complaint.note")
    assert len(messages) == sent
    assert all(one["variables"]["note"] == "配件周五到货" for one in messages)
