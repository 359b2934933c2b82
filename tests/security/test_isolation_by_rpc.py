"""SPEC PL-1, NX-16 without the gateway: each service's own door keeps companies apart, internal operations included."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from uuid import UUID

import pytest

from contracts.context import service_context
from contracts.core import Audience, Operation
from contracts.registry import operations
from tests.security.calls import TENANT_OPERATIONS, id_parameters
from tests.security.conftest import Sides
from tests.security.rpc import payload, problem_of, staff_context
from tests.security.sides import Side
from tests.service.chassis.toy.client import Client

pytestmark = [pytest.mark.clause("PL-1", "NX-16"), pytest.mark.timeout(300)]

INTERNAL: dict[str, Callable[[Side], dict[str, object]]] = {
    "tenants.introspect": lambda side: {"credential": side.admin.client.headers["Authorization"].split()[1]},
    "tenants.snapshot": lambda side: {"tenant_id": side.id},
    "tenants.draft_document": lambda side: {"draft_id": side.ids["draft_id"]},
    "complaints.resolve_status_link": lambda _side: {"credential": "ks_" + "x" * 24},
    "customers.lookup": lambda side: {"phone": side.phone},
}
"""What another company could ask of each internal operation."""
GUARDED = [op for op in operations() if op.audience in {Audience.INTERNAL, Audience.OPERATOR, Audience.COMPLAINANT}]


@pytest.fixture
def client(sides: Sides) -> Iterator[Client]:
    with Client(sides.platform.installation.amqp_uri) as opened:
        yield opened


def test_ids_of_another_company_are_unknown(sides: Sides, client: Client, subtests: pytest.Subtests) -> None:
    for operation in TENANT_OPERATIONS:
        if id_parameters(operation):
            with subtests.test(operation.routing_key):
                request = payload(operation, sides.ours.ids, sides.theirs.ids)
                asked = problem_of(client, operation.routing_key, request, staff_context(sides.theirs))
                assert asked == "not_found"


@pytest.mark.parametrize("operation", GUARDED, ids=lambda operation: operation.routing_key)
def test_what_is_not_for_companies_is_closed_to_them(sides: Sides, client: Client, operation: Operation) -> None:
    if operation.audience is Audience.INTERNAL:
        request = INTERNAL[operation.routing_key](sides.ours)
    else:
        request = payload(operation, sides.ours.ids, sides.ours.ids)
    assert problem_of(client, operation.routing_key, request, staff_context(sides.theirs)) == "forbidden"


def test_a_service_looks_up_customers_of_the_company_it_acts_for(sides: Sides, client: Client) -> None:
    ours, theirs = sides.ours, sides.theirs
    for asked in ({"phone": ours.phone}, {"plate": ours.plate}):
        found = client.call("customers.lookup", asked, service_context("complaints", UUID(ours.id)))
        assert ours.ids["customer_id"] in {match["customer_id"] for match in found["matches"]}
        other = client.call("customers.lookup", asked, service_context("complaints", UUID(theirs.id)))
        assert other == {"matches": []}
