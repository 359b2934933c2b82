"""SPEC PL-3: inside one company, who acts in one store neither sees nor works what belongs to another store."""

from __future__ import annotations

import httpx
import pytest

from contracts.core import Operation
from tests.clauses.driver import month_of
from tests.security.calls import TENANT_OPERATIONS, id_parameters, request, send
from tests.security.conftest import Sides
from tests.security.sides import Side

pytestmark = [pytest.mark.clause("PL-3", "NX-16"), pytest.mark.timeout(300)]

OF_A_STORE = {
    "customer_id", "complaint_id", "import_id", "export_id", "report_id", "filter_id", "bulk_id", "message_id",
    "delivery_id",
}  # fmt: skip
"""Records that belong to a store, to who made them in one, or to all stores together, with all below them: for other
stores' staff no different from what is not there."""
MANAGED = {"org_unit_id", "staff_id", "key_id"}
"""What others may read about, but change only within their own org units."""
OF_THE_COMPANY = {
    "role_id": "roles are the company's; only who acts in all of it changes them",
    "draft_id": "as roles",
    "reply_template_id": "wordings are the company's; only who acts in all of it changes them",
    "opt_out_id": "an address is the company's, not a store's",
    "webhook_id": "a webhook gets the events of all stores; only who acts in all of them changes one",
    "notification_id": "each person's own inbox",
    "session_id": "each person's own",
}
"""Records without a store: the permission alone opens them."""


def _about(parameters: set[str]) -> list[Operation]:
    return [op for op in TENANT_OPERATIONS if parameters & set(id_parameters(op)[:1])]


def test_every_kind_of_record_is_placed() -> None:
    first = {id_parameters(op)[0] for op in TENANT_OPERATIONS if id_parameters(op)}
    assert first == OF_A_STORE | MANAGED | OF_THE_COMPANY.keys()


@pytest.fixture(scope="module")
def side(sides: Sides) -> Side:
    """The company whose records belong to the store s01; its `store_clerk` may do everything in s02."""
    return sides.ours


@pytest.mark.parametrize("operation", _about(OF_A_STORE), ids=lambda operation: operation.routing_key)
def test_another_stores_records_are_closed(side: Side, operation: Operation) -> None:
    answer = send(side.store_clerk.client, operation, side.ids, request(operation, side.ids))
    assert _refusal(answer) == (404, "not_found")
    assert not side.shows_in(answer.text.replace(answer.json()["request_id"], ""))


@pytest.mark.parametrize("operation", _about(MANAGED), ids=lambda operation: operation.routing_key)
def test_another_stores_people_and_keys_are_not_changed(side: Side, operation: Operation) -> None:
    answer = send(side.store_clerk.client, operation, side.ids, request(operation, side.ids))
    if operation.verb == "GET":
        assert answer.is_success
    else:
        assert _refusal(answer) == (403, "org_unit_out_of_scope")


def test_lists_hold_nothing_of_another_store(side: Side) -> None:
    clerk = side.store_clerk
    hidden = [side.ids[name] for name in ("customer_id", "household_id", "member_id", "complaint_id", "sheet_id")]
    hidden.append(side.ids["import_id"])
    paths = ("customers", "complaints", "sheets", "urging-notices", "corrective-actions", "imports")
    for path in (f"/v1/{name}" for name in paths):
        for query in ({}, {"q": side.word}, {"phone": side.phone}, {"complaint_id": side.ids["complaint_id"]}):
            answer = clerk.client.get(path, params={"limit": 100, **query})
            assert not [i for i in hidden if i in answer.text], (path, query)
    report = clerk.get("/v1/reports/complaints-monthly", month=_month(side))
    assert report["figures"]["received"] == 0
    of_the_store = {"month": _month(side), "org_unit_id": side.ids["org_unit_id"]}
    refused = clerk.client.get("/v1/reports/complaints-monthly", params=of_the_store)
    assert _refusal(refused) == (403, "org_unit_out_of_scope")


def test_a_case_that_moves_to_another_store_takes_its_sheets_along(side: Side) -> None:
    case = side.boss.register(org_unit_id=side.company.store, category="repair_quality")
    side.boss.act(case, "urge", note="请尽快")
    assert side.store_clerk.get("/v1/sheets", complaint_id=case["id"])["items"] == []
    second = side.store_clerk.get("/v1/me")["org_unit_ids"][0]
    side.boss.call("PATCH", f"/v1/complaints/{case['id']}", json={"org_unit_id": second})
    assert len(side.store_clerk.get("/v1/sheets", complaint_id=case["id"])["items"]) == 1
    first = side.company.hire(f"keeper-{case['number'].lower()}", "everything", unit=side.company.store)
    assert first.get("/v1/sheets", complaint_id=case["id"])["items"] == []


def test_nothing_is_put_into_another_store(side: Side) -> None:
    store = side.company.store
    tried = {
        "/v1/customers": {"name": "郑十", "org_unit_id": store},
        "/v1/complaints": side.company.intake(org_unit_id=store),
        "/v1/org-units": {"code": "s01-x", "name": "x", "kind": "store", "parent_id": store},
        "/v1/staff": {"username": "intruder", "name": "x", "org_unit_ids": [store]},
        "/v1/api-keys": {"name": "x", "permissions": ["customers.read"], "org_unit_ids": [store]},
    }
    for path, body in tried.items():
        refused = side.store_clerk.client.post(path, json=body)
        assert _refusal(refused) == (403, "org_unit_out_of_scope"), path


def _refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"] if answer.content else ""


def _month(side: Side) -> str:
    return month_of(side.boss.get(f"/v1/complaints/{side.ids['complaint_id']}")["received_at"])
