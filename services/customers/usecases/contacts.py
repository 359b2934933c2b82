"""Ways to reach a customer: added, replaced, removed. One of each kind is the primary one."""

from __future__ import annotations

from typing import Any

from chassis.ids import new_id
from chassis.work import Transaction
from contracts.problems import NOT_FOUND
from services.customers import schemas
from services.customers.domain.contacts import last_four
from services.customers.models import Contact, Customer
from services.customers.usecases.common import load, normalised, tell_updated, touch


def add(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """Add a contact; the same value again answers the one on file."""
    customer = load(tx, data["customer_id"])
    value = normalised(tx, "value", data["kind"], data["value"])
    for known in customer.contacts:
        if (known.kind, known.value) == (data["kind"], value):
            return schemas.contact(known)
    contact = attach(customer, data["kind"], value, label=data.get("label", ""), make_primary=data["primary"])
    touch(tx, customer)
    tx.audit("contact.added", "customer", customer.id, after=_audited(contact))
    tell_updated(tx, customer, [contact.kind])
    return schemas.contact(contact)


def remove(tx: Transaction, data: dict[str, Any]) -> None:
    """Remove a contact; the oldest other one of its kind becomes primary in its place."""
    customer = load(tx, data["customer_id"])
    contact = next((c for c in customer.contacts if c.id == data["contact_id"]), None)
    if contact is None:
        raise NOT_FOUND(kind="contact")
    detach(customer, contact)
    touch(tx, customer)
    tx.audit("contact.removed", "customer", customer.id, before=_audited(contact))
    tell_updated(tx, customer, [contact.kind])


def replace_primary(customer: Customer, kind: str, value: str | None) -> None:
    """Set the primary contact of a kind to an already normalised value; None removes it."""
    current = schemas.primary(customer, kind)
    if value is None:
        if current:
            detach(customer, current)
    elif current:
        current.value, current.last4 = value, last_four(kind, value)
    else:
        attach(customer, kind, value, make_primary=True)


def attach(customer: Customer, kind: str, value: str, *, label: str = "", make_primary: bool = False) -> Contact:
    """A new contact; the first of its kind is primary in any case."""
    same_kind = [c for c in customer.contacts if c.kind == kind]
    if make_primary:
        for other in same_kind:
            other.primary = False
    contact = Contact(
        id=new_id(), tenant_id=customer.tenant_id, kind=kind, value=value, last4=last_four(kind, value), label=label,
        primary=make_primary or not same_kind,
    )  # fmt: skip
    customer.contacts.append(contact)
    return contact


def detach(customer: Customer, contact: Contact) -> None:
    customer.contacts.remove(contact)
    heirs = [c for c in customer.contacts if c.kind == contact.kind]
    if contact.primary and heirs:
        heirs[0].primary = True


def _audited(contact: Contact) -> dict[str, Any]:
    return {"kind": contact.kind, "value": schemas.masked(contact), "label": contact.label}
