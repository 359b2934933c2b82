"""What tests of these companies do with a case whatever their procedure: register it, find its sheets, walk it on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tests.clauses.driver import Company, Json, Person, moment

RESIDENT = {"name": "李女士", "phone": "13800138000", "unit_no": "3栋1201"}


def register(person: Person, **fields: Any) -> Json:
    """A resident's complaint."""
    return person.register(**{"content": "电梯困人后仍未修好", "complainant": RESIDENT, **fields})


def confirmed(person: Person, **fields: Any) -> Json:
    """A resident's complaint whose record is confirmed with them."""
    return person.act(register(person, **fields), "confirm_record", how="复述")


def sheets(person: Person, case: Mapping[str, Any], kind: str) -> list[Json]:
    """The case's sheets of that kind, oldest first."""
    found = [sheet for sheet in person.case(case)["sheets"] if sheet["kind"] == kind]
    return [person.get(f"/v1/complaints/{case['id']}/sheets/{sheet['id']}") for sheet in found]


def last_sheet(person: Person, case: Mapping[str, Any], kind: str) -> Json:
    return sheets(person, case, kind)[-1]


def waits_for(case: Mapping[str, Any]) -> set[str | None]:
    """Roles the case or sheet waits for; None for a certain person."""
    return {person["role"] for person in case["waits_for"]}


def due(person: Person, case: Mapping[str, Any], kind: str) -> datetime:
    return moment(person.deadline(case, kind)["due_at"])


def started(person: Person, case: Mapping[str, Any], kind: str) -> datetime:
    return moment(person.deadline(case, kind)["started_at"])


def code(problem: Mapping[str, Any]) -> tuple[int, str]:
    return problem["status"], problem["code"]


def report(company: Company, reader: Person, month: str) -> Json:
    """The month's figures of the company's store."""
    found: Json = reader.get("/v1/reports/complaints-monthly", month=month, org_unit_id=company.store)
    return found


def table(report_: Mapping[str, Any], by: str) -> dict[str, Json]:
    """One table of a report: figures by group."""
    (found,) = (table for table in report_["tables"] if table["by"] == by)
    return {row["group"]: row["figures"] for row in found["rows"]}
