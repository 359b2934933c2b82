"""Every service's contract, by the service's name: what the gateway, the golden files and the test matrices walk."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec

from contracts.core import Event, Operation, ServiceContract

_SERVICES = ("tenants", "customers", "complaints", "notifications")

CONTRACTS: dict[str, ServiceContract] = {
    name: import_module(f"contracts.{name}").CONTRACT for name in _SERVICES if find_spec(f"contracts.{name}")
}


def operations() -> Iterator[Operation]:
    """All operations, those without an HTTP route included."""
    for contract in CONTRACTS.values():
        yield from contract.operations


def events() -> Iterator[Event]:
    """All events, those not open to partners included."""
    for contract in CONTRACTS.values():
        yield from contract.events
