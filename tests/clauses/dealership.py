"""The usual way of a dealership's complaint, step by step, for tests that begin somewhere on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.clauses.driver import Company, Json, Person

ASSESSMENT = {"severity": "medium", "safety": False, "complexity": "low", "impact": "low", "immediate": False}
JUDGEMENT = {"nature": "complaint", "category": "repair_quality", "grounds_sufficient": True, "demand_reasonable": True}
SOLUTION = {"cause": "刹车片磨损不均", "responsible_department": "service", "solution": "免费更换刹车片"}
MEETING = {"held_at": "2026-01-05T09:00:00+08:00", "attendees": "总经理、服务部经理", "minutes": "立即更换并上门道歉"}
TALK = {"held_at": "2026-01-05T10:00:00+08:00", "talk": "客户同意更换"}
ANSWER = {"told_how": "phone", "told": "更换刹车片;不满意可向总经理或消协反映", "reaction": "同意"}
SUMMARY = {"evaluation": "处理及时", "improvement": "维修后增加路试"}


def recipient(company: Company) -> Person:
    """The receiving person of the usual case."""
    return company.as_("technician")


def prepare(company: Company, case: Json) -> Json:
    """Intake, all but the hand-over."""
    consultant = company.as_("customer_relations_consultant")
    consultant.act(case, "confirm_record", how="电话复述")
    return consultant.act(case, "assess", **ASSESSMENT)


def hand_over(company: Company, case: Json) -> Json:
    return company.as_("customer_relations_consultant").act(prepare(company, case), "hand_over")


def judge(company: Company, case: Json, **fields: Any) -> Json:
    judgement = {**JUDGEMENT, "recipient": recipient(company).id, **fields}
    return company.as_("customer_relations_manager").act(case, "judge", **judgement)


def propose(company: Company, case: Json, **fields: Any) -> Json:
    return recipient(company).act(case, "propose_solution", **{**SOLUTION, **fields})


def approve(company: Company, case: Json) -> Json:
    return company.as_("general_manager").act(case, "approve", note="同意")


def notify(company: Company, case: Json, *, accepted: bool = True) -> Json:
    return company.as_("customer_relations_consultant").act(case, "notify_customer", **ANSWER, accepted=accepted)


def ask(company: Company, case: Json, satisfaction: str = "satisfied") -> Json:
    consultant = company.as_("customer_relations_consultant")
    return consultant.act(case, "ask_satisfaction", satisfaction=satisfaction)


def sum_up(company: Company, case: Json, **fields: Any) -> Json:
    summary = {**SUMMARY, "measures_needed": False, **fields}
    return company.as_("customer_relations_manager").act(case, "sum_up", **summary)


def finish(company: Company, case: Json) -> Json:
    return company.as_("customer_relations_manager").act(sum_up(company, case), "finish")


_STEPS: Mapping[str, Callable[[Company, Json], Json]] = {
    "intake": hand_over,
    "judging": judge,
    "investigation": propose,
    "approval": approve,
    "notification": notify,
    "satisfaction": ask,
    "summary": finish,
}
"""What brings the usual case out of each stage."""


def reach(company: Company, stage: str, case: Json | None = None) -> Json:
    """A case, a new one unless given, worked the usual way until it is in that stage."""
    case = case or company.as_("customer_relations_consultant").register()
    while case["stage"] != stage:
        case = _STEPS[case["stage"]](company, case)
    return case
