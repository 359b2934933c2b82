"""SPEC PL-2, PL-4: which credential opens which operation, for every operation: the matrix of roles.

The permission is checked twice, at the gateway and at each service's own door; each is shown with the other passed by.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from fnmatch import fnmatchcase
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
import yaml

from contracts.core import Audience, Operation
from contracts.registry import CONTRACTS
from tests.clauses.driver import Company
from tests.platform.running import Platform
from tests.security.calls import (
    COMPLAINANT_OPERATIONS,
    HTTP_OPERATIONS,
    TENANT_OPERATIONS,
    id_parameters,
    request,
    send,
)
from tests.security.conftest import Sides
from tests.security.rpc import payload, problem_of, staff_context
from tests.security.sides import Side, strangers_ids
from tests.service.chassis.toy.client import Client

pytestmark = pytest.mark.timeout(300)

PACKS = Path(__file__).parents[2] / "packs"
PERMISSIONS = sorted(permission for contract in CONTRACTS.values() for permission in contract.permissions)
GUARDED = [op for op in TENANT_OPERATIONS if op.permission]
OPTIONAL = [op for op in TENANT_OPERATIONS if not op.always_enabled]
OPERATORS = [op for op in HTTP_OPERATIONS if op.audience is Audience.OPERATOR]
ClientOf = Callable[..., httpx.Client]


@pytest.fixture(scope="module")
def side(sides: Sides) -> Side:
    return sides.ours


@pytest.fixture(scope="module")
def holding(sides: Sides) -> Iterator[ClientOf]:
    """Clients whose key holds exactly these permissions."""
    made: dict[tuple[str, ...], httpx.Client] = {}
    with ExitStack() as stack:

        def client(*permissions: str) -> httpx.Client:
            if permissions not in made:
                key = sides.ours.admin.post("/v1/api-keys", name="matrix", permissions=permissions)
                made[permissions] = stack.enter_context(sides.platform.client(key["secret"]))
            return made[permissions]

        yield client


def _call(client: httpx.Client, operation: Operation, side: Side) -> httpx.Response:
    """A sound request about records that nobody has: it changes nothing, however far it gets."""
    ids = strangers_ids(side)
    return send(client, operation, ids, request(operation, ids))


def _problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"] if answer.is_error else ""


@pytest.mark.clause("PL-4")
def test_without_its_permission_an_operation_is_closed(side: Side, holding: ClientOf) -> None:
    for operation in GUARDED:
        others = [permission for permission in PERMISSIONS if permission != operation.permission]
        answer = _call(holding(*others), operation, side)
        assert _problem(answer) == (403, "forbidden"), operation.routing_key
        assert str(operation.permission) in answer.json()["detail"]


@pytest.mark.clause("PL-4")
def test_with_its_permission_alone_an_operation_is_open(side: Side, holding: ClientOf) -> None:
    for operation in GUARDED:
        answer = _call(holding(str(operation.permission)), operation, side)
        assert answer.status_code not in {401, 403}, (operation.routing_key, answer.text)
        assert answer.status_code < 500, (operation.routing_key, answer.text)


@pytest.mark.clause("PL-4")
def test_the_services_own_door_asks_for_the_permission_too(sides: Sides, side: Side) -> None:
    ids = strangers_ids(side)
    with Client(sides.platform.installation.amqp_uri) as client:
        for operation in GUARDED:
            others = [permission for permission in PERMISSIONS if permission != operation.permission]
            asked = problem_of(
                client, operation.routing_key, payload(operation, ids, ids), staff_context(side, *others)
            )
            assert asked == "forbidden", operation.routing_key


def test_an_operators_operation_is_closed_to_companies_and_theirs_to_operators(sides: Sides, side: Side) -> None:
    with sides.platform.client() as operator:
        for client, operations in (
            (side.boss.client, [*OPERATORS, *COMPLAINANT_OPERATIONS]),
            (operator, [*TENANT_OPERATIONS, *COMPLAINANT_OPERATIONS]),
        ):
            for operation in operations:
                assert _problem(_call(client, operation, side)) == (403, "wrong_audience"), operation.routing_key


def test_without_a_credential_only_signing_in_is_open(sides: Sides, side: Side) -> None:
    with httpx.Client(base_url=sides.platform.base_url, trust_env=False) as nobody:
        for operation in HTTP_OPERATIONS:
            answer = _call(nobody, operation, side)
            public = operation.audience is Audience.PUBLIC
            expected = (
                {"sign_in_refused", "status_link_not_valid", "unauthenticated"} if public else {"unauthenticated"}
            )
            assert (answer.status_code, answer.json()["code"]) in {(401, code) for code in expected}


@pytest.mark.clause("PL-2", "NX-6")
def test_every_operation_of_a_service_the_company_does_not_use_is_closed(sides: Sides, side: Side) -> None:
    with sides.platform.client() as operator, Client(sides.platform.installation.amqp_uri) as client:
        body = {"code": f"t{uuid4().hex[:10]}", "name": "未启用", "packs": ["dealership"], "services": []}
        tenant = operator.post("/v1/tenants", json=body).raise_for_status().json()
        made = operator.post(f"/v1/tenants/{tenant['id']}/admin-keys", json={"name": "x"}).raise_for_status()
        with sides.platform.client(made.json()["secret"]) as admin:
            for operation in OPTIONAL:
                answer = _call(admin, operation, side)
                assert _problem(answer) == (403, "service_not_enabled"), operation.routing_key
        ids, ctx = strangers_ids(side), staff_context(side)
        for operation in OPTIONAL:
            theirs = ctx.with_(tenant_id=tenant["id"], idempotency_key=uuid4().hex)
            asked = problem_of(client, operation.routing_key, payload(operation, ids, ids), theirs)
            assert asked == "service_not_enabled", operation.routing_key


@pytest.mark.clause("PL-4")
@pytest.mark.parametrize("platform", ["sqlite"], indirect=True, scope="session")
@pytest.mark.parametrize("pack", ["dealership", "developer"])
def test_the_matrix_of_a_packs_roles(platform: Platform, pack: str) -> None:
    """Somebody of each role tries every guarded operation: open exactly when the pack gives the role its permission."""
    roles = yaml.safe_load((PACKS / pack / "pack.yaml").read_text())["roles"]
    ids: dict[str, str] = defaultdict(lambda: str(uuid4()))
    ids |= {name: str(uuid4()) for operation in GUARDED for name in id_parameters(operation)}
    with ExitStack() as stack:
        company = Company.found(platform, stack, pack, rate="1000000/minute")
        for role, declared in roles.items():
            person = company.hire(role.replace("_", "-"), role)
            wrong = [
                operation.routing_key
                for operation in GUARDED
                if _is_forbidden(send(person.client, operation, ids, request(operation, ids)))
                == _covers(declared["permissions"], str(operation.permission))
            ]
            assert wrong == [], role


def _is_forbidden(answer: httpx.Response) -> bool:
    return _problem(answer) == (403, "forbidden")


def _covers(patterns: list[str], permission: str) -> bool:
    """As docs and packs write them: `*`, `customers.*`, `customers.read`."""
    return any(fnmatchcase(permission, pattern) for pattern in patterns)
