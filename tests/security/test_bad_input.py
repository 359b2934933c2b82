"""Whatever is sent, the answer is a problem document in the caller's language that says which field and what to do, and
nothing is stored, not even in part."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from uuid import uuid4

import httpx
import pytest
from marshmallow import fields, validate

from contracts.core import Operation, schema_of
from contracts.fields import Line, MoneyField, Text
from kefu.processes import SERVICES
from tests.clauses.driver import Json
from tests.security.calls import TENANT_OPERATIONS, id_parameters, request, send
from tests.security.conftest import Sides
from tests.security.rpc import payload, problem_of, staff_context
from tests.security.sides import Side
from tests.security.stores import Stores
from tests.service.chassis.toy.client import Client

pytestmark = pytest.mark.timeout(300)

LANGUAGES = ("zh-CN", "en")
OWN_TIME = {"audit", "audit_unsealed", "audit_seals", "audit_heads"}
"""Tables that go on by themselves: what was done before is sealed."""
WITH_BODY = [op for op in TENANT_OPERATIONS if op.body]
CHINESE = re.compile(r"[\u4e00-\u9fff]")
Field = fields.Field[Any]


@pytest.fixture(scope="module")
def side(sides: Sides) -> Side:
    return sides.ours


@pytest.fixture(autouse=True)
def nothing_is_stored(sides: Sides, side: Side) -> Iterator[None]:
    """After each test every table of every service has as many rows of the company as before."""
    before = _counts(sides.stores, side)
    yield
    assert _counts(sides.stores, side) == before


def _counts(stores: Stores, side: Side) -> dict[str, int]:
    return {
        f"{service}.{table}": len(rows)
        for service in SERVICES
        for table, rows in stores.tables(service, side.id).items()
        if table not in OWN_TIME
    }


def refused(answer: httpx.Response, status: int, code: str, language: str) -> dict[str, str]:
    """The messages by field of a problem document, which must be whole and in that language."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    problem = answer.json()
    assert (answer.status_code, problem["status"], problem["code"]) == (status, status, code), answer.text
    assert answer.headers["content-language"] == language
    assert problem["request_id"] == answer.headers["x-request-id"]
    said = {error["field"]: error["message"] for error in problem.get("errors", ())}
    for text in (problem["detail"], *said.values()):
        assert bool(CHINESE.search(text)) == (language == "zh-CN"), text
    return said


def in_both(ask: Callable[[dict[str, str]], httpx.Response], status: int, code: str) -> dict[str, str]:
    """`refused` in each language; the messages of the English answer."""
    said = {}
    for language in LANGUAGES:
        said = refused(ask({"Accept-Language": language}), status, code, language)
    return said


# -- every field of every operation ------------------------------------------------------------------------------------


def wrong_type(field: Field) -> Any:
    """A value of another kind than the field's; None when it takes anything."""
    if isinstance(field, fields.Raw):
        return None
    if isinstance(field, fields.DateTime | fields.Date):
        return "2026-02-30T10:00:00+08:00" if isinstance(field, fields.DateTime) else "2026-02-30"
    if isinstance(field, MoneyField):
        return {"amount": 10.5, "currency": "CNY"}
    return "??" if isinstance(field, fields.Nested | fields.Dict | fields.List | fields.UUID | fields.Boolean) else [{}]


def too_long(field: Field) -> Any:
    longest = [check.max for check in field.validators if isinstance(check, validate.Length) and check.max]
    return "x" * (longest[0] + 1) if longest and isinstance(field, fields.String) else None


def control_character(field: Field) -> Any:
    return "bell\a" if isinstance(field, Line | Text) else None


@pytest.mark.parametrize("spoil", [wrong_type, too_long, control_character])
def test_every_bad_field_is_named(sides: Sides, side: Side, spoil: Callable[[Field], Any]) -> None:
    tried = 0
    with Client(sides.platform.installation.amqp_uri) as client:
        for operation in WITH_BODY:
            bad = {name: value for name, value in _spoilt(operation, spoil) if value is not None}
            if not bad:
                continue
            tried += len(bad)
            body = request(operation, side.ids).get("json", {}) | bad
            said = in_both(lambda headers: _send(side, operation, body, headers), 422, "invalid_request")  # noqa: B023
            named = {field.partition(".")[0] for field in said}
            assert bad.keys() <= named, (operation.routing_key, bad.keys() - named)
            direct = payload(operation, side.ids, side.ids) | bad
            assert problem_of(client, operation.routing_key, direct, staff_context(side)) == "invalid_request"
    assert tried > 30


def _spoilt(operation: Operation, spoil: Callable[[Field], Any]) -> Iterator[tuple[str, Any]]:
    schema = schema_of(operation.body)
    for name, field in schema.fields.items() if schema else ():
        yield field.data_key or name, spoil(field)


def _send(side: Side, operation: Operation, body: Json, headers: Mapping[str, str]) -> httpx.Response:
    return send(side.boss.client, operation, side.ids, {"json": body}, headers=headers)


def test_an_unknown_field_is_named(side: Side) -> None:
    for operation in WITH_BODY:
        if schema_of(operation.body).unknown == "raise":  # type: ignore[union-attr]
            body = request(operation, side.ids)["json"] | {"phoen": "1"}
            said = in_both(lambda headers: _send(side, operation, body, headers), 422, "invalid_request")  # noqa: B023
            assert set(said) == {"phoen"}, operation.routing_key


def test_an_unknown_query_parameter_is_named(side: Side) -> None:
    for operation in TENANT_OPERATIONS:
        if operation.verb == "GET":
            query = request(operation, side.ids).get("params", {}) | {"fitler": "1"}
            answer = send(side.boss.client, operation, side.ids, {"params": query}, headers={"Accept-Language": "en"})
            assert set(refused(answer, 422, "invalid_request", "en")) == {"fitler"}, operation.routing_key


def test_an_id_that_is_none_is_named(side: Side) -> None:
    for operation in TENANT_OPERATIONS:
        for parameter in id_parameters(operation):
            ids = {**side.ids, parameter: "not-an-id"}
            answer = send(side.boss.client, operation, ids, request(operation, side.ids))
            assert parameter in refused(answer, 422, "invalid_request", "zh-CN"), operation.routing_key


def test_what_does_not_exist_is_named_in_the_callers_language(side: Side) -> None:
    for operation in TENANT_OPERATIONS:
        if id_parameters(operation):
            answer = send(
                side.boss.client, operation, dict.fromkeys(side.ids, str(uuid4())), request(operation, side.ids)
            )
            refused(answer, 404, "not_found", "zh-CN")
            assert not re.search("[A-Za-z]", answer.json()["detail"]), operation.routing_key


def test_a_version_that_is_over_is_refused(side: Side) -> None:
    stale = [op for op in TENANT_OPERATIONS if op.versioned and op.verb in {"PUT", "PATCH"}]
    assert len(stale) >= 8
    for operation in stale:
        body = request(operation, side.ids)["json"]
        for language in LANGUAGES:
            headers = {"If-Match": '"999"', "Accept-Language": language}
            refused(_send(side, operation, body, headers), 412, "stale_version", language)


# -- bodies that are no request ----------------------------------------------------------------------------------------

FIVE_MEGABYTES = b'{"name": "' + b"x" * 5_000_000 + b'"}'
BODIES: dict[str, tuple[bytes, int, str]] = {
    "no JSON": (b'{"name": ', 400, "malformed_request"),
    "no object": (b"[]", 400, "malformed_request"),
    "a key twice": (b'{"name": "a", "name": "b"}', 400, "malformed_request"),
    "not a number": (b'{"name": NaN}', 400, "malformed_request"),
    "broken UTF-8": (b'{"name": "\xff"}', 400, "malformed_request"),
    "a lone surrogate": (b'{"name": "\\ud800"}', 400, "malformed_request"),
    "NUL": (b'{"name": "a\\u0000"}', 400, "malformed_request"),
    "too deep": (b'{"name": ' + b"[" * 40 + b"]" * 40 + b"}", 400, "malformed_request"),
    "too deep for a parser": (b"[" * 100_000, 400, "malformed_request"),
    "5 MB": (FIVE_MEGABYTES, 413, "body_too_large"),
}


@pytest.mark.parametrize(("content", "status", "code"), BODIES.values(), ids=BODIES)
def test_a_body_that_is_none_is_refused(side: Side, content: bytes, status: int, code: str) -> None:
    def ask(headers: Mapping[str, str]) -> httpx.Response:
        sent = {"Content-Type": "application/json", **headers}
        return side.boss.client.post("/v1/customers", content=content, headers=sent)

    in_both(ask, status, code)


def test_a_body_of_another_kind_is_refused(side: Side) -> None:
    client = side.boss.client
    form = {"data": {"name": "x"}}
    in_both(lambda headers: client.post("/v1/customers", headers=headers, **form), 415, "unsupported_media_type")  # type: ignore[arg-type]
    in_both(
        lambda headers: client.post("/v1/imports?kind=customers", json={}, headers=headers),
        415,
        "unsupported_media_type",
    )


def test_a_file_that_is_none_is_refused(side: Side) -> None:
    client, attachments = side.boss.client, f"/v1/complaints/{side.ids['complaint_id']}/attachments"
    for content in (b"", b"\x7fELF\x02\x01\x01\x00binary"):
        files = {"file": ("a.bin", content)}
        said = in_both(lambda headers: client.post(attachments, files=files, headers=headers), 422, "invalid_request")  # noqa: B023
        assert set(said) == {"file"}
    two = [("file", ("a.txt", b"a")), ("file", ("b.txt", b"b"))]
    in_both(lambda headers: client.post(attachments, files=two, headers=headers), 400, "malformed_request")
    sheet = {"file": ("a.xlsx", b"PK\x03\x04 no sheet")}
    imports = "/v1/imports?kind=customers"
    in_both(lambda headers: client.post(imports, files=sheet, headers=headers), 422, "unreadable_file")


# -- headers -----------------------------------------------------------------------------------------------------------


def test_malformed_headers_are_refused(side: Side) -> None:
    client, one = side.boss.client, f"/v1/customers/{side.ids['customer_id']}"
    for bad in ({"Idempotency-Key": "x" * 256}, {"If-Match": "latest"}, {"If-Match": 'W/"weak"'}):
        in_both(
            lambda headers: client.patch(one, json={"note": "n"}, headers=bad | headers), 400, "malformed_request"  # noqa: B023
        )  # fmt: skip


@pytest.mark.parametrize("credential", ["", "Bearer", "Bearer x", "Basic dXNlcjpwYXNz", "Bearer kf_0000_" + "0" * 43])
def test_a_credential_that_is_none_is_refused(sides: Sides, credential: str) -> None:
    def ask(headers: Mapping[str, str]) -> httpx.Response:
        url = f"{sides.platform.base_url}/v1/customers"
        return httpx.get(url, headers={"Authorization": credential, **headers}, trust_env=False)

    in_both(ask, 401, "unauthenticated")


# -- values that the company's own data or policy does not have --------------------------------------------------------

TEMPLATE_PATH = "/v1/templates/complaint.acknowledged/zh-CN/sms"
VALUES: dict[str, tuple[str, str, str, Json]] = {
    "an unknown pack": ("unknown_pack", "", "POST /v1/policies/complaints/drafts", {"packs": ["circus"]}),
    "an unknown category": ("invalid_request", "category", "POST /v1/complaints", {"category": "weather"}),
    "an unknown channel": ("invalid_request", "channel", "POST /v1/complaints", {"channel": "pigeon"}),
    "an unknown kind of complainant": (
        "invalid_request", "complainant.kind", "POST /v1/complaints", {"complainant": {"name": "x", "kind": "ghost"}},
    ),
    "an unknown fact": ("invalid_request", "facts.moon", "POST /v1/complaints", {"facts": {"moon": True}}),
    "a fact of another kind": ("invalid_request", "facts.injury", "POST /v1/complaints", {"facts": {"injury": "yes"}}),
    "a moment to come": (
        "invalid_request", "received_at", "POST /v1/complaints", {"received_at": "2099-01-01T00:00:00Z"},
    ),
    "a fraction of a fen": (
        "invalid_request", "claimed_amount.amount", "POST /v1/complaints", {"claimed_amount": {"amount": 0.5}},
    ),
    "too much money": (
        "invalid_request", "claimed_amount.amount", "POST /v1/complaints", {"claimed_amount": {"amount": 10**15 + 1}},
    ),
    "no phone number": ("invalid_request", "phone", "POST /v1/customers", {"phone": "12ab"}),
    "no e-mail address": ("invalid_request", "email", "POST /v1/customers", {"email": "a@"}),
    "a birthday to come": ("invalid_request", "birthday", "POST /v1/customers", {"birthday": "2099-01-01"}),
    "a day that does not exist": ("invalid_request", "birthday", "POST /v1/customers", {"birthday": "2026-02-30"}),
    "an unknown role": ("invalid_request", "roles.0", "POST /v1/staff", {"roles": ["king"]}),
    "a key that is over": (
        "invalid_request", "expires_at", "POST /v1/api-keys", {"expires_at": "2020-01-01T00:00:00Z"},
    ),
    "a stray brace": ("invalid_request", "body", f"PUT {TEMPLATE_PATH}", {"body": "{number"}),
    "an unknown variable": ("invalid_request", "body", f"PUT {TEMPLATE_PATH}", {"body": "{moon}"}),
    "an address the channel cannot reach": ("invalid_request", "address", "POST /v1/opt-outs", {"address": "abc"}),
}  # fmt: skip
"""The problem's code and the field it names, by what is sent where beside a sound body."""
SOUND: dict[str, Json] = {
    "/v1/customers": {"name": "x"},
    "/v1/staff": {"username": "nobody-yet", "name": "x"},
    "/v1/api-keys": {"name": "x", "permissions": ["customers.read"]},
    "/v1/opt-outs": {"channel": "sms"},
}


@pytest.mark.parametrize(("code", "field", "call", "bad"), VALUES.values(), ids=VALUES)
def test_a_value_the_company_does_not_have_is_named(side: Side, code: str, field: str, call: str, bad: Json) -> None:
    verb, _, address = call.partition(" ")
    sound = side.company.intake() if address == "/v1/complaints" else SOUND.get(address, {})
    body = {**sound, **bad}
    said = in_both(lambda headers: side.boss.client.request(verb, address, json=body, headers=headers), 422, code)
    assert set(said) == ({field} if field else set())


def test_a_policy_that_does_not_hold_together_is_refused_by_key(side: Side) -> None:
    body = {"overrides": {"levels": {"major": {"rank": "high"}}}}
    answer = side.boss.client.post("/v1/policies/complaints/drafts", json=body, headers={"Accept-Language": "en"})
    assert set(refused(answer, 422, "policy_invalid", "en")) == {"levels.major.rank"}


def test_a_conflict_says_with_what(side: Side) -> None:
    taken = {
        "/v1/org-units": {"code": "s01", "name": "x", "kind": "store"},
        "/v1/staff": {"username": "boss", "name": "x"},
        "/v1/roles": {"name": "idle", "labels": {}, "permissions": []},
    }
    for path_, body in taken.items():
        in_both(lambda headers: side.boss.client.post(path_, json=body, headers=headers), 409, "conflict")  # noqa: B023


def test_a_month_that_does_not_exist_is_refused(side: Side) -> None:
    for query in ({"month": "2026-13"}, {"month": "1826-01"}, {}):
        said = in_both(
            lambda headers: side.boss.client.get("/v1/reports/complaints-monthly", params=query, headers=headers),  # noqa: B023
            422, "invalid_request",
        )  # fmt: skip
        assert set(said) == {"month"}


def test_a_key_repeated_with_another_body_is_refused(sides: Sides, side: Side) -> None:
    """On the other company's side: the first request does store something."""
    client, key = sides.theirs.boss.client, {"Idempotency-Key": str(uuid4())}
    assert client.post("/v1/customers", json={"name": "first"}, headers=key).status_code == 201
    before = sides.stores.business(sides.theirs.id)
    in_both(
        lambda headers: client.post("/v1/customers", json={"name": "second"}, headers=key | headers),
        422, "idempotency_key_reused",
    )  # fmt: skip
    assert sides.stores.business(sides.theirs.id) == before
