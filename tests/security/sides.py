"""Two companies with the same of everything, so that whatever shows up on the wrong side can only have leaked.

Every text one side writes holds its `word`, which nobody else has; `ids` has one record of every kind by the name of
the path parameter that means it. Names that companies choose themselves (codes, user names, references) are the same
on both sides on purpose.
"""

from __future__ import annotations

import base64
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx

from kefu.waiting import wait_until
from tests.clauses.driver import PASSWORD, SECONDS, Company, Json, Person, SignedIn
from tests.platform.running import Platform

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
TEMPLATE = {"key": "complaint.acknowledged", "language": "zh-CN", "channel": "sms"}
SERVICES = ["customers", "complaints", "notifications"]


@dataclass(eq=False)
class Side:
    """One company, full of data."""

    company: Company
    boss: Person
    """A staff member who may do everything, everywhere in the company."""
    store_clerk: Person
    """One who may do everything, in the store `s02` only; the records belong to the store `s01`."""
    word: str
    phone: str
    plate: str
    ids: dict[str, str]
    link: str = ""
    """Token of the link by which the complainant follows the case."""

    @property
    def id(self) -> str:
        return self.company.id

    @property
    def admin(self) -> Person:
        return self.company.admin

    def shows_in(self, text: str) -> str:
        """What of this side's `text` shows: its word, an id, a phone number; empty when it shows nothing."""
        secrets = (self.word, self.phone, self.plate, *self.ids.values())
        return next((secret for secret in secrets if secret.lower() in text.lower()), "")


def furnish(platform: Platform, stack: ExitStack, pack: str = "dealership", **more: Any) -> Side:
    """A company with one record of each kind, told to all services."""
    company = Company.found(platform, stack, pack, services=SERVICES, rate="1000000/minute", **more)
    serial = uuid4().hex
    side = Side(
        company=company, boss=company.admin, store_clerk=company.admin, word=f"zw{serial[:12]}",
        phone=f"139{int(serial[:8], 16) % 10**8:08d}", plate=f"京A{serial[12:17].upper()}", ids={},
    )  # fmt: skip
    _people(side, stack)
    _policy(side)
    _customers(side)
    _complaint(side)
    _messages(side)
    _webhook(side)
    wait_until(lambda: _is_told(side), limit=SECONDS, what="all services know the company")
    return side


def strangers_ids(side: Side) -> dict[str, str]:
    """Ids of the same kinds that nobody has."""
    return {name: str(uuid4()) for name in side.ids}


def _people(side: Side, stack: ExitStack) -> None:
    company, ids = side.company, side.ids
    ids["tenant_id"], ids["org_unit_id"] = company.id, company.store
    second = company.open_unit("s02", name=side.word)
    labels = {"zh-CN": side.word, "en": side.word}
    role = side.admin.post("/v1/roles", name="everything", labels=labels, permissions=["*"])
    ids["role_id"] = side.admin.post("/v1/roles", name="idle", labels=labels, permissions=["customers.read"])["id"]
    side.boss = _staff(side, stack, "boss", role["name"], None)
    side.store_clerk = _staff(side, stack, "clerk", role["name"], [second])
    ids["staff_id"] = _staff(side, stack, "worker", "idle", [company.store]).id
    ids["session_id"] = side.boss.get("/v1/me/sessions")["items"][0]["id"]
    key = {"name": side.word, "permissions": ["customers.read"]}
    ids["key_id"] = side.admin.post("/v1/api-keys", **key)["id"]


def _staff(side: Side, stack: ExitStack, username: str, role: str, units: list[str] | None) -> Person:
    person = {"username": username, "name": f"{username} {side.word}", "roles": [role], "org_unit_ids": units}
    made = side.admin.post("/v1/staff", **person, password=PASSWORD)
    auth = SignedIn(side.company.code, username)
    client = httpx.Client(base_url=side.company.platform.base_url, auth=auth, timeout=30, trust_env=False)
    return Person(stack.enter_context(client), made["id"], username, side.company)


def _policy(side: Side) -> None:
    draft = side.admin.post("/v1/policies/complaints/drafts", overrides={}, note=side.word)
    side.ids["draft_id"] = draft["id"]
    calendar = {"closures": [{"from": "2031-05-04", "note": side.word}]}
    side.admin.call("PUT", "/v1/calendar", json=calendar)


def _customers(side: Side) -> None:
    post, ids, store = side.admin.post, side.ids, side.company.store
    wait_until(lambda: side.admin.client.get("/v1/customers").is_success, limit=SECONDS, what="customers are open")
    person = post(
        "/v1/customers", name=side.word, phone=side.phone, email=f"{side.word}@example.com", note=side.word,
        external_ref="the-same", org_unit_id=store, assets=[{"kind": "vehicle", "plate": side.plate}],
    )  # fmt: skip
    home = [{"kind": "property_unit", "project": "华府", "building": "1", "unit": "101"}]
    household = post("/v1/customers", kind="household", name=side.word, org_unit_id=store, assets=home)
    member = post("/v1/customers", name=f"{side.word} 二", org_unit_id=store)
    post(f"/v1/customers/{household['id']}/members", member_id=member["id"], relation=side.word)
    ids["customer_id"], ids["asset_id"] = person["id"], person["assets"][0]["id"]
    ids["household_id"], ids["member_id"] = household["id"], member["id"]
    ids["contact_id"] = side.admin.get(f"/v1/customers/{person['id']}/contacts")["items"][0]["id"]
    rows = f"姓名,电话,车牌号\n{side.word} 三,坏的,京A99999\n".encode()
    query = {"kind": "customers", "mode": "dry_run"}
    file = {"file": (f"{side.word}.csv", rows)}
    ids["import_id"] = side.admin.call("POST", "/v1/imports", params=query, files=file)["id"]


def _complaint(side: Side) -> None:
    ids = side.ids
    complainant = {"name": side.word, "phone": side.phone, "vehicle_plate": side.plate}
    case = side.boss.post(
        "/v1/complaints", channel="phone", content=f"刹车异响 {side.word}", org_unit_id=side.company.store,
        complainant=complainant, category="repair_quality", external_ref="the-same",
    )  # fmt: skip
    ids["complaint_id"] = case["id"]
    path = f"/v1/complaints/{case['id']}"
    file = {"file": (f"{side.word}.png", PNG)}
    ids["attachment_id"] = side.boss.call("POST", f"{path}/attachments", files=file)["id"]
    side.boss.act(case, "urge", note=side.word)
    side.boss.act(case, "open_corrective_action", problem=side.word, department="service")
    ids["filter_id"] = side.boss.post("/v1/complaint-filters", name=side.word, query={"q": side.word})["id"]
    ids["paper_id"] = str(uuid4())  # of a closing; tests/service/complaints/test_papers.py has another company's
    wording = {"key": "ours", "labels": {"zh-CN": side.word}, "texts": {"zh-CN": f"{side.word} {{number}}"}}
    ids["reply_template_id"] = side.boss.post("/v1/reply-templates", **wording)["id"]
    note = {"action": "add_note", "fields": {"note": side.word}, "complaint_ids": [case["id"]]}
    ids["bulk_id"] = side.boss.post("/v1/complaint-bulk", **note)["id"]
    sheets = side.boss.get("/v1/sheets", complaint_id=case["id"])["items"]
    ids["sheet_id"] = sheets[0]["id"]
    ids["export_id"] = side.boss.post("/v1/exports", list="complaints")["id"]
    ids["report_id"] = side.boss.post("/v1/reports", report="monthly", period="2025-01")["id"]
    side.link = side.boss.post(f"{path}/status-link")["token"]
    with side.company.platform.client(side.link) as caller:
        sent = caller.post("/v1/status/files", files={"file": (f"{side.word}.png", PNG)})
        ids["file_id"] = sent.raise_for_status().json()["id"]
        words = {"text": side.word, "files": [ids["file_id"]]}
        caller.post("/v1/status/messages", json=words).raise_for_status()


def _messages(side: Side) -> None:
    admin, ids = side.admin, side.ids
    admin.call("PUT", "/v1/templates/{key}/{language}/{channel}".format(**TEMPLATE), json={"body": side.word})
    smtp = {"host": f"{side.word}.example.com", "sender": f"{side.word}@example.com", "password": "secret"}
    admin.call("PUT", "/v1/channels/email", json={"provider": "smtp", "enabled": False, "smtp": smtp})
    ids["opt_out_id"] = admin.post("/v1/opt-outs", channel="sms", address="13700137000", reason=side.word)["id"]
    person = {"kind": "person", "address": {"phone": side.phone}}
    recipients: list[Json] = [{"kind": "staff", "staff_id": side.boss.id}, person]
    wait_until(lambda: _send(side, recipients), limit=SECONDS, what="notifications knows the staff")
    delivery = admin.get("/v1/deliveries", limit=100)["items"]
    ids["delivery_id"] = next(d["id"] for d in delivery if d["message_id"] == ids["message_id"])
    notices = side.boss.get("/v1/notifications", limit=100)["items"]
    ids["notification_id"] = next(n["id"] for n in notices if n["key"] == "system.channel_test")


def _webhook(side: Side) -> None:
    """One with a delivery, and disabled: nothing changes by itself while the tests compare."""
    path = "/v1/webhooks"
    body = {
        "url": f"https://{side.word}.example.com/hook",
        "event_types": ["import.finished"],
        "description": side.word,
    }
    side.ids["webhook_id"] = side.boss.post(path, **body)["id"]
    one = f"{path}/{side.ids['webhook_id']}"
    test = side.boss.post(f"{one}/test")
    side.ids["webhook_delivery_id"] = test["id"]
    wait_until(
        lambda: _is_over(side, f"{one}/deliveries/{test['id']}"), limit=SECONDS, what="the test event has failed"
    )
    side.boss.post(f"{one}/disable")


def _is_over(side: Side, path: str) -> bool:
    return bool(side.boss.get(path)["state"] == "failed")


def _send(side: Side, recipients: list[Json]) -> bool:
    about = {"org_unit_id": side.company.store, "variables": {"company": side.word}}
    body = {"key": "system.channel_test", "recipients": recipients, **about}
    sent = side.admin.client.post("/v1/messages", json=body | {"dedupe_key": "the-same"})
    if sent.is_success:
        side.ids["message_id"] = sent.json()["id"]
    return sent.is_success


def _is_told(side: Side) -> bool:
    """The complaint has found its customer, and the customer's timeline the complaint."""
    if side.boss.get(f"/v1/imports/{side.ids['import_id']}")["state"] != "done":
        return False
    if side.boss.get(f"/v1/exports/{side.ids['export_id']}")["state"] != "done":
        return False
    if side.boss.get(f"/v1/complaint-bulk/{side.ids['bulk_id']}")["state"] != "done":
        return False
    timeline = side.boss.get(f"/v1/customers/{side.ids['customer_id']}/timeline")["items"]
    return {"complaint.opened", "complaint.sheet_opened"} <= {entry["event"] for entry in timeline}
