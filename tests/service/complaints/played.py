"""A dealership's usual complaint, played from intake to closing by the people whose steps they are."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from contracts.context import Context
from tests.service.complaints.bench import Company, Json

CONSULTANT, MANAGER = "customer_relations_consultant", "customer_relations_manager"
TECHNICIAN, DIRECTOR = "technician", "general_manager"
PHONE, ADDRESS = "13912345678", "北京市朝阳区建国路88号"
_LOW = dict.fromkeys(("complexity", "impact"), "low")
STEPS: tuple[tuple[str, str, Mapping[str, Any]], ...] = (
    (CONSULTANT, "confirm_record", {"how": "电话复述"}),
    (CONSULTANT, "assess", {"severity": "medium", "safety": False, "immediate": False, **_LOW}),
    (CONSULTANT, "hand_over", {}),
    (
        MANAGER, "judge",
        {"nature": "complaint", "category": "repair_quality", "grounds_sufficient": True, "demand_reasonable": True,
         "recipient": TECHNICIAN, "opinion": "属维修质量问题"},
    ),
    (
        TECHNICIAN, "propose_solution",
        {"cause": "刹车片磨损不均", "responsible_department": "service", "solution": "免费更换刹车片",
         "amount": {"amount": 123_456, "currency": "CNY"}},
    ),
    (DIRECTOR, "approve", {"note": "同意,尽快办理"}),
    (
        CONSULTANT, "notify_customer",
        {"told_how": "phone", "told": "更换刹车片;不满意可向总经理或消协反映", "reaction": "同意", "accepted": True},
    ),
    (CONSULTANT, "ask_satisfaction", {"satisfaction": "satisfied"}),
    (MANAGER, "sum_up", {"evaluation": "处理及时", "improvement": "维修后增加路试", "measures_needed": False}),
    (MANAGER, "finish", {}),
)  # fmt: skip


class Played:
    """A company whose people are hired when they are first needed, and one case of it."""

    def __init__(self, company: Company, content: str = "刹车异响,维修两次未解决") -> None:
        self.company = company
        self.who = cache(company.hire)
        complainant = {"name": "王芳", "phone": PHONE, "address": ADDRESS, "vehicle_plate": "京A12345"}
        self.case: Json = company.register(content=content, complainant=complainant, remedy_sought="更换刹车片")
        self._left = list(STEPS)

    @property
    def id(self) -> str:
        return str(self.case["id"])

    def until(self, last: str) -> Played:
        """Take the steps up to `last`."""
        while self._left:
            role, action, fields = self._left.pop(0)
            given = {k: self.who(v).actor.id if v == TECHNICIAN else v for k, v in fields.items()}
            self.company.act(self.case, action, self.who(role), **given)
            if action == last:
                return self
        raise AssertionError(f"{last} is no step that is left")

    def close(self) -> Played:
        """Take all the steps that are left."""
        return self.until(STEPS[-1][1])

    def reopen(self) -> Played:
        """Open it again: it is to be judged anew."""
        self.company.act(self.case, "reopen", self.who(MANAGER), reason="客户不满意")
        self._left = [step for step in STEPS if step[1] not in {"confirm_record", "assess", "hand_over"}]
        return self

    def masked(self) -> Context:
        """Somebody who may read cases and no personal data."""
        return self.company.context(permissions=frozenset({"complaints.read"}))
