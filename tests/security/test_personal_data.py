"""SPEC PL-11: a canary through the main flows. A name, a phone number and an address that nobody else has are put in
wherever the platform takes them; afterwards no log, no metric and nothing an operator is shown of a dead letter holds
them.

Where they do belong: the databases of the services, the events between those, and the provider who delivers a message.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import httpx
import pika
import pytest

from contracts.registry import events
from kefu.waiting import wait_until
from tests.clauses.driver import SECONDS, Company
from tests.clauses.listening import listening
from tests.platform.running import Platform

pytestmark = [pytest.mark.clause("PL-11"), pytest.mark.timeout(240)]

NAME, PHONE, EMAIL, PLATE = "欧阳金丝雀", "13776543219", "canary-7d1@personal.example", "京ACNR77"
IDENTITY = "11010519491231002X"
WORDS = "金丝雀的家在水碓子东路"
CANARIES = (NAME, PHONE, PHONE[-8:], EMAIL, PLATE, IDENTITY, WORDS, NAME.encode().hex(), "%E9%87%91%E4%B8%9D%E9%9B%80")


@pytest.fixture(scope="module")
def company(platform: Platform) -> Iterator[Company]:
    with ExitStack() as stack:
        yield Company.found(platform, stack)


@pytest.fixture(scope="module")
def told(platform: Platform, company: Company) -> Iterator[dict[str, Any]]:
    """What every service published while the canary went through."""
    with ExitStack() as stack:
        heard = {s: stack.enter_context(listening(platform, s, company.id)) for s in ("customers", "notifications")}
        _file(company)
        _import(company)
        _complain(company)
        _send(company)
        _break_things(company)
        _bury(platform)
        yield heard


def _file(company: Company) -> None:
    admin = company.admin
    wait_until(lambda: admin.client.get("/v1/customers").is_success, limit=SECONDS, what="customers are open")
    made = admin.post(
        "/v1/customers", name=NAME, phone=PHONE, email=EMAIL, id_number=IDENTITY, note=WORDS,
        assets=[{"kind": "vehicle", "plate": PLATE}],
    )  # fmt: skip
    path = f"/v1/customers/{made['id']}"
    for query in ({"q": NAME}, {"phone": PHONE}, {"plate": PLATE}):
        assert admin.get("/v1/customers", **query)["items"]
    admin.call("PATCH", path, json={"note": f"{WORDS}。"})
    opened = admin.post(f"{path}/unmask", reason=f"{WORDS}的电话", fields=["phone"])
    assert PHONE in str(opened)
    assert admin.client.post("/v1/customers", json={"name": NAME, "phone": PHONE}).json()  # warned of


def _import(company: Company) -> None:
    rows = f"姓名,电话,车牌号\n{NAME},{PHONE},{PLATE}\n{NAME},{PHONE}0,{WORDS}\n".encode()
    query = {"kind": "customers", "mode": "good_rows"}
    file = {"file": (f"{NAME}{PHONE}.csv", rows)}
    made = company.admin.call("POST", "/v1/imports", params=query, files=file)
    path = f"/v1/imports/{made['id']}"
    wait_until(lambda: company.admin.get(path)["finished_at"], limit=SECONDS, what="the import is over")


def _complain(company: Company) -> None:
    desk = company.as_("front_desk")
    complainant = {"name": NAME, "phone": PHONE, "email": EMAIL, "vehicle_plate": PLATE}
    case = desk.register(content=WORDS, complainant=complainant, category="repair_quality")
    company.admin.act(case, "urge", note=f"{NAME} {PHONE}")
    company.admin.post(f"/v1/complaints/{case['id']}/unmask", reason=WORDS)
    company.admin.call(
        "POST", f"/v1/complaints/{case['id']}/attachments", files={"file": (f"{NAME}.txt", WORDS.encode())}
    )
    company.admin.get("/v1/complaints", q=NAME)


def _send(company: Company) -> None:
    admin = company.admin
    body = {
        "key": "system.channel_test", "variables": {"company": NAME},
        "recipients": [{"kind": "person", "address": {"phone": PHONE, "email": EMAIL}}],
    }  # fmt: skip
    wait_until(lambda: admin.client.post("/v1/messages", json=body).is_success, limit=SECONDS, what="a message leaves")
    admin.client.post("/v1/channels/sms/test", json={"to": PHONE})
    admin.post("/v1/opt-outs", channel="sms", address=PHONE, reason=WORDS)


def _break_things(company: Company) -> None:
    """Requests that are refused: what was wrong in them is not worth a line."""
    client, json = company.admin.client, {"Content-Type": "application/json"}
    bad: tuple[dict[str, Any], ...] = (
        {"name": NAME, "phone": f"{PHONE} {WORDS}"}, {"name": NAME, WORDS: 1}, {"name": [NAME]}, {"email": f"{EMAIL}@"},
    )  # fmt: skip
    for body in bad:
        assert client.post("/v1/customers", json=body).is_client_error
    broken = f'{{"name": "{NAME}", "phone": {PHONE}'.encode()
    assert client.post("/v1/customers", content=broken, headers=json).is_client_error
    assert client.get(f"/v1/customers/{NAME}").is_client_error
    assert client.get(f"/v1/{PHONE}", params={"q": NAME}).is_client_error
    assert client.get("/v1/customers", params={"cursor": NAME, "phone": WORDS}).is_client_error
    assert client.post("/v1/customers", json={"name": NAME}, headers={"Idempotency-Key": PHONE}).is_success
    session = {"tenant": NAME, "username": EMAIL, "password": PHONE}
    assert httpx.post(client.base_url.join("/v1/sessions"), json=session, trust_env=False).is_client_error


def _bury(platform: Platform) -> None:
    """Messages that end as dead letters: one that is no event, one that is not even JSON."""
    letters = (f'{{"phone": "{PHONE}", "name": "{NAME}", "text": "call {PHONE}"}}', f"{NAME} {PHONE} {WORDS}")
    before, uri = len(_letters(platform)), platform.installation.amqp_uri
    with closing(pika.BlockingConnection(pika.URLParameters(uri))) as connection:
        for letter in letters:
            connection.channel().basic_publish("", "evt-notifications", letter.encode())
    wait_until(lambda: len(_letters(platform)) == before + 2, limit=60, every=1, what="both are dead letters")


def _letters(platform: Platform) -> list[str]:
    """Ids of the dead letters there are."""
    return [line.split()[0] for line in _tool(platform, "list").splitlines() if "  notifications  " in line]


def _tool(platform: Platform, *arguments: str) -> str:
    command = [sys.executable, "-m", "kefu", "dead-letters", *arguments, "--service", "notifications"]
    given = os.environ | platform.installation.environment()
    return subprocess.run(command, env=given, capture_output=True, text=True, check=True).stdout


def _found_in(text: str) -> list[str]:
    return [canary for canary in CANARIES if canary.lower() in text.lower()]


@pytest.mark.usefixtures("told")
def test_no_log_holds_personal_data(platform: Platform) -> None:
    for name in platform.names:
        lines = [line for line in platform.logs(name).splitlines() if _found_in(line)]
        assert lines == [], name
    assert "/v1/complaints" in platform.logs("gateway")  # it does say what was asked for


@pytest.mark.usefixtures("told")
def test_no_metric_holds_personal_data(platform: Platform) -> None:
    for name in platform.names:
        assert _found_in(platform.metrics(name)) == [], name


@pytest.mark.usefixtures("told")
def test_what_is_shown_of_a_dead_letter_holds_no_personal_data(platform: Platform) -> None:
    assert _found_in(_tool(platform, "list")) == []
    for letter in _letters(platform):
        shown = _tool(platform, "show", letter)
        assert _found_in(shown) == [], shown
        assert "unreadable" in shown


def test_what_partners_may_follow_tells_nobodys_number(told: dict[str, Any]) -> None:
    """A partner is the company's own system: it gets the customer's name and vehicle, and their number masked."""
    partner = {event.type for event in events() if event.partner}
    for listener in told.values():
        listener.heard("")
        bodies = [str(event) for event in listener._heard if event["type"] in partner]
        assert bodies
        assert {PHONE, EMAIL, IDENTITY}.isdisjoint(canary for body in bodies for canary in _found_in(body))


@pytest.mark.usefixtures("told")
def test_files_left_on_disk_are_the_providers_and_attachments_only(platform: Platform) -> None:
    """The trial provider writes what it would send; a picture of the broken door is kept as it came."""
    meant = ("messages", "attachments")
    for path in Path(platform.installation.var).rglob("*"):
        if path.is_file() and not {part for part in path.parts if part in meant}:
            assert _found_in(path.read_bytes().decode(errors="replace")) == [], path
