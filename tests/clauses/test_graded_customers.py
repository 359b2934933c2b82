"""Complaints of the best customers come first (SPEC GR-7)."""

from __future__ import annotations

import pytest

from kefu.waiting import wait_until
from tests.clauses.driver import SECONDS, Company, Json, Person


def priority(person: Person, case: Json) -> int:
    found: int = person.case(case)["priority"]
    return found


@pytest.mark.clause("GR-7")
def test_complaints_of_grade_a_stand_first_from_the_moment_the_grade_changes(company: Company) -> None:
    consultant = company.as_("customer_relations_consultant")
    people = [
        company.admin.post("/v1/customers", name=name, phone=phone, **more)
        for name, phone, more in (("王芳", "13900139001", {}), ("李明", "13900139002", {"grade": "A"}))
    ]
    plain, best = (
        consultant.register(complainant={"name": c["name"], "phone": phone, "vehicle_plate": plate})
        for c, phone, plate in zip(people, ("13900139001", "13900139002"), ("京A11111", "京A22222"), strict=True)
    )
    wait_until(lambda: priority(consultant, best) > 0, limit=SECONDS, what="the grade reaches the case")
    wait_until(lambda: consultant.case(plain)["complainant"]["customer_id"], limit=SECONDS, what="the other is known")
    assert priority(consultant, plain) == 0

    def queue() -> list[str]:
        return [case["number"] for case in consultant.get("/v1/complaints", sort="-priority")["items"]]

    assert queue() == [best["number"], plain["number"]]
    changed = company.admin.call("PATCH", f"/v1/customers/{people[0]['id']}", json={"grade": "A"})
    assert changed["grade"] == "A"
    company.admin.call("PATCH", f"/v1/customers/{people[1]['id']}", json={"grade": None})
    wait_until(lambda: queue() == [plain["number"], best["number"]], limit=SECONDS, what="the queue turns round")
    assert (priority(consultant, plain) > 0, priority(consultant, best)) == (True, 0)
