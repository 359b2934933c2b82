"""Customers through the whole platform, as a partner sees them: REST only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from click.testing import CliRunner

from kefu.commands.import_ import command as import_command
from kefu.waiting import wait_until
from tests.platform.running import Platform

GOOD = "姓名,电话,车牌号\n王小芳,13812345678,粤B12345\n欧阳娜,13900001111,粤B99999\n"
BAD = GOOD + "韩梅梅,12ab,粤B88888\n"


@pytest.fixture
def key(platform: Platform) -> str:
    """The administrator's key of a new dealership."""
    return new_company(platform)


@pytest.fixture
def client(platform: Platform, key: str) -> Iterator[httpx.Client]:
    with platform.client(key) as client:
        yield client


def new_company(platform: Platform) -> str:
    with platform.client() as operator:
        body = {"code": f"c{uuid4().hex[:10]}", "name": "宏远汽车", "packs": ["dealership"],
                "services": ["customers", "complaints", "notifications"]}  # fmt: skip
        tenant = operator.post("/v1/tenants", json=body).raise_for_status().json()
        made = operator.post(f"/v1/tenants/{tenant['id']}/admin-keys", json={"name": "test"}).raise_for_status()
    return str(made.json()["secret"])


def upload(client: httpx.Client, text: str, mode: str) -> dict[str, Any]:
    """The import after it ended."""
    taken = client.post(
        "/v1/imports", params={"kind": "customers", "mode": mode}, files={"file": ("客户.csv", text.encode("gb18030"))}
    )
    assert taken.status_code == 202, taken.text

    def read() -> dict[str, Any]:
        found: dict[str, Any] = client.get(f"/v1/imports/{taken.json()['id']}").raise_for_status().json()
        return found

    wait_until(lambda: read()["state"] in {"done", "refused"}, limit=20, what="import ended")
    return read()


@pytest.mark.clause("PL-14", "UX-9")
def test_a_file_is_tried_then_imported_and_importing_it_again_changes_nothing(client: httpx.Client) -> None:
    tried = upload(client, BAD, "dry_run")
    assert (tried["rows_bad"], tried["errors"][0]["row"], tried["errors"][0]["column"]) == (1, 4, "电话")
    assert upload(client, BAD, "all_or_nothing")["state"] == "refused"
    assert client.get("/v1/customers").json()["items"] == []
    assert upload(client, GOOD, "all_or_nothing")["rows_created"] == 2
    before = client.get("/v1/customers").json()
    assert upload(client, GOOD, "good_rows")["rows_unchanged"] == 2
    assert client.get("/v1/customers").json() == before


@pytest.mark.clause("UX-10")
def test_customers_are_found_by_two_characters_phone_and_plate(client: httpx.Client) -> None:
    upload(client, GOOD, "good_rows")
    everybody = client.get("/v1/customers", params={"limit": 1}).raise_for_status().json()
    assert client.post("/v1/customers/search", json={"limit": 1}).raise_for_status().json() == everybody
    for filters in ({"q": "小芳"}, {"phone": "5678"}, {"phone": "+86 138 1234 5678"}, {"plate": "粤b·12345"}):
        found = client.get("/v1/customers", params=filters).raise_for_status().json()["items"]
        assert [customer["name"] for customer in found] == ["王小芳"], filters
        assert client.post("/v1/customers/search", json=filters).json()["items"] == found


@pytest.mark.clause("PL-11")
def test_personal_fields_show_only_by_unmasking(client: httpx.Client) -> None:
    made = client.post("/v1/customers", json={"name": "王芳", "phone": "13812345678", "birthday": "1985-04-30"})
    assert made.status_code == 201
    path = f"/v1/customers/{made.json()['id']}"
    assert "1234" not in made.text + client.get(path).text + client.get("/v1/customers").text
    seen = client.post(f"{path}/unmask", json={"reason": "回访", "fields": ["phone"]}).raise_for_status().json()
    assert seen["values"] == {"phone": "+8613812345678"}
    unexplained = client.post(f"{path}/unmask", json={"fields": ["phone"]})
    assert (unexplained.status_code, unexplained.json()["errors"][0]["field"]) == (422, "reason")


def test_a_stale_etag_is_refused_and_a_repeated_key_answered_again(client: httpx.Client) -> None:
    once = {"Idempotency-Key": str(uuid4())}
    made = [client.post("/v1/customers", json={"name": "王芳"}, headers=once) for _ in range(2)]
    assert made[0].json() == made[1].json()
    path, etag = f"/v1/customers/{made[0].json()['id']}", made[0].headers["ETag"]
    assert client.patch(path, json={"note": "a"}, headers={"If-Match": etag}).status_code == 200
    stale = client.patch(path, json={"note": "b"}, headers={"If-Match": etag})
    assert (stale.status_code, stale.json()["code"]) == (412, "stale_version")


@pytest.mark.clause("AD-2")
def test_a_complaint_finds_the_vehicle_and_stands_on_the_timeline(client: httpx.Client) -> None:
    vehicle = {"kind": "vehicle", "plate": "粤B12345"}
    customer = client.post("/v1/customers", json={"name": "王芳", "assets": [vehicle]}).raise_for_status().json()
    complaint = {
        "channel": "phone", "content": "刹车异响", "complainant": {"name": "王芳", "vehicle_plate": "粤b·12345"},
    }  # fmt: skip
    opened = client.post("/v1/complaints", json=complaint).raise_for_status().json()

    def told() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = client.get(f"/v1/customers/{customer['id']}/timeline").json()["items"]
        return [entry for entry in found if entry["event"] == "complaint.opened"]

    wait_until(told, limit=20, what="complaint on the timeline")
    (entry,) = told()
    assert (entry["subject_id"], entry["subject_number"]) == (opened["id"], opened["number"])
    assert entry["asset_id"] == customer["assets"][0]["id"]


def test_the_import_command(platform: Platform, key: str, client: httpx.Client, tmp_path: Any) -> None:
    file = tmp_path / "customers.csv"
    file.write_text(BAD, encoding="utf-8-sig")
    options = ["--url", platform.base_url, "--key", key, str(file)]
    tried = CliRunner().invoke(import_command, options)
    assert tried.exit_code == 1
    assert "nothing stored" in tried.output
    assert "row 4  电话: is no phone number" in tried.output
    file.write_text(GOOD)
    done = CliRunner().invoke(import_command, ["--mode", "good_rows", *options])
    assert done.exit_code == 0, done.output
    assert "created 2" in done.output
    assert len(client.get("/v1/customers").json()["items"]) == 2
    refused = CliRunner().invoke(import_command, ["--url", platform.base_url, "--key", "kf_wrong", str(file)])
    assert refused.exit_code == 1
    assert "unauthenticated" in refused.output
