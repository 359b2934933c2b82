"""SPEC IS-4, IS-6, IS-7, UX-13: the complainant follows the case by a link, without an account."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from kefu.waiting import wait_until
from tests.clauses import dealership as usual
from tests.clauses.complainant import PNG, Complainant, link_to
from tests.clauses.driver import SECONDS, Company, Json, errors_of

DAY = 24 * 3600
Follow = Callable[[Json], Complainant]


@pytest.fixture
def follow(company: Company) -> Iterator[Follow]:
    """Gives the complainant of a case a link."""
    with ExitStack() as stack:
        yield lambda case: Complainant.of(company, case, stack)


@pytest.fixture
def clock(company: Company) -> Iterator[Callable[[float], None]]:
    yield company.platform.move_clock
    company.platform.move_clock(0)


def part(status: Json, name: str) -> list[str]:
    """What of that part of the decision can be read."""
    return [one["text"] for one in status["decision"] if one["part"] == name]


@pytest.mark.clause("IS-4", "UX-13")
def test_the_complainant_reads_where_the_case_stands_and_nothing_else(company: Company, follow: Follow) -> None:
    consultant, manager, technician, _boss = company.team(
        "customer_relations_consultant", "customer_relations_manager", "technician", "general_manager"
    )
    case = consultant.register(remedy_sought="更换刹车片", category="repair_quality")
    complainant = follow(case)
    status = complainant.status()
    assert (status["company"], status["number"]) == ("宏远", case["number"])
    assert (status["content"], status["remedy_sought"]) == (case["content"], "更换刹车片")
    assert (status["progress"], status["progress_label"], status["category_label"]) == (
        "received",
        "已受理",
        "维修质量",
    )
    assert complainant.status("en")["progress_label"] == "Received"
    usual.reach(company, "approval", case)
    status = complainant.status()
    assert (status["progress"], status["decision"], status["recourse"]) == ("working", [], None)
    assert [step["label"] for step in status["steps"]] == ["已受理", "处理中"]
    shown = str(status)
    hidden = {usual.SOLUTION["solution"], usual.SOLUTION["cause"], "级", case["id"], technician.id, manager.username}
    assert [secret for secret in hidden if secret in shown] == []


@pytest.mark.clause("UX-13", "UX-2", "UX-3")
def test_a_message_with_a_photo_wakes_the_handler_and_the_clocks(company: Company, follow: Follow) -> None:
    consultant = company.as_("customer_relations_consultant")
    case = usual.reach(company, "investigation")
    complainant = follow(case)
    consultant.act(case, "pause", reason="customer_documents")
    waiting = complainant.status()
    assert (waiting["progress"], waiting["waiting_for"]) == ("waiting", "等待客户提供资料")
    photo = complainant.send_file()
    after = complainant.say("messages", text="这是维修单照片", files=[photo])
    assert after["progress"] == "working"
    (message,) = after["messages"]
    assert (message["text"], message["from_us"], message["files"][0]["media_type"]) == (
        "这是维修单照片", False, "image/png",
    )  # fmt: skip
    assert complainant.client.get(f"/v1/status/files/{photo}").content == PNG
    assert consultant.case(case)["state"] == "open"
    assert consultant.deadline(case, "solution")["state"] == "running"
    consultant.await_notice(case, "complaint.complainant_wrote")
    (said,) = consultant.history(case, "said")
    assert (said["by"], said["note"], said["fields"]["files"]) == ("complainant", "这是维修单照片", [photo])
    assert consultant.get(f"/v1/complaints/{case['id']}/attachments")["items"][0]["by"] == "complainant"
    consultant.act(case, "add_note", note="内部:请技师查看")
    consultant.act(case, "add_note", note="照片已收到", audience="complainant")
    answered = complainant.status()["messages"][-1]
    assert (answered["text"], answered["from_us"]) == ("照片已收到", True)
    assert "请技师查看" not in str(complainant.status())


@pytest.mark.clause("IS-6")
def test_the_decision_is_told_as_soon_as_it_is_taken_with_reasons_and_recourse(
    found_company: Callable[..., Company],
) -> None:
    """By a message whose link opens it: only what was approved, and not before."""
    never_quiet = {"quiet_hours": {"enabled": False, "from": "21:00", "to": "08:00"}}
    company = found_company(overrides={"notifications": never_quiet})  # whatever the hour the test runs at
    admin = company.admin
    admin.call("PUT", "/v1/channels/sms", json={"provider": "file", "enabled": True})
    case = usual.reach(company, "investigation")
    case = usual.propose(company, case, reasons="刹车片属易损件,磨损不均为安装原因")
    usual.approve(company, case)

    def told() -> list[str]:
        sent = admin.get("/v1/deliveries", subject_id=case["id"], limit=100)["items"]
        return [one["id"] for one in sent if one["key"] == "complaint.decided" and one["state"] == "sent"]

    wait_until(told, limit=SECONDS, what="the decision is told")
    [file] = (company.platform.folder / "messages").rglob(f"{company.id}.jsonl")
    sent = [json.loads(line) for line in file.read_text().splitlines()]
    [message] = [one["body"] for one in sent if one["key"] == "complaint.decided" and case["number"] in one["body"]]
    link = message[message.index("/s/ks_") :]
    with ExitStack() as stack:
        status = Complainant(company, link.rpartition("/s/")[2][:27], stack).status()
    assert (status["progress"], status["progress_label"]) == ("decided", "处理方案已确定")
    assert part(status, "decision") == [usual.SOLUTION["solution"]]
    assert part(status, "reasons") == ["刹车片属易损件,磨损不均为安装原因"]
    assert "12315" in status["recourse"]
    assert status["may"]["answer"]
    body = admin.get(f"/v1/deliveries/{told()[0]}")["body"]
    assert "/s/…" in body
    assert link.rpartition("/s/")[2][:27] not in body, "staff who read deliveries cannot use the link"


@pytest.mark.clause("IS-7")
def test_a_refusal_goes_to_the_handler_and_the_case_stays_open_until_recourse_is_offered(
    company: Company, follow: Follow
) -> None:
    consultant, manager = company.team("customer_relations_consultant", "customer_relations_manager")
    case = usual.reach(company, "notification")
    complainant = follow(case)
    without_words = complainant.refused("answer", accepted=False)
    assert (without_words["code"], without_words["errors"][0]["field"]) == ("invalid_request", "text")
    status = complainant.say("answer", accepted=False, text="要求更换总成")
    assert (status["answer"], status["progress"]) == ("refused", "decided")
    consultant.await_notice(case, "complaint.complainant_wrote")
    assert (consultant.case(case)["state"], consultant.case(case)["stage"]) == ("open", "notification")
    # another decision wants another answer, and the old answer does not stand for it
    case = usual.notify(company, case, accepted=False)
    assert complainant.status()["decision"] != []
    case = usual.approve(company, usual.propose(company, case, solution="更换制动总成"))
    status = complainant.status()
    assert (part(status, "decision"), status["answer"]) == (["更换制动总成"], None)
    complainant.say("answer", accepted=False, text="还要求赔偿误工费")
    case = manager.act(
        case, "keep_position", position="误工费不予支持", internal_recourse="总经理接待日", external_recourse="消协"
    )
    status = complainant.status()
    assert set(part(status, "recourse")) == {"总经理接待日", "消协"}
    assert "误工费不予支持" in part(status, "decision")


@pytest.mark.clause("IS-7")
def test_no_case_is_closed_over_a_refusal_before_it_is_reviewed_and_recourse_is_named(
    company: Company, follow: Follow
) -> None:
    consultant, manager = company.team("customer_relations_consultant", "customer_relations_manager")
    case = usual.reach(company, "summary")
    complainant = follow(case)
    status = complainant.say("answer", accepted=False, text="问题仍在")
    assert (status["answer"], "不会办结" in status["next_step"]) == ("refused", True)
    assert "not closed before you have an answer" in complainant.status("en")["next_step"]
    usual.sum_up(company, case)
    refused = manager.refused(case, "finish")
    assert (refused["code"], "投诉人异议" in refused["detail"]) == ("stage_incomplete", True)
    assert (consultant.case(case)["state"], consultant.case(case)["refused_by_complainant"]) == ("open", True)
    assert "review_refusal" not in consultant.may(case)
    assert errors_of(manager.refused(case, "review_refusal", finding="维持原决定")) == {
        "internal_recourse",
        "external_recourse",
    }
    review = {"finding": "维持原决定", "internal_recourse": "总经理接待日", "external_recourse": "消协"}
    assert manager.act(case, "review_refusal", **review)["refused_by_complainant"] is False
    status = complainant.status()
    assert (status["answer"], status["next_step"]) == ("refused", None)
    assert ("维持原决定" in part(status, "reasons"), set(part(status, "recourse"))) == (True, {"总经理接待日", "消协"})
    assert manager.act(case, "finish")["state"] == "closed"


@pytest.mark.clause("IS-7", "AD-6")
def test_an_acceptance_and_a_rating_count_where_the_policy_asks_for_them(company: Company, follow: Follow) -> None:
    consultant = company.as_("customer_relations_consultant")
    early = usual.reach(company, "investigation")
    assert follow(early).refused("rating", satisfaction="satisfied")["code"] == "not_asked_now"
    assert follow(early).refused("answer", accepted=True)["code"] == "not_asked_now"
    case = usual.reach(company, "notification", early)
    complainant = follow(case)
    assert complainant.say("answer", accepted=True)["answer"] == "accepted"
    assert complainant.say("rating", satisfaction="dissatisfied", text="太慢")["rating"]["label"] == "不满意"
    assert consultant.case(case)["satisfaction"] is None, "kept apart: the policy does not ask yet"
    usual.notify(company, case)
    assert complainant.refused("rating", satisfaction="not_reached")["code"] == "invalid_request"
    assert complainant.say("rating", satisfaction="satisfied")["rating"]["satisfaction"] == "satisfied"
    now = consultant.case(case)
    assert (now["satisfaction"], now["stage"]) == ("satisfied", "summary")


@pytest.mark.clause("UX-12", "UX-13")
def test_a_closed_case_can_be_asked_to_be_reopened_for_a_while(
    company: Company, follow: Follow, clock: Callable[[float], None]
) -> None:
    consultant = company.as_("customer_relations_consultant")
    case = usual.reach(company, "closed")
    complainant = follow(case)
    status = complainant.status("en")
    assert (status["progress"], status["outcome_label"]) == ("closed", "Settled")
    assert status["may"] == {"write": True, "ask_reopening": True, "answer": False, "rate": True}
    after = complainant.say("messages", text="又响了")
    assert (after["messages"][-1]["kind"], after["progress"]) == ("reopening", "closed")
    consultant.await_notice(case, "complaint.complainant_wrote")
    assert consultant.case(case)["state"] == "closed", "the handler decides"
    clock(31 * DAY)
    refused = complainant.refused("messages", text="还在响")
    assert (refused["status"], refused["code"]) == (409, "closed_for_good")
    assert "编号" in refused["detail"]
    assert complainant.status()["may"]["write"] is False


@pytest.mark.clause("UX-13")
def test_number_and_code_open_the_case_too(company: Company) -> None:
    case = company.as_("customer_relations_consultant").register()
    link = link_to(company, case)
    assert link["url"] == f"{company.platform.base_url}/s/{link['token']}"
    assert "<svg" in link["qr_svg"]
    typed: dict[str, Any] = {"number": case["number"].lower(), "code": link["code"].lower().replace("-", " ")}
    with company.platform.client("kf_none") as client:
        del client.headers["Authorization"]
        opened = client.post("/v1/status-sessions", json=typed)
        assert opened.status_code == 201, opened.text
        wrong = [{**typed, "code": "22222-22222"}, {**typed, "number": "TS209901-0001"}, {"number": "x", "code": "-"}]
        answers = {client.post("/v1/status-sessions", json=one).json()["detail"] for one in wrong}
    assert len(answers) == 1, "whatever was wrong, the answer is the same"
    with ExitStack() as stack:
        assert Complainant(company, opened.json()["token"], stack).status()["number"] == case["number"]


@pytest.mark.clause("UX-1", "UX-13")
def test_a_merged_case_still_hears_its_complainant_and_tells_nothing_of_the_other(
    company: Company, follow: Follow
) -> None:
    consultant, manager = company.team("customer_relations_consultant", "customer_relations_manager")
    first = consultant.register(content="王女士的刹车异响")
    other = {"name": "李明", "phone": "13900139000", "vehicle_plate": "京B12345"}
    second = consultant.register(content="同一批次刹车片", complainant=other)
    complainant = follow(second)
    manager.post(f"/v1/complaints/{second['id']}/merge", into=first["id"], reason="同一批次")
    after = complainant.say("messages", text="请告知进展", files=[complainant.send_file()])
    assert (after["number"], after["content"], len(after["messages"])) == (second["number"], "同一批次刹车片", 1)
    consultant.await_notice(first, "complaint.complainant_wrote")
    usual.reach(company, "notification", first)
    status = complainant.status()
    assert (status["decision"], status["progress"]) == ([], "working")
    assert not {"王女士", first["number"]} & {part for part in ("王女士", first["number"]) if part in str(status)}
