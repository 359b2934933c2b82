"""The HTTP side: who is let in, what is refused and how, what comes back. Real broker, toy services."""

from __future__ import annotations

import io
import json
from base64 import b64encode
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from contracts.context import Context
from contracts.problems import CONFLICT, NOT_FOUND
from contracts.tenants import CONTRACT as TENANTS
from gateway.app import create_app
from gateway.downloads import disposition
from gateway.settings import GatewaySettings
from kefu.waiting import wait_until
from tests.unit.gateway.toy import Silence, ToyService
from tests.unit.gateway.toys import TOYS, Credentials

TOY = "0199e1a0-3c1e-7bb2-9f0e-2d6a4f3e9c11"
RESULT = {"id": TOY, "name": "bear", "version": 3}


class World(SimpleNamespace):
    """The gateway under test and what stands behind it."""

    client: FlaskClient
    credentials: Credentials
    toys: ToyService

    def send(self, method: str, path: str, key: str = "key-of-north", **more: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {key}"} | more.pop("headers", {})
        return self.client.open(path, method=method, headers=headers, **more)

    def last(self) -> tuple[dict[str, Any], Context]:
        """Payload and context of the last call that reached the toys."""
        _name, payload, properties = self.toys.seen[-1]
        return payload, Context.from_json(properties.headers["nameko.kefu"])


def _hang(*_: Any) -> None:
    raise Silence


def _missing(*_: Any) -> None:
    raise NOT_FOUND(kind="toy")


@pytest.fixture(scope="module")
def world(amqp_uri: str) -> Iterator[World]:
    credentials = Credentials()
    answers: dict[str, Callable[..., Any]] = {op.name: lambda *_: RESULT for op in TOYS.operations}
    answers["list_toys"] = lambda *_: {"items": [RESULT], "next_cursor": None}
    settings = GatewaySettings(amqp_uri=amqp_uri, rpc_seconds=1.0, anonymous_rate="1000/minute")
    with (
        ToyService(amqp_uri, "tenants", {"introspect": credentials.introspect}),
        ToyService(amqp_uri, "toys", answers) as toys,
    ):
        app = create_app(settings, {"tenants": TENANTS, "toys": TOYS})
        client = app.test_client()
        wait_until(lambda: client.get("/readyz").status_code == 200, limit=15, what="the gateway is ready")
        yield World(client=client, credentials=credentials, toys=toys, app=app)
        app.extensions["kefu.connection"].stop()


@pytest.fixture(autouse=True)
def _keys(world: World) -> Iterator[None]:
    before = dict(world.toys.handlers)
    world.credentials.add("key-of-north")
    world.credentials.add("key-of-reader", permissions=["toys.read"])
    world.credentials.add("key-of-south", services=[], locale="zh-CN")
    world.credentials.add("key-of-operator", audience="operator", tenant_id=None, tenant_code="", services=[])
    yield
    world.toys.handlers = before


def _refused(response: TestResponse, status: int, code: str) -> dict[str, Any]:
    assert response.status_code == status, response.get_data(as_text=True)
    assert response.content_type == "application/problem+json"
    body: dict[str, Any] = response.get_json(force=True)
    assert (body["status"], body["code"], body["type"]) == (status, code, f"/v1/problems/{code}")
    assert body["request_id"] == response.headers["X-Request-Id"]
    return body


# -- who is let in --------------------------------------------------------------------------------------------


@pytest.mark.clause("PL-15")
def test_the_tenant_comes_from_the_credential(world: World) -> None:
    forged = {"X-Tenant-Id": str(uuid4()), "X-Request-Id": "mine-1", "Traceparent": f"00-{'ab' * 16}-{'cd' * 8}-01"}
    answer = world.send("POST", "/v1/toys", json={"name": "bear"}, headers=forged)
    assert answer.status_code == 201
    payload, context = world.last()
    assert payload == {"name": "bear"}
    assert context.tenant_id == UUID(world.credentials.known["key-of-north"]["tenant_id"])
    assert (context.request_id, context.trace_id, context.locale) == ("mine-1", "ab" * 16, "en")
    assert answer.headers["X-Request-Id"] == "mine-1"


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer short", "Basic abcdefghijkl", "Bearer unknown-key-000"])
def test_without_a_good_credential_nobody_comes_in(world: World, header: str | None) -> None:
    answer = world.client.get("/v1/toys", headers={"Authorization": header} if header is not None else {})
    _refused(answer, 401, "unauthenticated")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.clause("PL-2", "NX-6")
def test_a_service_not_enabled_is_refused(world: World) -> None:
    body = _refused(world.send("GET", "/v1/toys", "key-of-south"), 403, "service_not_enabled")
    assert "toys" in body["detail"]
    assert "未启用" in body["detail"]


def test_a_missing_permission_is_named(world: World) -> None:
    body = _refused(world.send("POST", "/v1/toys", "key-of-reader", json={"name": "b"}), 403, "forbidden")
    assert "toys.write" in body["detail"]
    assert world.send("GET", "/v1/toys", "key-of-reader").status_code == 200


def test_audiences_do_not_mix(world: World) -> None:
    _refused(world.send("GET", "/v1/toys", "key-of-operator"), 403, "wrong_audience")
    _refused(world.send("GET", "/v1/all-toys", "key-of-north"), 403, "wrong_audience")
    assert world.send("GET", "/v1/all-toys", "key-of-operator").status_code == 200
    assert world.last()[1].tenant_id is None


def test_a_public_operation_needs_no_credential(world: World) -> None:
    assert world.client.post("/v1/greetings", json={"phone": "139"}).status_code == 200
    assert world.last()[1].actor.kind == "anonymous"


def test_an_internal_operation_has_no_route(world: World) -> None:
    for path in ("/v1/mend_toy", "/mend_toy", "/v1/introspect"):
        _refused(world.send("POST", path, json={}), 404, "unknown_route")


def test_the_answer_about_a_credential_is_kept_for_seconds(world: World) -> None:
    world.credentials.add("key-asked-once")
    before = world.credentials.asked
    for _ in range(20):
        assert world.send("GET", "/v1/toys", "key-asked-once").status_code == 200
    assert world.credentials.asked == before + 1


# -- bad input ------------------------------------------------------------------------------------------------


def test_every_bad_field_is_named_at_once(world: World) -> None:
    body = {"name": "", "price": {"amount": 1.5}, "size": "3", "maker": {"phone": "1\u0007"}, "colour": "red"}
    problem = _refused(world.send("POST", "/v1/toys", json=body), 422, "invalid_request")
    found = {error["field"]: error["code"] for error in problem["errors"]}
    assert found == {
        "name": "length",
        "price.amount": "not_whole_number",
        "size": "not_whole_number",
        "maker.phone": "control_character",
        "colour": "unknown_field",
    }


def test_faults_are_told_in_the_callers_language(world: World) -> None:
    chinese = _refused(
        world.send("POST", "/v1/toys", json={}, headers={"Accept-Language": "zh-CN,zh;q=0.9"}), 422, "invalid_request"
    )
    english = _refused(world.send("POST", "/v1/toys", json={}), 422, "invalid_request")
    assert chinese["errors"] == [{"field": "name", "code": "required", "message": "必填"}]
    assert english["errors"] == [{"field": "name", "code": "required", "message": "is required"}]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"{", "not valid JSON"),
        (b'{"name": "a", "name": "b"}', "'name' is there twice"),
        (b'{"size": NaN}', "not valid JSON"),
        (b'{"size": 1e999}', "not valid JSON"),
        (b'{"size": 12345678901234567890}', "beyond 9007199254740991"),
        (b'{"name": "\\ud800"}', "not valid JSON"),
        (b'{"name": "a\\u0000b"}', "NUL"),
        (b"\xff\xfe", "not valid JSON"),
        (b"[]", "must be a JSON object"),
        (b'{"name": ' + b"[" * 40 + b"]" * 40 + b"}", "deeper than 32"),
        (b'{"name": ' * 5000, "not valid JSON"),
    ],
)
def test_what_two_readers_could_understand_differently_is_refused(world: World, body: bytes, reason: str) -> None:
    before = len(world.toys.seen)
    problem = _refused(
        world.send("POST", "/v1/toys", data=body, content_type="application/json"), 400, "malformed_request"
    )
    assert reason in problem["detail"]
    assert len(world.toys.seen) == before


def test_a_body_in_another_form_is_refused(world: World) -> None:
    _refused(world.send("POST", "/v1/toys", data={"name": "bear"}), 415, "unsupported_media_type")


def test_a_large_body_is_refused(world: World) -> None:
    body = json.dumps({"name": "x" * 5_000_000})
    _refused(world.send("POST", "/v1/toys", data=body, content_type="application/json"), 413, "body_too_large")


def test_bad_path_and_query(world: World) -> None:
    path = _refused(world.send("GET", "/v1/toys/not-a-uuid"), 422, "invalid_request")
    assert path["errors"][0]["field"] == "toy_id"
    query = _refused(world.send("GET", "/v1/toys?limit=1000&owner_id=x&shape=round"), 422, "invalid_request")
    assert {error["field"] for error in query["errors"]} == {"limit", "owner_id", "shape"}
    _refused(world.send("GET", "/v1/toys?limit=1&limit=2"), 400, "malformed_request")
    _refused(world.send("GET", "/v1/toys?cursor=%00"), 400, "malformed_request")


def test_a_body_where_none_is_expected_is_refused(world: World) -> None:
    assert world.send("DELETE", f"/v1/toys/{TOY}", json={}).status_code == 204
    _refused(world.send("DELETE", f"/v1/toys/{TOY}", json={"really": True}), 422, "invalid_request")


def test_lists_in_the_query_reach_the_service(world: World) -> None:
    assert world.send("GET", "/v1/toys?colour=red&colour=blue&limit=5").status_code == 200
    assert world.last()[0] == {"colour": ["red", "blue"], "limit": "5"}


def test_unknown_paths_and_verbs_are_problems_too(world: World) -> None:
    _refused(world.send("GET", "/v1/nothing"), 404, "unknown_route")
    answer = world.send("PUT", "/v1/toys")
    _refused(answer, 405, "method_not_allowed")
    assert "POST" in answer.headers["Allow"]
    assert "POST" in world.send("OPTIONS", "/v1/toys").headers["Allow"]
    head = world.send("HEAD", f"/v1/toys/{TOY}")
    assert (head.status_code, head.data) == (200, b"")


# -- writing --------------------------------------------------------------------------------------------------


@pytest.mark.clause("PL-15")
def test_the_idempotency_key_travels(world: World) -> None:
    world.send("POST", "/v1/toys", json={"name": "bear"}, headers={"Idempotency-Key": "order-17"})
    assert world.last()[1].idempotency_key == "order-17"
    world.send("POST", "/v1/toys", json={"name": "bear"})
    assert (world.last()[1].idempotency_key or "").startswith("gateway-")
    world.send("GET", "/v1/toys")
    assert world.last()[1].idempotency_key is None


@pytest.mark.parametrize("key", ["", " ", "a" * 256, "schlüssel"])
def test_a_bad_idempotency_key_is_refused(world: World, key: str) -> None:
    answer = world.send("POST", "/v1/toys", json={"name": "bear"}, headers={"Idempotency-Key": key})
    _refused(answer, 400, "malformed_request")


def test_a_created_thing_tells_where_it_is(world: World) -> None:
    answer = world.send("POST", "/v1/toys", json={"name": "bear"})
    assert (answer.status_code, answer.headers["Location"]) == (201, f"/v1/toys/{TOY}")
    assert answer.headers["Cache-Control"] == "no-store"


def test_etags_open_and_close_writes(world: World) -> None:
    etag = world.send("GET", f"/v1/toys/{TOY}").headers["ETag"]
    unchanged = world.send("GET", f"/v1/toys/{TOY}", headers={"If-None-Match": etag})
    assert (unchanged.status_code, unchanged.data, unchanged.headers["ETag"]) == (304, b"", etag)
    world.send("PATCH", f"/v1/toys/{TOY}", json={"name": "bear"}, headers={"If-Match": etag})
    assert world.last()[0] == {"toy_id": TOY, "name": "bear", "expected_version": 3}
    world.send("PATCH", f"/v1/toys/{TOY}", json={"name": "bear"}, headers={"If-Match": "*"})
    assert "expected_version" not in world.last()[0]
    bad = world.send("PATCH", f"/v1/toys/{TOY}", json={"name": "bear"}, headers={"If-Match": "3"})
    _refused(bad, 400, "malformed_request")


def test_the_etag_differs_when_the_answer_does(world: World) -> None:
    first = world.send("GET", f"/v1/toys/{TOY}").headers["ETag"]
    world.toys.handlers["get_toy"] = lambda *_: RESULT | {"name": "another for this caller"}
    assert world.send("GET", f"/v1/toys/{TOY}", headers={"If-None-Match": first}).status_code == 200


def test_a_file_arrives_as_content_and_name(world: World) -> None:
    answer = world.send("POST", f"/v1/toys/{TOY}/photos", data={"file": (io.BytesIO(b"\x89PNG"), "../../熊.png")})
    assert answer.status_code == 200
    assert world.last()[0] == {"toy_id": TOY, "filename": "熊.png", "content": "iVBORw=="}
    _refused(
        world.send("POST", f"/v1/toys/{TOY}/photos", data={"other": (io.BytesIO(b""), "x")}), 400, "malformed_request"
    )
    _refused(world.send("POST", f"/v1/toys/{TOY}/photos", json={}), 415, "unsupported_media_type")


# -- what services answer -------------------------------------------------------------------------------------


def test_a_services_problem_is_worded_for_the_caller(world: World) -> None:
    world.toys.handlers["get_toy"] = _missing
    assert "There is no such toy" in _refused(world.send("GET", f"/v1/toys/{TOY}"), 404, "not_found")["detail"]

    def closed(*_: Any) -> None:
        raise CONFLICT(reason={"en": "it is closed", "zh-CN": "已关闭"})

    world.toys.handlers["get_toy"] = closed
    answer = world.send("GET", f"/v1/toys/{TOY}", headers={"Accept-Language": "zh"})
    assert "已关闭" in _refused(answer, 409, "conflict")["detail"]


def test_a_broken_service_is_an_internal_error_without_its_insides(world: World) -> None:
    world.toys.handlers["get_toy"] = lambda *_: {}["secret"]
    answer = world.send("GET", f"/v1/toys/{TOY}")
    assert "secret" not in answer.get_data(as_text=True)
    assert answer.headers["X-Request-Id"] in _refused(answer, 500, "internal_error")["detail"]


def test_a_silent_service_is_not_waited_for_beyond_the_deadline(world: World) -> None:
    world.toys.handlers["get_toy"] = _hang
    answer = world.send("GET", f"/v1/toys/{TOY}")
    _refused(answer, 504, "deadline_exceeded")
    assert answer.headers["Retry-After"] == "1"


@pytest.mark.clause("PL-15")
def test_beyond_the_tenants_rate_one_waits(world: World) -> None:
    world.credentials.add("key-of-slow", rate="3/minute")
    for left in (2, 1, 0):
        answer = world.send("GET", "/v1/toys", "key-of-slow")
        assert answer.status_code == 200
        assert answer.headers["RateLimit-Policy"] == '"tenant";q=3;w=60'
        assert answer.headers["RateLimit"].startswith(f'"tenant";r={left};t=')
    answer = world.send("GET", "/v1/toys", "key-of-slow")
    _refused(answer, 429, "rate_limited")
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert world.send("GET", "/v1/toys").status_code == 200


def test_a_file_comes_as_its_bytes_and_does_nothing_in_a_browser(world: World) -> None:
    page = b"<script>alert(1)</script>"
    file = {"filename": '\u6295\u8bc9 "1"\r\nX: y/\u8868.html', "media_type": "text/html"}
    world.toys.handlers["picture_toy"] = lambda *_: {**file, "content": b64encode(page).decode()}
    answer = world.send("GET", f"/v1/toys/{TOY}/picture")
    assert (answer.status_code, answer.data, answer.content_type) == (200, page, "text/html")
    assert answer.headers["Content-Disposition"] == (
        "attachment; filename=\"_1_X_ y.html\"; filename*=UTF-8''%E6%8A%95%E8%AF%89%20%221%22X%3A%20y%E8%A1%A8.html"
    )
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers.getlist("X-Content-Type-Options") == ["nosniff"]
    assert answer.headers["Cache-Control"] == "private, no-store"
    again = world.send("GET", f"/v1/toys/{TOY}/picture", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize(
    ("name", "plain"),
    [("表.pdf", "pdf"), ("..", "file"), ("a\x00b/../c.pdf", "ab..c.pdf"), ("café.txt", "cafe.txt")],
)
def test_a_files_name_stays_a_name(name: str, plain: str) -> None:
    assert f'filename="{plain}";' in disposition(name)


# -- what is served without a service -------------------------------------------------------------------------


def _paths(world: World, key: str | None) -> set[str]:
    answer = world.send("GET", "/v1/openapi.json", key) if key else world.client.get("/v1/openapi.json")
    assert answer.status_code == 200
    return set(answer.get_json()["paths"])


@pytest.mark.clause("NX-6")
def test_the_openapi_document_shrinks_with_the_credential(world: World) -> None:
    whole = _paths(world, None)
    assert {"/v1/toys", "/v1/all-toys", "/v1/tenants", "/v1/sessions", "/v1/staff"} <= whole
    assert _paths(world, "key-of-north") == whole - {p for p in whole if p.startswith("/v1/tenants")} - {"/v1/all-toys"}
    south = _paths(world, "key-of-south")
    assert "/v1/staff" in south
    assert not any("toys" in path for path in south)
    assert "/v1/all-toys" in _paths(world, "key-of-operator")
    schemas = world.send("GET", "/v1/openapi.json", "key-of-south").get_json()["components"]["schemas"]
    assert {"ToyBody", "ToyReplyPage"}.isdisjoint(schemas)


@pytest.mark.clause("PL-12", "UX-14")
def test_the_openapi_document_has_the_events_for_webhooks(world: World) -> None:
    document = world.client.get("/v1/openapi.json").get_json()
    left = document["webhooks"]["staff.left"]["post"]
    assert "staff.changed" not in document["webhooks"]
    envelope, own = left["requestBody"]["content"]["application/json"]["schema"]["allOf"]
    payload = own["properties"]["data"]["$ref"].rpartition("/")[2]
    assert "left_at" in document["components"]["schemas"][payload]["properties"]
    assert envelope["$ref"].rpartition("/")[2] in document["components"]["schemas"]
    shrunk = world.send("GET", "/v1/openapi.json", "key-of-south").get_json()
    assert payload in shrunk["components"]["schemas"]
    assert shrunk["webhooks"].keys() == document["webhooks"].keys()  # the toys tell nothing


def test_what_makes_a_thing_links_to_what_can_be_done_with_it(world: World) -> None:
    document = world.send("GET", "/v1/openapi.json").get_json()
    links = document["paths"]["/v1/toys"]["post"]["responses"]["201"]["links"]
    assert links["toys_get_toy"] == {"operationId": "toys_get_toy", "parameters": {"toy_id": "$response.body#/id"}}
    entries = [entry for item in document["paths"].values() for entry in item.values()]
    assert set(links) <= {entry["operationId"] for entry in entries if "operationId" in entry}


def test_the_docs_load_nothing_from_elsewhere(world: World) -> None:
    page = world.client.get("/v1/docs")
    assert page.status_code == 200
    assert "'self'" in page.headers["Content-Security-Policy"]
    assert "http" not in page.get_data(as_text=True).replace("http-equiv", "")
    for asset in ("swagger-ui.css", "swagger-ui-bundle.js", "start.js"):
        assert world.client.get(f"/v1/docs/{asset}", buffered=True).status_code == 200
    _refused(world.client.get("/v1/docs/../app.py"), 404, "unknown_route")


def test_each_problem_has_its_page(world: World) -> None:
    assert "stale_version" in world.client.get("/v1/problems").get_data(as_text=True)
    page = world.client.get("/v1/problems/stale_version").get_data(as_text=True)
    assert "412" in page
    assert "重新读取" in page
    _refused(world.client.get("/v1/problems/none"), 404, "unknown_route")


def test_metrics_count_by_route_not_by_path(world: World) -> None:
    world.send("GET", f"/v1/toys/{TOY}")
    world.client.get("/somewhere/else")
    text = world.client.get("/metrics").get_data(as_text=True)
    assert 'kefu_http_requests_total{method="GET",route="/v1/toys/<toy_id>",status="200"}' in text
    assert 'route="unknown",status="404"' in text
    assert "somewhere" not in text


def test_answers_carry_security_headers_and_no_cors(world: World) -> None:
    answer = world.send("GET", "/v1/toys", headers={"Origin": "https://elsewhere.example"})
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert not any(name.startswith("Access-Control") for name in answer.headers.keys())  # noqa: SIM118
