"""Steps that several commands share: load within the caller's org units, check, touch, tell."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.orm.attributes import flag_modified

from chassis import directory
from chassis.work import NotInCopy, Transaction
from contracts.customers import CUSTOMER_UPDATED
from contracts.problems import INVALID, NOT_FOUND, OUT_OF_SCOPE, Problem
from services.customers import schemas
from services.customers.domain import contacts, messages
from services.customers.models import Customer


def load(tx: Transaction, customer_id: UUID) -> Customer:
    """The customer; the problem not_found also for one of another store, so that nobody learns who is on file there."""
    customer = tx.get(Customer, customer_id, kind="customer")
    if not tx.ctx.covers(customer.org_unit_id):
        raise NOT_FOUND(kind="customer")
    return customer


def field_error(tx: Transaction, field: str, code: str, **params: Any) -> Problem:
    """The problem invalid_request about one field, in the caller's language."""
    message = messages.text(code, tx.ctx.locale, params)
    return INVALID(errors=[{"field": field, "code": code, "message": message}])


def check_org_unit(tx: Transaction, org_unit_id: UUID | None) -> None:
    """The unit must be the tenant's own and one the caller may act in."""
    if org_unit_id is None:
        return
    if directory.unit(tx, org_unit_id) is None:
        # one opened a moment ago may not be in this service's copy yet
        raise NotInCopy(tx.tenant_id, field_error(tx, "org_unit_id", "unknown_org_unit"))
    if not tx.ctx.covers(org_unit_id):
        raise OUT_OF_SCOPE()


def check_birthday(tx: Transaction, birthday: date | None) -> None:
    """Nobody is born after today, in the tenant's zone."""
    if birthday and birthday > tx.now.astimezone(tx.tenant.timezone).date():
        raise field_error(tx, "birthday", "date_in_future")


def normalised(tx: Transaction, field: str, kind: str, value: str) -> str:
    """A contact's value as kept; the problem invalid_request when it is none."""
    try:
        return contacts.normalise(kind, value)
    except contacts.Unacceptable as error:
        raise field_error(tx, field, error.code, **error.params) from error


def touch(tx: Transaction, customer: Customer) -> None:
    """The customer's file changed: a new version, though no column of its own did."""
    customer.updated_at = tx.now
    flag_modified(customer, "updated_at")
    tx.session.flush()


def tell_updated(tx: Transaction, customer: Customer, changed: Iterable[str]) -> None:
    """Publish which fields changed, after `touch`."""
    tx.emit(CUSTOMER_UPDATED, customer.id, {**schemas.facts(customer), "changed": sorted(changed)})
