"""The usual way of a property firm's complaint, step by step, for tests that begin somewhere on it."""

from __future__ import annotations

from typing import Any

from tests.clauses.driver import Company, Json, Person

ASSESSMENT = {"severity": "low", "safety": False, "complexity": "low", "impact": "low", "immediate": False}
ACCEPTANCE = {"category": "equipment", "situation": "电梯停在三楼不动", "first_answer": "维修人员二十分钟内到场"}
RESULT = {"cause": "继电器老化", "done": "已更换继电器并试运行"}
ANSWER = {"told_how": "phone", "told": "电梯已恢复运行", "satisfaction": "satisfied"}
MAIL = {"received_on": "2026-11-20", "sender": "3栋1201李女士"}


class Property:
    """A property firm with the people of its policy, and the walks its cases take."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.desk, self.officer, self.engineer, self.service, self.director, self.gm = company.team(
            "front_desk", "property_officer", "engineering_manager", "customer_service_manager",
            "management_director", "general_manager",
        )  # fmt: skip

    def register(self, **fields: Any) -> Json:
        usual = {
            "content": "电梯困人后仍未修好",
            "complainant": {"name": "李女士", "phone": "13800138000", "unit_no": "3栋1201"},
        }  # fmt: skip
        return self.desk.register(**{**usual, **fields})

    def prepared(self, **fields: Any) -> Json:
        """Its record is confirmed with the customer and assessed."""
        case = self.register(**fields)
        self.desk.act(case, "confirm_record", how="当面复述")
        return self.desk.act(case, "assess", **ASSESSMENT)

    def heard(self, **fields: Any) -> Json:
        case = self.prepared(**fields)
        self.tick(case, "heard")
        return self.tick(case, "asked")

    def passed_on(self, **fields: Any) -> Json:
        return self.desk.act(self.heard(**fields), "pass_on", **ACCEPTANCE)

    def settled(self, **fields: Any) -> Json:
        return self.officer.act(self.passed_on(**fields), "settle", **RESULT)

    def answered(self, **fields: Any) -> Json:
        return self.desk.act(self.settled(**fields), "answer_customer", **ANSWER)

    def instructed(self, **fields: Any) -> Json:
        """A written complaint the leader has seen."""
        case = self.desk.act(self.prepared(channel="letter", **fields), "register_mail", **MAIL)
        return self.gm.act(case, "instruct", category="equipment", instruction="本周内修复并书面答复")

    def archived(self, **fields: Any) -> Json:
        case = self.answered(**fields)
        self.tick(case, "followed")
        self.tick(case, "recorded")
        self.desk.act(case, "record_stamp", stamped=False, why_not="业主出差")
        return self.desk.act(case, "archive")

    def tick(self, case: Json, check: str, by: Person | None = None) -> Json:
        return (by or self.desk).act(case, "tick", check=check, evidence=f"{check}:通话录音第3段")

    def attach(self, case: Json, name: str = "受理表.txt") -> str:
        kept = self.desk.call(
            "POST", f"/v1/complaints/{case['id']}/attachments", files={"file": (name, b"stamped record")}
        )
        return str(kept["id"])

    def sheet(self, case: Json, kind: str) -> Json:
        """The case's newest sheet of that kind."""
        found = [sheet for sheet in self.desk.case(case)["sheets"] if sheet["kind"] == kind]
        whole: Json = self.desk.get(f"/v1/complaints/{case['id']}/sheets/{found[-1]['id']}")
        return whole
