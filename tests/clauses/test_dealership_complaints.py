"""SPEC AD: a car dealership's complaint from intake to the finished file, as its people work it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kefu.waiting import wait_until
from tests.clauses import dealership as usual
from tests.clauses.driver import SECONDS, Company, Json, errors_of, place, yuan
from tests.clauses.listening import listening

CATEGORIES = ["product_quality", "sales_contract", "repair_quality", "service_quality", "suggestion"]


def parties(case: Json) -> dict[str, str]:
    """Whoever has a part in the case, by part."""
    return {party["party"]: party["staff_id"] or party["department"] for party in case["parties"]}


def waits_for(case: Json) -> list[str]:
    """Roles and staff ids the case waits for."""
    return [waiter["staff_id"] or waiter["role"] for waiter in case["waits_for"]]


@pytest.mark.clause("AD-1")
def test_five_kinds_are_in_scope_and_a_suggestion_is_never_compensated(company: Company) -> None:
    consultant = company.as_("customer_relations_consultant")
    intake = consultant.get("/v1/complaint-intake")
    assert [category["key"] for category in intake["categories"]] == CATEGORIES
    for category in CATEGORIES:
        assert consultant.register(category=category)["category"] == category
    refused = consultant.problem("POST", "/v1/complaints", json=company.intake(category="parking"))
    assert (refused["code"], errors_of(refused)) == ("invalid_request", {"category"})
    suggestion, complaint = (
        usual.judge(company, usual.reach(company, "judging"), category=category)
        for category in ("suggestion", "repair_quality")
    )
    proposal = {**usual.SOLUTION, "amount": yuan(800)}
    refused = usual.recipient(company).refused(suggestion, "propose_solution", **proposal)
    assert refused["errors"] == [
        {"field": "amount", "code": "not_allowed", "message": "不适用于本案件:建议和意见类不涉及补偿"}
    ]
    assert usual.propose(company, suggestion)["proposals"][-1]["amount"] == yuan(0)
    assert usual.propose(company, complaint, amount=yuan(800))["proposals"][-1]["amount"] == yuan(800)


@pytest.mark.clause("AD-2")
def test_intake_records_time_content_complainant_and_plate(company: Company) -> None:
    consultant = company.as_("customer_relations_consultant")
    told = {"occurred_at": "2026-01-05T01:00:00Z", "received_at": "2026-01-05T02:30:00Z"}
    case = consultant.register(**told)
    assert {name: case[name] for name in told} == told
    assert case["content"] == "刹车异响,维修两次未解决"
    assert (case["complainant"]["name"], case["complainant"]["vehicle_plate"]) == ("王芳", "京A12345")
    for lacking, complainant in (
        ("complainant.name", {"phone": "13800138000", "vehicle_plate": "京A12345"}),
        ("complainant.vehicle_plate", {"name": "王芳"}),
    ):
        body = company.intake(complainant=complainant)
        assert errors_of(consultant.problem("POST", "/v1/complaints", json=body)) == {lacking}
    assert errors_of(consultant.problem("POST", "/v1/complaints", json=company.intake(content=None))) == {"content"}
    assert consultant.register(category="sales_contract", complainant={"name": "赵强"})["number"]


@pytest.mark.clause("AD-2")
def test_the_vehicle_of_a_known_customer_is_linked_by_its_plate(company: Company) -> None:
    consultant = company.as_("customer_relations_consultant")
    customer = consultant.post("/v1/customers", name="王芳", phone="13800138000")
    car = consultant.post(f"/v1/customers/{customer['id']}/assets", kind="vehicle", plate="京A12345")
    case = consultant.register(complainant={"name": "王女士", "vehicle_plate": "京A·12345"})
    wait_until(lambda: consultant.case(case)["complainant"]["asset_id"], limit=SECONDS, what="the vehicle is linked")
    complainant = consultant.case(case)["complainant"]
    assert (complainant["customer_id"], complainant["asset_id"]) == (customer["id"], car["id"])
    stranger = consultant.register(complainant={"name": "李明", "vehicle_plate": "京B99999"})
    known = consultant.register(complainant={"name": "王芳", "customer_id": customer["id"]})
    assert known["complainant"]["customer_id"] == customer["id"]
    assert consultant.case(stranger)["complainant"]["asset_id"] is None


@pytest.mark.clause("AD-3", "PL-9")
def test_the_relations_manager_judges_on_the_form_and_names_who_receives(company: Company) -> None:
    manager, technician = company.team("customer_relations_manager", "technician")
    case = usual.reach(company, "judging")
    assert waits_for(case) == ["customer_relations_manager"]
    judgement = {**usual.JUDGEMENT, "recipient": technician.id}
    for role in ("customer_relations_consultant", "service_manager", "technician"):
        refused = company.as_(role).refused(case, "judge", **judgement)
        assert (refused["status"], refused["code"]) == (403, "forbidden"), role
    asked = {"nature", "category", "grounds_sufficient", "demand_reasonable", "recipient"}
    for lacking in asked:
        rest = {name: value for name, value in judgement.items() if name != lacking}
        assert errors_of(manager.refused(case, "judge", **rest)) == {lacking}
    assert manager.case(case)["stage"] == "judging"
    case = manager.act(case, "judge", **judgement)
    assert (case["stage"], case["category"], case["validity"]) == ("investigation", "repair_quality", "valid")
    assert parties(case)["recipient"] == technician.id
    assert waits_for(case) == [technician.id]
    assert judgement.items() <= manager.form(case, "handling").items()
    technician.await_notice(case, "complaint.assigned")
    unfounded = usual.judge(company, usual.reach(company, "judging"), grounds_sufficient=False, demand_reasonable=False)
    assert unfounded["validity"] == "unfounded"


@pytest.mark.clause("AD-4")
def test_the_receiving_person_finds_cause_and_person_and_proposes(company: Company) -> None:
    technician, colleague = company.as_("technician"), company.hire("zhang", "technician")
    case = usual.reach(company, "investigation")
    assert technician.deadline(case, "solution")["state"] == "running"
    refused = colleague.refused(case, "propose_solution", **usual.SOLUTION)
    assert (refused["status"], refused["code"]) == (403, "not_your_turn")
    for lacking in ("cause", "responsible_department", "solution"):
        rest = {name: value for name, value in usual.SOLUTION.items() if name != lacking}
        assert errors_of(technician.refused(case, "propose_solution", **rest)) == {lacking}
    case = technician.act(case, "propose_solution", **usual.SOLUTION, responsible=colleague.id, amount=yuan(300))
    assert (case["stage"], parties(case)["responsible"]) == ("approval", colleague.id)
    assert technician.deadline(case, "solution")["state"] == "done"
    (proposal,) = case["proposals"]
    assert (proposal["by_id"], proposal["amount"], proposal["state"]) == (technician.id, yuan(300), "pending")


@pytest.mark.clause("AD-5", "PL-8")
def test_nobody_answers_the_customer_before_the_general_manager_approved(company: Company) -> None:
    boss, consultant = company.team("general_manager", "customer_relations_consultant")
    answer = {**usual.ANSWER, "accepted": True}
    for stage in ("intake", "judging", "investigation", "approval"):
        refused = consultant.refused(usual.reach(company, stage), "notify_customer", **answer)
        assert (refused["status"], refused["code"]) == (409, "action_not_available"), stage
    case = usual.reach(company, "approval")
    boss.await_notice(case, "complaint.approval_wanted")
    for role in ("customer_relations_manager", "service_manager", "technician"):
        assert company.as_(role).refused(case, "approve")["status"] == 403, role
    case = boss.act(case, "approve", note="同意")
    assert (case["stage"], case["proposals"][-1]["state"]) == ("notification", "approved")
    consultant.await_notice(case, "complaint.assigned")
    for role in ("technician", "general_manager"):
        assert company.as_(role).refused(case, "notify_customer", **answer)["code"] == "not_your_turn", role
    case = consultant.act(case, "notify_customer", **answer)
    assert case["stage"] == "satisfaction"
    assert {"told": usual.ANSWER["told"], "reaction": "同意", "accepted": True}.items() <= consultant.form(
        case, "reply"
    ).items()


@pytest.mark.clause("AD-5")
def test_a_customer_who_does_not_accept_gets_another_solution_approved_again(company: Company) -> None:
    case = usual.notify(company, usual.reach(company, "notification"), accepted=False)
    assert case["stage"] == "investigation"
    case = usual.propose(company, case, solution="更换制动总成", amount=yuan(1200))
    assert [proposal["state"] for proposal in case["proposals"]] == ["approved", "pending"]
    consultant = company.as_("customer_relations_consultant")
    assert consultant.refused(case, "notify_customer", **usual.ANSWER, accepted=True)["code"] == "action_not_available"
    assert usual.approve(company, case)["stage"] == "notification"


@pytest.mark.clause("AD-6")
def test_satisfaction_is_asked_before_the_case_is_summed_up(company: Company) -> None:
    consultant, manager = company.team("customer_relations_consultant", "customer_relations_manager")
    case = usual.reach(company, "satisfaction")
    assert manager.refused(case, "finish")["code"] == "action_not_available"
    assert errors_of(consultant.refused(case, "ask_satisfaction", satisfaction="bored")) == {"satisfaction"}
    assert errors_of(consultant.refused(case, "ask_satisfaction")) == {"satisfaction"}
    case = consultant.act(case, "ask_satisfaction", satisfaction="dissatisfied", wishes="希望提供代步车")
    assert (case["stage"], case["satisfaction"]) == ("summary", "dissatisfied")
    answers = consultant.form(case, "reply")
    assert (answers["satisfaction"], answers["wishes"]) == ("dissatisfied", "希望提供代步车")


@pytest.mark.clause("AD-7", "PL-9")
def test_the_file_is_finished_only_when_the_measures_are_carried_out_and_checked(company: Company) -> None:
    manager, head, boss = company.team("customer_relations_manager", "service_manager", "general_manager")
    case = usual.reach(company, "summary")
    assert manager.refused(case, "finish")["code"] == "stage_incomplete"
    case = usual.sum_up(company, case, measures_needed=True)
    assert manager.refused(case, "finish")["code"] == "stage_incomplete"
    case = manager.act(case, "open_corrective_action", problem="维修后未路试", department="service")
    (action,) = case["sheets"]
    assert (action["nature"], action["waits_for"][0]["role"]) == ("corrective", "service_manager")
    head.await_notice(case, "complaint.sheet_opened")
    draft = {"cause": "流程缺失", "corrective": "补做路试", "preventive": "修订检验流程", "ready_by": "2030-01-31"}
    assert company.as_("quality_manager").refused(action, "draft", **draft)["code"] == "not_your_turn"
    action = head.act(action, "draft", **draft)
    assert head.refused(action, "approve", supervisor=manager.id)["status"] == 403
    assert errors_of(boss.refused(action, "approve")) == {"supervisor"}
    action = boss.act(action, "approve", supervisor=company.as_("quality_manager").id)
    assert (action["stage"], action["values"]["supervisor"]) == ("following", company.as_("quality_manager").id)
    for follower in (manager, company.as_("quality_manager")):
        follower.await_notice(case, "complaint.measures_approved")
    assert manager.refused(case, "finish")["code"] == "stage_incomplete"
    manager.act(action, "record_progress", progress="已培训")
    action = manager.act(action, "report_done", evidence="培训签到表")
    assert manager.refused(action, "check", effective=True, finding="有效")["status"] == 403
    for checker in (boss, company.as_("quality_manager")):
        checker.await_notice(case, "complaint.check_wanted")
    action = boss.act(action, "check", effective=False, finding="仍有遗漏")
    assert action["stage"] == "drafting"
    boss_checks = head.act(action, "draft", **draft)
    boss.act(boss_checks, "approve", supervisor=manager.id)
    manager.act(action, "report_done", evidence="抽查记录")
    assert boss.act(action, "check", effective=True, finding="有效")["state"] == "done"
    case = manager.act(case, "finish")
    assert (case["state"], case["outcome"]) == ("closed", "settled")
    assert [one["id"] for one in manager.get("/v1/corrective-actions", state="done")["items"]] == [action["id"]]


@pytest.mark.clause("AD-8")
def test_what_makes_a_complaint_major_and_what_just_does_not(company: Company) -> None:
    consultant = company.as_("customer_relations_consultant")
    for major in (
        {"facts": {"injury": True}},
        {"claimed_amount": yuan(50_000)},
        {"group_size": 5},
        {"media_risk": True},
        {"lawsuit_risk": True},
        {"channel": "media"},
    ):
        case = consultant.register(**major)
        assert (case["level"], case["stage"]) == ("major", "emergency"), major
    case = consultant.register(claimed_amount=yuan(49_999.99), group_size=4)
    assert (case["level"], case["stage"]) == ("ordinary", "intake")
    case = company.as_("customer_relations_manager").call("PATCH", place(case), json={"group_size": 5})
    assert (case["level"], case["stage"]) == ("major", "emergency")


@pytest.mark.clause("AD-8")
def test_a_major_complaint_goes_at_once_to_both_managers_who_meet_and_negotiate_together(company: Company) -> None:
    head, boss, manager = company.team("service_manager", "general_manager", "customer_relations_manager")
    consultant = company.as_("customer_relations_consultant")
    case = consultant.register(category="repair_quality", facts={"injury": True})
    assert (case["stage"], case["level"]) == ("emergency", "major")
    for told in (head, boss):
        told.await_notice(case, "complaint.major_reported")
    for clock in ("acknowledge_head", "acknowledge_gm"):
        assert consultant.minutes_of(case, clock) == 30
    assert manager.refused(case, "hold_meeting", **usual.MEETING)["code"] == "stage_incomplete"
    assert head.refused(case, "acknowledge_as_gm")["code"] == "not_your_turn"
    head.act(case, "acknowledge_as_head")
    assert manager.refused(case, "hold_meeting", **usual.MEETING)["code"] == "stage_incomplete"
    boss.act(case, "acknowledge_as_gm")
    without = {name: value for name, value in usual.MEETING.items() if name != "minutes"}
    assert errors_of(manager.refused(case, "hold_meeting", **without)) == {"minutes"}
    case = manager.act(case, "hold_meeting", **usual.MEETING)
    assert manager.form(case, "meeting")["minutes"] == usual.MEETING["minutes"]
    case = usual.judge(company, case)
    assert case["stage"] == "negotiation"
    assert manager.refused(case, "propose_solution", **usual.SOLUTION)["code"] == "stage_incomplete"
    together = {"department_manager": head.id, "relations_manager": manager.id}
    for lacking in together:
        alone = {name: value for name, value in together.items() if name != lacking}
        refused = head.refused(case, "record_negotiation", **usual.TALK, **alone)
        assert errors_of(refused) == {lacking}
    head.act(case, "record_negotiation", **usual.TALK, **together)
    case = manager.act(case, "propose_solution", **usual.SOLUTION)
    case = usual.approve(company, case)
    assert usual.reach(company, "closed", case)["satisfaction"] == "satisfied"  # AD-6 and AD-7 follow


@pytest.mark.clause("AD-8")
def test_the_department_manager_hears_of_a_major_case_whose_department_was_found_later(company: Company) -> None:
    head, boss, manager = company.team("service_manager", "general_manager", "customer_relations_manager")
    case = usual.reach(company, "judging")
    case = manager.act(case, "mark_major", reason="老客户,影响恶劣")
    assert (case["level"], case["stage"]) == ("major", "emergency")
    boss.await_notice(case, "complaint.major_reported")
    manager.await_notice(case, "complaint.major_reported")  # stands in while no department has the case
    assert manager.refused(case, "hold_meeting", **usual.MEETING)["code"] == "stage_incomplete"
    manager.act(case, "acknowledge_as_head")
    boss.act(case, "acknowledge_as_gm")
    case = usual.judge(company, manager.act(case, "hold_meeting", **usual.MEETING))
    assert case["stage"] == "negotiation"
    head.await_notice(case, "complaint.major_reported")


@pytest.mark.clause("AD-9")
def test_who_handles_who_caused_and_who_was_late_are_kept_apart(company: Company) -> None:
    manager, culprit = company.as_("customer_relations_manager"), company.hire("sun", "technician")
    slow = company.hire("qian", "technician")
    case = usual.propose(company, usual.reach(company, "investigation"), responsible=culprit.id)
    case = usual.sum_up(
        company, usual.reach(company, "summary", case), answerable=slow.id, answerable_note="三天未回电"
    )
    kept = parties(manager.case(case))
    assert kept["handler"] == company.as_("customer_relations_consultant").id
    assert (kept["recipient"], kept["responsible"], kept["answerable"]) == (
        company.as_("technician").id,
        culprit.id,
        slow.id,
    )
    (responsible,) = [party for party in case["parties"] if party["party"] == "responsible"]
    assert responsible["department"] == "service"


@pytest.mark.clause("AD-10")
def test_penalties_for_the_loss_and_for_the_delay_go_to_performance(company: Company) -> None:
    culprit, slow = company.hire("sun", "technician"), company.hire("qian", "technician")
    head = company.as_("service_manager")
    case = usual.propose(company, usual.reach(company, "investigation"), responsible=culprit.id)
    case = usual.reach(company, "summary", case)
    with listening(company.platform, "complaints", company.id) as heard:
        usual.sum_up(
            company,
            case,
            answerable=slow.id,
            answerable_note="三天未回电",
            head_of_responsible=head.id,
            loss=yuan(2600),
        )
        loss = heard.await_one("complaint.finding_made", kind="loss", staff_id=culprit.id)
        of_head = heard.await_one("complaint.finding_made", kind="loss", staff_id=head.id)
        delay = heard.await_one("complaint.finding_made", kind="delay", staff_id=slow.id)
    assert (loss["amount"], loss["department"], of_head["amount"]) == (yuan(2600), "service", yuan(2600))
    assert (delay["amount"], delay["note"], delay["complaint_id"]) == (None, "三天未回电", case["id"])
    assert len({finding["finding_id"] for finding in (loss, of_head, delay)}) == 3


@pytest.mark.clause("SC-1")
def test_the_handler_is_shown_the_script_stage_by_stage(company: Company) -> None:
    consultant, manager = company.team("customer_relations_consultant", "customer_relations_manager")
    begin = consultant.get("/v1/complaint-intake")["script"]
    assert [line[:2] for line in begin] == ["耐心", "问清", "安抚", "复述"]
    case = consultant.register()
    assert case["script"][:4] == begin
    english = consultant.call("GET", place(case), headers={"Accept-Language": "en"})["script"]
    assert any(line.startswith("Read the record back") for line in english)
    judging = usual.hand_over(company, case)
    assert any("理由是否充分" in line for line in manager.case(judging)["script"])
    ours = usual.reach(company, "notification", usual.judge(company, case))["script"]
    assert any("诚恳致歉" in line for line in ours)
    assert not any("不属我方责任" in line for line in ours)


@pytest.mark.clause("SC-2")
def test_the_record_is_confirmed_with_the_customer_before_it_is_handed_over(company: Company) -> None:
    consultant = company.as_("customer_relations_consultant")
    case = consultant.act(consultant.register(), "assess", **usual.ASSESSMENT)
    refused = consultant.refused(case, "hand_over")
    assert refused["code"] == "stage_incomplete"
    assert "记录已与客户核对" in refused["detail"]
    (tick,) = consultant.act(case, "confirm_record", how="电话复述")["ticks"]
    assert (tick["key"], tick["done"], tick["by"], tick["evidence"]) == (
        "record_confirmed", True, consultant.username, "电话复述",
    )  # fmt: skip
    assert tick["at"] >= case["received_at"]
    assert consultant.act(case, "hand_over")["stage"] == "judging"
    (confirmed,) = [entry for entry in consultant.history(case) if entry["action"] == "confirm_record"]
    assert confirmed["fields"] == {"how": "电话复述"}


@pytest.mark.clause("IS-1")
def test_a_complaint_has_its_number_at_receipt_and_the_remedy_sought_on_record(company: Company) -> None:
    consultant = company.as_("customer_relations_consultant")
    cases = [consultant.register(remedy_sought="更换总成并补偿误工费") for _ in range(3)]
    assert len({case["number"] for case in cases}) == len({case["id"] for case in cases}) == 3
    assert {consultant.case(case)["remedy_sought"] for case in cases} == {"更换总成并补偿误工费"}


@pytest.mark.clause("IS-2")
@pytest.mark.parametrize(
    ("channel", "by", "masked"), [("phone", "sms", "+86138****8000"), ("email", "email", "w***@example.com")]
)
def test_it_is_acknowledged_at_once_by_the_complainants_channel(
    found_company: Callable[..., Company], channel: str, by: str, masked: str
) -> None:
    never_quiet = {"quiet_hours": {"enabled": False, "from": "21:00", "to": "08:00"}}
    company = found_company(overrides={"notifications": never_quiet})
    for way in ("sms", "email"):
        company.admin.call("PUT", f"/v1/channels/{way}", json={"provider": "file"})
    reached = {"name": "王芳", "vehicle_plate": "京A12345", "phone": "13800138000", "email": "wang@example.com"}
    case = company.as_("customer_relations_consultant").register(channel=channel, complainant=reached)

    def acknowledgements() -> list[Json]:
        sent = company.admin.get("/v1/deliveries", subject_id=case["id"])["items"]
        details = [company.admin.get(f"/v1/deliveries/{one['id']}") for one in sent]
        return [one for one in details if one["key"] == "complaint.acknowledged" and one["body"]]

    wait_until(acknowledgements, limit=SECONDS, what="the acknowledgement is on its way")
    (sent,) = acknowledgements()
    assert (sent["channel"], sent["address"], sent["recipient_kind"]) == (by, masked, "person")
    assert case["number"] in sent["body"]


@pytest.mark.clause("IS-3")
def test_the_first_assessment_is_kept_as_data_and_asked_before_the_hand_over(company: Company) -> None:
    consultant = company.as_("customer_relations_consultant")
    case = consultant.act(consultant.register(), "confirm_record", how="电话复述")
    assert "初步评估表" in consultant.refused(case, "hand_over")["detail"]
    for lacking in usual.ASSESSMENT:
        rest = {name: value for name, value in usual.ASSESSMENT.items() if name != lacking}
        assert errors_of(consultant.refused(case, "assess", **rest)) == {lacking}
    assert errors_of(consultant.refused(case, "assess", **{**usual.ASSESSMENT, "severity": "odd"})) == {"severity"}
    consultant.act(case, "assess", **usual.ASSESSMENT)
    assert consultant.form(case, "initial_assessment") == usual.ASSESSMENT
    assert consultant.act(case, "hand_over")["stage"] == "judging"


@pytest.mark.clause("IS-5")
def test_the_investigation_grows_with_what_the_case_is_assessed_as(company: Company) -> None:
    manager, recipient = company.as_("customer_relations_manager"), company.as_("technician")
    small, grown = usual.reach(company, "investigation"), usual.reach(company, "investigation")
    assert small["level"] == "ordinary"
    assert recipient.act(small, "propose_solution", **usual.SOLUTION)["stage"] == "approval"  # one person finds out
    grown = manager.call("PATCH", place(grown), json={"group_size": 5})
    assert (grown["level"], grown["stage"]) == ("major", "emergency")
    for acknowledges, action in (("service_manager", "head"), ("general_manager", "gm")):
        grown = company.as_(acknowledges).act(grown, f"acknowledge_as_{action}")
    grown = manager.act(grown, "hold_meeting", **usual.MEETING)
    assert grown["stage"] == "negotiation"
    assert manager.refused(grown, "propose_solution", **usual.SOLUTION)["code"] == "stage_incomplete"
