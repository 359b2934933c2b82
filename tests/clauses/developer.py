"""The usual way of a developer's complaint, step by step, for tests that begin somewhere on it."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime
from typing import Any

from tests.clauses.driver import ZONE, Company, Json

WAN = 1_000_000
"""Fen in 10,000 yuan (1万)."""
ASSESSMENT = {"severity": "low", "safety": False, "complexity": "low", "impact": "low", "immediate": False}
JUDGEMENT = {
    "category": "engineering_quality", "validity": "valid", "needs_coordination": False, "our_fault": True,
    "progress_by": "每周电话通报",
}  # fmt: skip
INSPECTION = {
    "nature": "墙面空鼓",
    "fault": "施工原因",
    "responsible_unit": "总包单位",
    "plan": "铲除重做",
    "repair_by": "2031-01-31",
}
PLAN = {"cause": "基层处理不当", "plan": "铲除重做", "reply_line": "致歉并承诺修复日期", "compensation_due": False}
REPLY = {"told_how": "phone", "told": "铲除重做;不满意可向住建部门反映"}
POSITION = {"position": "按合同维修,不予补偿", "recourse": "已告知可申请仲裁或诉讼"}
REPORT = {"course": "业主群集体发声", "cause": "维修拖延", "measures": "专人跟进"}


def fen(amount: int) -> Json:
    return {"amount": amount, "currency": "CNY"}


def today() -> date:
    """The date at the developer's, while nobody moved the clock."""
    return datetime.now(ZONE).date()


def three_months_before(day: date) -> date:
    """The same date three months earlier, the month's end where there is none."""
    month, year = (day.month - 3, day.year) if day.month > 3 else (day.month + 9, day.year - 1)
    return next(date(year, month, d) for d in range(day.day, 0, -1) if d <= monthrange(year, month)[1])


class Developer:
    """A developer with the people of its policy, and the walks its cases take."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.officer, self.manager, self.leader, self.gm = company.team(
            "customer_service_officer", "customer_service_manager", "leader_in_charge", "general_manager"
        )
        self.engineer, self.property, self.finance = company.team("engineering_manager", "property_manager", "finance")

    def register(self, **fields: Any) -> Json:
        """A case the officer takes in by the hotline."""
        usual = {
            "channel": "phone", "content": "主卧墙面空鼓开裂,多次报修无果",
            "complainant": {"name": "王芳", "phone": "13800138000", "kind": "customer"},
        }  # fmt: skip
        return self.officer.register(**{**usual, **fields})

    def complainant(self, number: int) -> Json:
        """Different people, by number."""
        return {"name": f"业主{number}", "phone": f"139{number:08d}", "kind": "customer"}

    def prepared(self, case: Json) -> Json:
        self.officer.act(case, "confirm_record", how="电话复述")
        return self.officer.act(case, "assess", **ASSESSMENT)

    def handed_over(self, **fields: Any) -> Json:
        return self.officer.act(self.prepared(self.register(**fields)), "hand_over")

    def judge(self, case: Json, **judgement: Any) -> Json:
        return self.manager.act(case, "judge", **{**JUDGEMENT, **judgement})

    def judged(self, judgement: Json | None = None, **fields: Any) -> Json:
        return self.judge(self.handed_over(**fields), **judgement or {})

    def sheet(self, case: Json, kind: str) -> Json:
        """The case's newest sheet of that kind."""
        sheets: list[Json] = self.officer.case(case)["sheets"]
        found = [sheet for sheet in sheets if sheet["kind"] == kind]
        whole: Json = self.officer.get(f"/v1/complaints/{case['id']}/sheets/{found[-1]['id']}")
        return whole

    def inspected(self, case: Json) -> Json:
        self.officer.act(case, "order_inspection", matter="墙面空鼓")
        self.engineer.act(self.sheet(case, "site_inspection"), "report_inspection", **INSPECTION)
        return self.officer.case(case)

    def planned(self, case: Json, **plan: Any) -> Json:
        """Inspected, and its plan approved by whoever is to."""
        case = self.officer.act(self.inspected(case), "propose_plan", **{**PLAN, **plan})
        deciders = {"level_4": [self.manager], "level_3": [self.manager, self.leader]}
        for person in deciders.get(case["level"], [self.manager, self.leader, self.gm]):
            case = person.act(case, "approve")
        return case

    def replied(self, *, agreed: bool = True, **fields: Any) -> Json:
        case = self.planned(self.judged(**fields))
        return self.officer.act(case, "reply_customer", **REPLY, agreed=agreed)

    def compensable(self, **fields: Any) -> Json:
        """Agreed with the customer, and a compensation is due; its evidence is on file."""
        case = self.judged(**fields)
        evidence = self.attach(case)
        case = self.planned(case, compensation_due=True, evidence=[evidence])
        return self.officer.act(case, "reply_customer", **REPLY, agreed=True)

    def handled(self, **fields: Any) -> Json:
        return self.officer.act(self.replied(**fields), "report_handled", done="已修复")

    def called_back(self, **fields: Any) -> Json:
        case = self.handled(**fields)
        return self.officer.act(case, "record_callback", reached=True, accepted=True, satisfaction="satisfied")

    def closed(self, **fields: Any) -> Json:
        return self.officer.act(self.called_back(**fields), "close_case")

    def attach(self, case: Json, name: str = "evidence.txt") -> str:
        """Id of a file attached to the case."""
        kept = self.officer.call(
            "POST", f"/v1/complaints/{case['id']}/attachments", files={"file": (name, b"photo of the wall")}
        )
        return str(kept["id"])


def rules(case: Json) -> list[str]:
    """The rules that gave the case its level."""
    return [reason["rule"] for reason in case["level_reasons"]]


def answer(problem: Json) -> tuple[int, str]:
    return problem["status"], problem["code"]


def refused_fields(problem: Json) -> set[str]:
    """The fields an `invalid_request` complains of."""
    assert answer(problem) == (422, "invalid_request"), problem
    return {error["field"] for error in problem["errors"]}
