"""The walks over all operations leave none out: a new operation needs a sound request before it can be merged."""

from __future__ import annotations

from collections import defaultdict
from uuid import uuid4

import pytest

from contracts.core import Audience, Operation
from contracts.registry import operations
from tests.security.calls import HTTP_OPERATIONS, NAMES, REQUESTS, dotted, id_fields, id_places, request
from tests.security.test_isolation_by_rpc import INTERNAL

IDS: dict[str, str] = defaultdict(lambda: str(uuid4()))


def test_every_operation_is_walked() -> None:
    assert set(REQUESTS) == {operation.routing_key for operation in HTTP_OPERATIONS}
    internal = {operation.routing_key for operation in operations() if operation.audience is Audience.INTERNAL}
    assert set(INTERNAL) == internal


@pytest.mark.parametrize("operation", HTTP_OPERATIONS, ids=lambda operation: operation.routing_key)
def test_a_request_holds_every_id_its_operation_takes(operation: Operation) -> None:
    sound = request(operation, IDS)
    for schema, part in ((operation.body, "json"), (operation.query, "params")):
        assert {dotted(place) for place in id_places(schema, sound.get(part, {}))} == id_fields(schema)
    assert {p for p in operation.path_parameters if not p.endswith("_id")} <= NAMES.keys()
