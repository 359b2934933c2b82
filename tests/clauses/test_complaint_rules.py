"""What holds for every complaint in every industry: policy as data, numbers, authority, the record (SPEC PL, UX)."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DBAPIError

from chassis.db import Database
from chassis.tables import AuditRow
from tests.clauses import dealership as usual
from tests.clauses.driver import ZONE, Company, Json, Person, errors_of, place, yuan
from tests.platform.running import Platform

FoundCompany = Callable[..., Company]
SOLUTION_IN_3_DAYS = {"deadlines": {"solution": {"spans": [{"amount": 3, "unit": "business_days"}]}}}


@pytest.mark.clause("PL-5")
def test_a_case_keeps_the_policy_it_began_with_and_new_ones_follow_the_new(company: Company) -> None:
    manager = company.as_("customer_relations_manager")
    before = usual.reach(company, "judging")
    drafts = "/v1/policies/complaints/drafts"
    wrong = company.admin.problem("POST", drafts, json={"source": "deadlines:\n  solution:\n    span: 3\n"})
    assert (wrong["code"], wrong["errors"][0]["field"]) == ("policy_invalid", "deadlines.solution.span")
    assert "line 3" in wrong["errors"][0]["message"]
    draft = company.admin.post(drafts, overrides=SOLUTION_IN_3_DAYS)
    (change,) = company.admin.get(f"{drafts}/{draft['id']}/diff")["changes"]
    assert change == {
        "path": "deadlines.solution.spans",
        "before": [{"amount": 1, "unit": "business_days"}],
        "after": [{"amount": 3, "unit": "business_days"}],
    }
    version = company.override(SOLUTION_IN_3_DAYS)
    after = usual.reach(company, "judging")
    assert (manager.case(before)["policy_version"], after["policy_version"]) == (1, version)
    ends = [manager.deadline(usual.judge(company, case), "solution")["due_at"] for case in (before, after)]
    assert ends[0] < ends[1]
    assert usual.reach(company, "closed", manager.case(before))["policy_version"] == 1


@pytest.mark.clause("PL-6", "IS-1")
def test_numbers_follow_the_companys_pattern_without_gaps_under_concurrency(found_company: FoundCompany) -> None:
    pattern = {"numbers": {"case": "{site}-{year:2}{month}-{category}-{serial:3}"}}
    company = found_company("dealership", overrides={"complaints": pattern})
    consultant = company.as_("customer_relations_consultant")
    consultant.get("/v1/complaint-intake")
    bodies = [company.intake(category="repair_quality") for _ in range(24)]
    for body in bodies[::3]:
        body["complainant"] = {}  # refused, and takes no number with it
    with ThreadPoolExecutor(8) as together:
        answers = list(together.map(lambda body: consultant.client.post("/v1/complaints", json=body), bodies))
    assert [answer.status_code for answer in answers] == [422, 201, 201] * 8
    numbers = sorted(answer.json()["number"] for answer in answers if answer.is_success)
    month = datetime.fromisoformat(answers[1].json()["received_at"]).astimezone(ZONE)
    assert numbers == [f"S01-{month:%y%m}-REPAIR_QUALITY-{serial:03}" for serial in range(1, 17)]
    assert found_company().as_("customer_relations_consultant").register()["number"].endswith("-0001")


@pytest.mark.clause("PL-8")
def test_amount_and_kind_say_whose_approvals_are_needed_in_which_order(found_company: FoundCompany) -> None:
    company = found_company("developer")
    officer, manager = company.team("customer_service_officer", "customer_service_manager")
    leader, boss = company.team("leader_in_charge", "general_manager")
    case = _carrying_out(company)
    for amount, chain in (
        (10_000, [manager]),
        (10_000.01, [manager, leader]),
        (100_000, [manager, leader]),
        (100_000.01, [manager, leader, boss]),
    ):
        sheet = _compensation(officer, case, amount)
        for position, decider in enumerate(chain):
            for other in {manager, leader, boss} - {decider}:
                refused = other.refused(sheet, "approve")
                assert (refused["status"], refused["code"]) == (403, "beyond_authority"), (amount, position)
            sheet = decider.act(sheet, "approve")
        assert (sheet["stage"], sheet["proposals"][-1]["state"]) == ("commitment", "approved"), amount
        case = _carrying_out(company)


def _carrying_out(company: Company) -> Json:
    """A developer's case whose plan is agreed, ready for compensation."""
    officer, manager = company.team("customer_service_officer", "customer_service_manager")
    case = officer.register(
        complainant={"name": "王芳", "phone": "13800138000", "unit_no": "1-101", "kind": "customer"}
    )
    officer.act(case, "confirm_record", how="电话复述")
    officer.act(case, "assess", **usual.ASSESSMENT)
    officer.act(case, "hand_over")
    manager.act(
        case, "judge", category="other_service", validity="valid", needs_coordination=False, our_fault=True,
        progress_by="电话",
    )  # fmt: skip
    officer.act(case, "propose_plan", cause="漏检", plan="补偿", reply_line="致歉并补偿", compensation_due=False)
    manager.act(case, "approve")
    return officer.act(case, "reply_customer", told_how="phone", told="补偿方案", agreed=True)


def _compensation(officer: Person, case: Json, amount: float) -> Json:
    """A compensation of the case, submitted for approval."""
    officer.call("POST", f"{place(case)}/attachments", files={"file": ("evidence.txt", b"photo", "text/plain")})
    sheet = officer.act(case, "request_compensation", reason="误工", amount=yuan(amount))["sheets"][-1]
    return officer.act(sheet, "submit", amount=yuan(amount), reply_line="致歉并补偿")


@pytest.mark.clause("PL-8", "AD-5")
def test_a_rejection_goes_back_with_its_reason_and_nobody_decides_their_own_proposal(company: Company) -> None:
    technician, boss = company.as_("technician"), company.as_("general_manager")
    case = usual.reach(company, "approval")
    assert errors_of(boss.refused(case, "reject")) == {"reason"}
    case = boss.act(case, "reject", reason="补偿过高")
    assert (case["stage"], case["waits_for"][0]["staff_id"]) == ("investigation", technician.id)
    assert case["proposals"][-1]["decisions"][-1]["note"] == "补偿过高"
    technician.await_notice(case, "complaint.assigned", 2)
    itself = usual.judge(company, usual.reach(company, "judging"), recipient=boss.id)
    itself = boss.act(itself, "propose_solution", **usual.SOLUTION)
    refused = boss.refused(itself, "approve")
    assert (refused["status"], refused["code"]) == (403, "own_proposal")
    assert "approve" not in boss.may(itself)


@pytest.mark.clause("PL-8")
def test_an_approval_can_be_delegated_but_not_to_the_proposer(company: Company) -> None:
    boss, deputy = company.as_("general_manager"), company.hire("deputy", "general_manager")
    stand_in = company.hire("stand_in", "customer_relations_manager")
    case = usual.reach(company, "approval")
    assert errors_of(boss.refused(case, "delegate", to=company.as_("technician").id)) == {"to"}
    assert errors_of(boss.refused(case, "delegate", to=boss.id)) == {"to"}
    case = boss.act(case, "delegate", to=deputy.id)
    assert case["proposals"][-1]["decisions"][-1]["verdict"] == "delegated"
    assert stand_in.refused(case, "approve")["status"] == 403
    assert deputy.act(case, "approve")["stage"] == "notification"


@pytest.mark.clause("PL-10", "UX-11")
def test_every_change_is_on_record_and_the_record_cannot_be_changed(platform: Platform, company: Company) -> None:
    consultant, manager = company.team("customer_relations_consultant", "customer_relations_manager")
    case = consultant.register()
    consultant.call("PATCH", place(case), json={"remedy_sought": "更换总成"})
    consultant.post(f"{place(case)}/unmask", reason="回电核实")
    judged = usual.judge(company, usual.hand_over(company, case))
    told = [(entry["what"], entry["action"], entry["by"]) for entry in manager.history(case)]
    for what, action, by in (
        ("registered", None, consultant.username),
        ("amended", None, consultant.username),
        ("unmasked", None, consultant.username),
        ("action", "assess", consultant.username),
        ("action", "judge", manager.username),
    ):
        assert (what, action, by) in told
    (entry,) = [entry for entry in manager.history(case) if entry["action"] == "judge"]
    assert (entry["from_stage"], entry["to_stage"]) == ("judging", "investigation")
    assert usual.JUDGEMENT.items() <= entry["fields"].items()
    assert judged["received_at"] <= entry["at"]
    for verb in ("DELETE", "PUT", "PATCH", "POST"):
        assert manager.client.request(verb, f"{place(case)}/history").status_code in {404, 405}, verb
    _check_audit(platform, company, case, manager)


def _check_audit(platform: Platform, company: Company, case: Json, manager: Person) -> None:
    database = Database("complaints", platform.installation.database_url, pool_size=1)
    try:
        with database.begin(UUID(company.id), read_only=True) as session:
            rows = {row.action: row for row in session.scalars(select(AuditRow))}
        row = rows["complaint.judge"]
        assert (row.actor_id, row.source, str(row.subject_id)) == (manager.id, "127.0.0.1", case["id"])
        assert row.before == {"stage": "judging"}
        assert row.after is not None
        assert row.after["stage"] == "investigation"
        assert rows["complaint.amended"].after == {"remedy_sought": "更换总成"}
        assert rows["complainant.unmasked"].note == "回电核实"
        for statement in (update(AuditRow).values(actor_name="somebody"), delete(AuditRow)):
            with pytest.raises(DBAPIError), database.begin(UUID(company.id)) as session:
                session.execute(statement)
    finally:
        database.close()
    verified = _kefu(platform, "audit", "verify", "--service", "complaints", "--tenant", company.code)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert f"complaints  {company.code}" in verified.stdout


def _kefu(platform: Platform, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = platform.installation.command(("kefu", *arguments))
    environment: dict[str, Any] = platform.installation.environment()
    return subprocess.run(command, env=environment, check=False, capture_output=True, text=True, timeout=60)
