"""SPEC HC: a group's guideline over its property companies' own procedure."""

from __future__ import annotations

import pytest

from tests.clauses.driver import Company, Json, Person, errors_of
from tests.clauses.estates.conftest import Found
from tests.clauses.estates.working import RESIDENT, code, table
from tests.clauses.moving import Clockwork
from tests.clauses.property import Property

RATING = {"score": 85, "remark": "回复及时"}


class Group:
    """A project company with two property companies below it; the first one's people are the walk's."""

    def __init__(self, company: Company, clockwork: Clockwork) -> None:
        self.company, self.clockwork = company, clockwork
        self.parent = company.open_unit("project", kind="company")
        self.units = [company.open_unit(code_, kind="project", parent_id=self.parent) for code_ in ("pc1", "pc2")]
        company.store = self.units[0]
        self.firm = Property(company)
        self.overseer = company.hire("overseer", "oversight_officer", unit=self.parent)
        self.other_service = company.hire("service2", "customer_service_manager", unit=self.units[1])

    def report(self, reader: Person) -> Json:
        month = self.clockwork.now.strftime("%Y-%m")
        found: Json = reader.get("/v1/reports/complaints-monthly", month=month)
        return found

    def judged(self, nature: str) -> Json:
        case = self.firm.register()
        return self.firm.service.act(case, "judge_nature", nature=nature, basis="现场核实")


@pytest.fixture(scope="module")
def group(found: Found, clockwork: Clockwork) -> Group:
    return Group(found("property", "group/oversight"), clockwork)


@pytest.mark.clause("HC-1")
def test_valid_assist_and_invalid_are_kept_apart(group: Group) -> None:
    before = group.report(group.firm.service)
    for nature, label in (("valid", "有效"), ("assist", "协助处理"), ("unfounded", "无效")):
        assert group.judged(nature)["validity"] == nature, label
    after = group.report(group.firm.service)
    assert after["figures"]["received"] - before["figures"]["received"] == 3
    assert after["figures"]["counted"] - before["figures"]["counted"] == 1
    rows = table(after, "validity")
    assert [rows[nature]["counted"] > 0 for nature in ("valid", "assist", "unfounded")] == [True, False, False]
    labels = {row["group"]: row["label"] for t in after["tables"] if t["by"] == "validity" for row in t["rows"]}
    assert labels["unfounded"] == "无效投诉"


@pytest.mark.clause("HC-2")
def test_customers_emotions_questions_and_appeals_count_own_staffs_never(group: Group) -> None:
    before = group.report(group.firm.service)["figures"]["received"]
    for raised_as in ("emotion", "consultation", "appeal", "grievance"):
        group.firm.register(facts={"raised_as": raised_as})
    assert group.report(group.firm.service)["figures"]["received"] == before + 4
    own = group.firm.register(complainant={**RESIDENT, "kind": "own_staff"})
    after = group.report(group.firm.service)
    assert after["figures"]["received"] == before + 4
    assert sum(row["received"] for row in table(after, "category").values()) == before + 4
    assert group.firm.desk.case(own)["state"] == "open", "it is handled all the same"
    bad = group.company.intake(facts={"raised_as": "gossip"}, complainant=RESIDENT)
    assert errors_of(group.firm.desk.problem("POST", "/v1/complaints", json=bad)) == {"facts.raised_as"}


@pytest.mark.clause("HC-3")
def test_the_project_company_sees_and_rates_the_property_companies_below(group: Group) -> None:
    closed = group.firm.archived()
    other = group.company.intake(org_unit_id=group.units[1], complainant=RESIDENT, content="绿化枯死")
    elsewhere = group.other_service.post("/v1/complaints", **other)
    assert {closed["id"], elsewhere["id"]} <= {c["id"] for c in group.overseer.get("/v1/complaints")["items"]}
    assert code(group.firm.service.problem("GET", f"/v1/complaints/{elsewhere['id']}"))[0] == 404
    by_unit = table(group.report(group.overseer), "org_unit")
    assert by_unit[group.units[0]]["received"] > by_unit[group.units[1]]["received"] == 1
    assert set(table(group.report(group.other_service), "org_unit")) == {group.units[1]}
    assert errors_of(group.overseer.refused(closed, "rate_handling", score=101, remark="x")) == {"score"}
    for person in (group.firm.service, group.other_service):
        assert code(person.refused(closed, "rate_handling", **RATING))[0] in {403, 404}
    group.overseer.act(closed, "rate_handling", **RATING)
    assert group.overseer.form(closed, "oversight") == RATING
