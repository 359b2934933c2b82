"""Idempotency-Key at the gateway, as draft-ietf-httpapi-idempotency-key-header has it, on the real services.

The draft leaves to the API whether a key is required; here it is optional (a write without one simply counts each
time), so a missing key is no 400. A key that is none is.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import httpx
import pytest

from tests.clauses.driver import Json
from tests.security.conftest import Sides
from tests.security.sides import Side

pytestmark = [pytest.mark.clause("PL-12"), pytest.mark.timeout(300)]

AT_ONCE = 12


def _create(side: Side, key: str | None, **body: object) -> httpx.Response:
    headers = {} if key is None else {"Idempotency-Key": key}
    return side.boss.client.post("/v1/customers", json={"name": "幂等", **body}, headers=headers)


def _count(side: Side, note: str) -> int:
    return len([c for c in side.boss.get("/v1/customers", q="幂等", limit=100)["items"] if c["note"] == note])


def test_a_repeated_request_gets_the_first_answer(sides: Sides) -> None:
    key, note = str(uuid4()), uuid4().hex
    first, again = (_create(sides.ours, key, note=note) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert _count(sides.ours, note) == 1


def test_the_same_key_with_another_body_or_on_another_operation_is_422(sides: Sides) -> None:
    key, note = str(uuid4()), uuid4().hex
    made = _create(sides.ours, key, note=note).json()
    refused = [
        _create(sides.ours, key, note=f"{note} two"),
        sides.ours.boss.client.patch(
            f"/v1/customers/{made['id']}", json={"name": "幂等", "note": note}, headers={"Idempotency-Key": key}
        ),
    ]
    assert [(r.status_code, r.json()["code"]) for r in refused] == [(422, "idempotency_key_reused")] * 2
    assert _count(sides.ours, note) == 1


@pytest.mark.parametrize("key", ["x" * 256, "schlüssel", "tab\there", ""])
def test_a_key_that_is_none_is_400(sides: Sides, key: str) -> None:
    url, body = "/v1/customers", {"name": "幂等"}
    answer = sides.ours.boss.client.post(url, json=body, headers={b"Idempotency-Key": key.encode()})
    assert answer.status_code == 400, answer.text


def test_many_at_once_make_one_and_the_others_hear_the_same_or_409(sides: Sides) -> None:
    key, note = str(uuid4()), uuid4().hex
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(lambda _: _create(sides.ours, key, note=note), range(AT_ONCE)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.json()["id"] for answer in answers if answer.status_code == 201}) == 1
    assert _count(sides.ours, note) == 1


def test_a_refusal_is_not_kept_under_the_key(sides: Sides) -> None:
    key, note = str(uuid4()), uuid4().hex
    assert _create(sides.ours, key, note=note, phone="no phone").status_code == 422
    assert _create(sides.ours, key, note=note, phone="13812340000").status_code == 201


def test_a_key_is_its_callers_own(sides: Sides) -> None:
    key, note = str(uuid4()), uuid4().hex
    made = [_create(side, key, note=note).json() for side in (sides.ours, sides.theirs)]
    other = sides.ours.admin.post("/v1/api-keys", name="other", permissions=["customers.write"])
    with sides.platform.client(other["secret"]) as client:
        made.append(_posted(client, key, note))
    assert len({customer["id"] for customer in made}) == 3


def _posted(client: httpx.Client, key: str, note: str) -> Json:
    body = {"name": "幂等", "note": note}
    made: Json = client.post("/v1/customers", json=body, headers={"Idempotency-Key": key}).raise_for_status().json()
    return made


def test_without_a_key_every_request_counts(sides: Sides) -> None:
    note = uuid4().hex
    assert {_create(sides.ours, None, note=note).status_code for _ in range(2)} == {201}
    assert _count(sides.ours, note) == 2
