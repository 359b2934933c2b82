"""Households: members of one family are one customer (RE-2), one household has one file (RF-13)."""

from __future__ import annotations

from typing import Any

from chassis.work import Transaction
from contracts.customers import ALREADY_MEMBER, MEMBER_ADDED, MEMBER_REMOVED, NOT_A_HOUSEHOLD
from contracts.problems import NOT_FOUND
from services.customers import schemas
from services.customers.models import Customer
from services.customers.usecases.common import load, touch


def add_member(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """Add a person; one who is in already only gets the new relation."""
    household, person = load(tx, data["customer_id"]), load(tx, data["member_id"])
    if household.kind != "household" or person.kind != "person":
        raise NOT_A_HOUSEHOLD()
    if person.household_id not in (None, household.id):
        raise ALREADY_MEMBER(household_id=str(person.household_id))
    person.household_id, person.relation = household.id, data["relation"]
    person.member_since = person.member_since or tx.now
    _record(tx, household, person, "member_added")
    tx.emit(MEMBER_ADDED, household.id, _facts(household, person))
    return schemas.member(person)


def remove_member(tx: Transaction, data: dict[str, Any]) -> None:
    """Take a person out; their own file and history stay."""
    household, person = load(tx, data["customer_id"]), load(tx, data["member_id"])
    if person.household_id != household.id:
        raise NOT_FOUND(kind="member")
    told = _facts(household, person)
    person.household_id, person.relation, person.member_since = None, "", None
    _record(tx, household, person, "member_removed")
    tx.emit(MEMBER_REMOVED, household.id, told)


def _record(tx: Transaction, household: Customer, person: Customer, what: str) -> None:
    touch(tx, person)
    touch(tx, household)
    tx.audit(f"household.{what}", "customer", household.id, after={"member_id": person.id, "relation": person.relation})


def _facts(household: Customer, person: Customer) -> dict[str, Any]:
    return {"household_id": household.id, "member_id": person.id, "relation": person.relation}
