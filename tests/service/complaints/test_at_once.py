"""Merging, splitting, acting and closing at the same moment: nothing lost, nothing doubled, one clear answer each."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from contracts import complaints as contract
from contracts.context import Context
from contracts.core import Operation
from contracts.problems import Problem
from tests.service.complaints.bench import Company, Json

ROUNDS = 6
"""Often enough that each order comes up."""
Act = Callable[[], Any]


def at_once(*acts: Act) -> list[Any]:
    """Each act's reply, or the code of its problem; they begin together."""
    start = Barrier(len(acts))

    def attempt(act: Act) -> Any:
        start.wait(timeout=30)
        try:
            return act()
        except Problem as problem:
            return problem.code

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(attempt, acts))


def codes(answers: list[Any]) -> list[str]:
    return sorted(answer if isinstance(answer, str) else "ok" for answer in answers)


def call(company: Company, operation: Operation, case: Json, ctx: Context | None = None, **fields: Any) -> Act:
    return lambda: company.call(operation, ctx, complaint_id=case["id"], **fields)


def merge(company: Company, case: Json, into: Json, ctx: Context | None = None) -> Act:
    return call(company, contract.MERGE_COMPLAINT, case, ctx, into=into["id"], reason="同一件事")


def note(company: Company, case: Json, words: str) -> Act:
    return call(company, contract.ACT, case, name="add_note", note=words)


def split(company: Company, case: Json, ctx: Context | None = None) -> Act:
    items = [{"content": "发票开错"}, {"content": "洗车划痕"}]
    return call(company, contract.SPLIT_COMPLAINT, case, ctx, items=items, reason="两件事")


def withdraw(company: Company, case: Json) -> Act:
    return call(company, contract.ACT, case, name="withdraw", reason="客户撤回")


def notes_on(company: Company, case: Json) -> list[str]:
    return [entry["fields"]["note"] for entry in company.history(case, "action") if entry["action"] == "add_note"]


def listed(company: Company) -> set[str]:
    return {case["id"] for case in company.call(contract.LIST_COMPLAINTS, limit=100)["items"]}


def test_acts_on_either_case_of_a_merge_are_kept_or_refused(company: Company) -> None:
    for _ in range(ROUNDS):
        case, into = company.register(), company.register()
        merged, *noted = at_once(
            merge(company, case, into), note(company, case, "甲"), note(company, into, "乙"), note(company, into, "丙")
        )
        assert merged["id"] == into["id"]
        assert noted[0] == "case_merged" or noted[0]["id"] == case["id"]
        kept = [words for words, answer in zip("甲乙丙", noted, strict=True) if not isinstance(answer, str)]
        assert kept[-2:] == ["乙", "丙"]
        assert sorted(notes_on(company, into)) == sorted(kept)
        assert [one["complaint_id"] for one in company.case(into)["merged"]] == [case["id"]]


def test_two_cases_merged_into_a_third_at_once_are_both_in_it(company: Company) -> None:
    for _ in range(ROUNDS):
        one, two, into = (company.register() for _ in range(3))
        assert codes(at_once(merge(company, one, into), merge(company, two, into))) == ["ok", "ok"]
        assert {case["complaint_id"] for case in company.case(into)["merged"]} == {one["id"], two["id"]}


def test_a_case_is_merged_on_or_stays_where_others_are_merged_into_it(company: Company) -> None:
    for _ in range(ROUNDS):
        one, two, three = (company.register() for _ in range(3))
        first, second = at_once(merge(company, one, two), merge(company, two, three))
        assert second["id"] == three["id"]
        if first == "case_merged":
            assert company.case(one)["merged_into_id"] is None
        else:
            assert {case["complaint_id"] for case in company.case(three)["merged"]} == {one["id"], two["id"]}


def test_a_merged_case_is_taken_out_once_while_the_other_goes_on(company: Company) -> None:
    for _ in range(ROUNDS):
        case, into = company.register(), company.register()
        merge(company, case, into)()
        part = call(company, contract.UNMERGE_COMPLAINT, case, reason="并错了")
        *parted, noted = at_once(part, part, note(company, into, "乙"))
        assert codes(parted) == ["not_merged", "ok"]
        assert not isinstance(noted, str)
        assert notes_on(company, into) == ["乙"]
        assert (company.case(into)["merged"], company.case(case)["merged_into_id"]) == ([], None)


def test_a_split_and_acts_on_the_case_are_all_kept(company: Company) -> None:
    for _ in range(ROUNDS):
        case, before = company.register(), listed(company)
        made, *noted = at_once(split(company, case), note(company, case, "甲"), note(company, case, "乙"))
        assert codes(noted) == ["ok", "ok"]
        assert sorted(notes_on(company, case)) == ["乙", "甲"]
        assert listed(company) - before - {case["id"]} == {one["complaint_id"] for one in made["made"]}


def test_a_case_split_and_merged_away_at_once_is_split_first_or_not(company: Company) -> None:
    for _ in range(ROUNDS):
        case, into = company.register(), company.register()
        made, merged = at_once(split(company, case), merge(company, case, into))
        assert merged["id"] == into["id"]
        assert made == "case_merged" or len(made["made"]) == 2
        assert len(company.history(into, "split")) == (made != "case_merged")


@pytest.mark.parametrize("other", [split, lambda company, case: note(company, case, "甲")])
def test_what_comes_with_a_closing_is_before_it_or_refused(company: Company, other: Any) -> None:
    for _ in range(ROUNDS):
        case = company.register()
        closed, done = at_once(withdraw(company, case), other(company, case))
        assert closed["state"] == "closed"
        assert done in {"case_closed", "action_not_available"} if isinstance(done, str) else done


def test_of_closings_at_once_one_closes(company: Company) -> None:
    case = company.register()
    answers = at_once(*(withdraw(company, case) for _ in range(4)))
    assert codes(answers) == ["action_not_available"] * 3 + ["ok"]
    assert len(company.events("complaint.closed")) == len(company.history(case, "closed")) == 1


def test_the_same_key_at_once_merges_splits_and_asks_once(company: Company) -> None:
    case, into, other = (company.register() for _ in range(3))
    bulk = {"action": "add_note", "fields": {"note": "x"}, "complaint_ids": [other["id"]]}
    wanted = {
        "merge": lambda ctx: merge(company, case, into, ctx),
        "split": lambda ctx: split(company, other, ctx),
        "bulk": lambda ctx: lambda: company.call(contract.CREATE_BULK, ctx, **bulk),
    }
    for key, act in wanted.items():
        ctx = company.context(idempotency_key=key)
        answers = at_once(*(act(ctx) for _ in range(5)))
        replies = [answer for answer in answers if not isinstance(answer, str)]
        assert {answer for answer in answers if isinstance(answer, str)} <= {"idempotency_key_in_use"}
        assert replies
        assert all(reply == replies[0] for reply in replies)
        assert act(ctx)() == replies[0]
    assert len(company.events("complaint.merged")) == len(company.events("complaint.split")) == 1
    assert len(company.call(contract.LIST_BULK, ctx)["items"]) == 1


def test_a_file_struck_out_twice_at_once_is_one_file_less(company: Company) -> None:
    case = company.register()
    wrong, right = company.attach(case), company.attach(case, "维修单")
    strike = call(company, contract.STRIKE_ATTACHMENT, case, attachment_id=wrong["id"], reason="别人的")
    assert codes(at_once(strike, strike, note(company, case, "甲"))) == ["attachment_struck", "ok", "ok"]
    left = company.call(contract.LIST_ATTACHMENTS, complaint_id=case["id"])["items"]
    assert [one["id"] for one in left] == [right["id"]]
    assert len(company.history(case, "struck")) == 1


def test_the_complainant_of_a_merged_case_is_heard_while_staff_act_on_the_other(company: Company) -> None:
    for _ in range(ROUNDS):
        case, into = company.register(), company.register()
        theirs = company.complainant_of(case)
        merge(company, case, into)()
        said, *noted = at_once(
            lambda: company.call(contract.SEND_STATUS_MESSAGE, theirs, text="请告知进展", files=[]),  # noqa: B023
            note(company, into, "甲"), note(company, into, "乙"),
        )  # fmt: skip
        assert codes(noted) == ["ok", "ok"]
        assert [message["text"] for message in said["messages"]] == ["请告知进展"]
