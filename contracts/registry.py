"""Every service's contract, by the service's name: what the gateway, the golden files and the test matrices walk."""

from __future__ import annotations

from collections.abc import Iterator

from contracts import complaints, customers, notifications, tenants
from contracts.core import Event, Operation, ServiceContract

CONTRACTS: dict[str, ServiceContract] = {
    contract.name: contract
    for contract in (tenants.CONTRACT, customers.CONTRACT, complaints.CONTRACT, notifications.CONTRACT)
}


def operations() -> Iterator[Operation]:
    """All operations, those without an HTTP route included."""
    for contract in CONTRACTS.values():
        yield from contract.operations


def events() -> Iterator[Event]:
    """All events, those not open to partners included."""
    for contract in CONTRACTS.values():
        yield from contract.events
