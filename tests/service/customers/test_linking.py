"""Complaints find their customer, and their story stands on the customer's timeline."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from chassis.ids import new_id
from contracts import customers as contract
from services.customers.models import CaseLink, TimelineEntry
from services.customers.usecases import linking
from tests.service.customers.bench import Bench, Company


def named(company: Company, case: str, **told: Any) -> str:
    return company.tell(
        "complainant_named", "complaint.complainant_named", {"complaint_id": case, "number": "TS-1", **told}
    )


def happened(
    company: Company, case: str, method: str, type_: str, at: str = "2026-11-22T01:00:00Z", **facts: Any
) -> str:
    known = {"complaint_id": case, "number": "TS-1", "channel": "phone", "level": "ordinary", "stage": "intake",
             "state": "open", "received_at": at, "at": at}  # fmt: skip
    return company.tell(method, type_, {**known, **facts})


def opened(company: Company, case: str, **facts: Any) -> str:
    return happened(company, case, "complaint_opened", "complaint.opened", **facts)


def timeline(company: Company, customer_id: str) -> list[str]:
    entries = company.call(contract.GET_TIMELINE, customer_id=customer_id)["items"]
    return [entry["event"] for entry in entries]


@pytest.mark.clause("AD-2")
def test_a_complaint_is_linked_to_the_vehicle_it_names(company: Company) -> None:
    made = company.customer(assets=[{"kind": "vehicle", "plate": "粤B12345"}])
    case = str(uuid4())
    named(company, case, vehicle_plate="粤b·12345", name="王芳")
    (link,) = company.events("customer.linked")
    assert link == {"complaint_id": case, "customer_id": made["id"], "customer_name": "王芳",
                    "asset_id": made["assets"][0]["id"], "grade": None, "matched_by": "vehicle"}  # fmt: skip


@pytest.mark.clause("AD-2")
def test_a_complaint_waits_for_its_vehicle(company: Company) -> None:
    case = str(uuid4())
    opened(company, case)
    named(company, case, vehicle_plate="粤B12345")
    assert company.events("customer.linked") == []
    made = company.customer(assets=[{"kind": "vehicle", "plate": "粤B12345"}])
    assert company.events("customer.linked")[0]["customer_id"] == made["id"]
    assert timeline(company, made["id"]) == ["complaint.opened"]


def test_in_doubt_a_complaint_is_not_linked(company: Company) -> None:
    for name in ("王芳", "李雷"):
        company.customer(name, assets=[{"kind": "property_unit", "unit": "1204"}])
    named(company, str(uuid4()), unit_no="1204")
    assert company.events("customer.linked") == []


def test_the_phone_decides_between_two_holders(company: Company) -> None:
    company.customer("王芳", assets=[{"kind": "property_unit", "unit": "1204"}])
    meant = company.customer("李雷", phone="13812345678", assets=[{"kind": "property_unit", "unit": "1204"}])
    named(company, str(uuid4()), unit_no="1204", phone="138 1234 5678")
    assert company.events("customer.linked")[0]["customer_id"] == meant["id"]


def test_a_named_customer_stands_and_a_foreign_one_is_ignored(bench: Bench, company: Company) -> None:
    other = bench.company().customer()
    made = company.customer(assets=[{"kind": "vehicle", "plate": "粤B12345"}])
    named(company, str(uuid4()), customer_id=other["id"])
    assert company.events("customer.linked") == []
    named(company, str(uuid4()), customer_id=made["id"], vehicle_plate="粤B12345")
    assert company.events("customer.linked")[0]["matched_by"] == "customer"
    assert company.events("customer.linked")[0]["asset_id"] == made["assets"][0]["id"]


def test_the_timeline_tells_the_story_newest_first_without_free_text(company: Company) -> None:
    made = company.customer(phone="13812345678")
    case = str(uuid4())
    opened(company, case, content="机密内容")
    named(company, case, phone="13812345678")
    happened(company, case, "complaint_closed", "complaint.closed", at="2026-11-25T01:00:00Z", outcome="settled")
    assert timeline(company, made["id"]) == ["complaint.closed", "complaint.opened"]
    newest = company.call(contract.GET_TIMELINE, customer_id=made["id"], limit=1)
    assert newest["items"][0]["data"]["outcome"] == "settled"
    assert newest["items"][0]["at"] == "2026-11-25T01:00:00Z"
    rest = company.call(contract.GET_TIMELINE, customer_id=made["id"], cursor=newest["next_cursor"])
    assert [entry["event"] for entry in rest["items"]] == ["complaint.opened"]
    assert "机密内容" not in str(rest)


@pytest.mark.clause("RF-13")
def test_a_households_timeline_holds_its_members(company: Company) -> None:
    home = company.customer("王家", kind="household")
    person = company.customer("王大", phone="13812345678")
    company.call(contract.ADD_MEMBER, customer_id=home["id"], member_id=person["id"])
    case = str(uuid4())
    opened(company, case)
    named(company, case, phone="13812345678")
    assert timeline(company, home["id"]) == timeline(company, person["id"]) == ["complaint.opened"]


def test_an_event_that_comes_twice_is_applied_once(company: Company) -> None:
    made = company.customer(phone="13812345678")
    case, event_id = str(uuid4()), new_id()
    data = {"complaint_id": case, "number": "TS-1", "phone": "13812345678"}
    outcomes = [
        company.tell("complainant_named", "complaint.complainant_named", data, event_id=event_id) for _ in range(2)
    ]
    assert outcomes == ["applied", "duplicate"]
    assert len(company.events("customer.linked")) == 1
    assert made["id"]


@pytest.mark.clause("PL-2")
def test_events_of_a_company_without_the_service_are_not_applied(bench: Bench) -> None:
    company = bench.company(services=("complaints",))
    assert opened(company, str(uuid4())) == "not_enabled"


@pytest.mark.clause("DC-6", "PL-11")
def test_of_a_destroyed_case_nothing_is_left(company: Company) -> None:
    made = company.customer(assets=[{"kind": "vehicle", "plate": "粤B12345"}])
    case, other = str(uuid4()), str(uuid4())
    for one in (case, other):
        opened(company, one)
        named(company, one, vehicle_plate="粤B12345")
    assert len(timeline(company, made["id"])) == 2
    told = {"at": "2029-03-05T01:00:00Z", "paper": "DA2026-00001"}
    assert happened(company, case, "complaint_erased", "complaint.erased", **told) == "applied"
    assert timeline(company, made["id"]) == ["complaint.opened"]
    with company.bench.database.begin(company.id, read_only=True) as session:
        assert [str(link.case_id) for link in session.scalars(select(CaseLink))] == [other]
        assert {str(entry.subject_id) for entry in session.scalars(select(TimelineEntry))} == {other}


def test_it_is_forgotten_also_when_its_last_events_come_together(company: Company) -> None:
    """Events that wait are applied in one transaction, which writes the timeline last."""
    case = str(uuid4())
    told = {"complaint_id": case, "number": "TS-1", "at": "2029-03-05T01:00:00Z"}
    with company.bench.work.begin(company.context()) as tx:
        linking.record(tx, told, "complaint.closed")
        linking.match(tx, {"complaint_id": case, "number": "TS-1"})
        linking.forget(tx, told)
    with company.bench.database.begin(company.id, read_only=True) as session:
        assert session.scalars(select(TimelineEntry)).all() == session.scalars(select(CaseLink)).all() == []
