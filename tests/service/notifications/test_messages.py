"""Asking for messages: who is told, over what, in which words."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from chassis import clock
from chassis.ids import new_id
from contracts import complaints
from contracts import notifications as contract
from tests.service.notifications.bench import Company

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)  # 12:00 in Shanghai
NIGHT = datetime(2026, 11, 22, 14, tzinfo=UTC)  # 22:00
PERSON = {"kind": "person", "address": {"phone": "13800138000"}}
TEMPLATES = {
    "case.major": {
        "variables": {"number": "text", "due": "moment", "level": "label"},
        "texts": {
            "zh-CN": {"default": {"title": "重大投诉 {number}", "body": "{level}投诉 {number} 请于 {due} 前处理。"}},
            "en": {"default": {"title": "Major {number}", "body": "{level} case {number}, due {due}."}},
        },
    }
}


def request(**changes: Any) -> dict[str, Any]:
    return {
        "key": "case.major", "recipients": [PERSON],
        "variables": {"number": "TS-1", "due": "2026-11-22T06:00:00Z", "level": {"zh-CN": "重大", "en": "major"}},
        "subject": {"kind": "complaint", "id": str(new_id()), "number": "TS-1"},
    } | changes  # fmt: skip


def lines(folder: Path, company: Company) -> list[dict[str, Any]]:
    file = folder / f"{company.tenant_id}.jsonl"
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] if file.exists() else []


def deliveries(company: Company, **filters: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = company.call(contract.LIST_DELIVERIES, **filters)["items"]
    return found


def inbox(company: Company, staff_id: UUID, **query: Any) -> dict[str, Any]:
    page: dict[str, Any] = company.call(contract.LIST_NOTIFICATIONS, as_staff=staff_id, **query)
    return page


@pytest.mark.clause("NT-1")
@pytest.mark.clause("NT-2")
def test_an_event_tells_the_units_role_holders_at_once_each_in_their_language(company: Company) -> None:
    company.policy(templates=TEMPLATES)
    site, other = company.unit(), company.unit()
    here, english = company.staff(unit=site), company.staff(unit=site, locale="en")
    elsewhere, gone = company.staff(unit=other), company.staff(unit=site, active=False)
    to = [{"kind": "role", "role": "manager", "org_unit_id": str(site)}, {"kind": "staff", "staff_id": str(here)}]
    company.event(complaints.MESSAGE_REQUESTED, request(recipients=to), "complaint_message_requested")
    page = inbox(company, here)
    assert page["unread_count"] == 1
    (notice,) = page["items"]
    assert notice["title"] == "重大投诉 TS-1"
    assert notice["body"] == "重大投诉 TS-1 请于 2026年11月22日 14:00 前处理。"
    assert notice["subject"]["number"] == "TS-1"
    assert inbox(company, english)["items"][0]["body"] == "major case TS-1, due 22 Nov 2026 14:00."
    assert inbox(company, elsewhere)["items"] == inbox(company, gone)["items"] == []


def test_where_the_unit_has_no_holder_the_nearest_above_is_told(company: Company) -> None:
    root = company.unit()
    boss = company.staff(unit=root)
    to = [{"kind": "role", "role": "manager", "org_unit_id": str(company.unit(root))}]
    company.event(complaints.MESSAGE_REQUESTED, request(recipients=to), "complaint_message_requested")
    assert inbox(company, boss)["unread_count"] == 1


@pytest.mark.clause("NT-4")
def test_the_same_event_again_tells_nobody_twice(company: Company) -> None:
    company.channel("sms")
    done = company.event(complaints.MESSAGE_REQUESTED, request(), "complaint_message_requested")
    again = company.redeliver(done, "complaint_message_requested")
    assert again.outcome == "duplicate"
    assert len(deliveries(company)) == 1


def test_one_message_per_dedupe_key(company: Company) -> None:
    first = company.call(contract.SEND_MESSAGE, **request(dedupe_key="birthday-7-2026"))
    second = company.call(contract.SEND_MESSAGE, **request(dedupe_key="birthday-7-2026"))
    assert first["id"] == second["id"]
    assert len(deliveries(company)) == 1


def test_an_unknown_key_still_goes_out(company: Company, outbox_folder: Path) -> None:
    company.channel("sms")
    company.call(contract.SEND_MESSAGE, **request(key="nobody.worded_it", urgent=True))
    company.send_due()
    (line,) = lines(outbox_folder, company)
    assert line["to"] == "+8613800138000"
    assert "nobody.worded_it" in line["body"]
    assert "TS-1" in line["body"]


def test_a_staff_member_not_known_yet_is_asked_for_again(company: Company) -> None:
    to = [{"kind": "staff", "staff_id": str(new_id())}]
    problem = company.refused(contract.SEND_MESSAGE, **request(recipients=to))
    assert problem.code == "not_found"


@pytest.mark.clause("NT-1")
def test_a_person_is_reached_by_their_own_channel_first(company: Company, outbox_folder: Path) -> None:
    company.channel("sms")
    company.channel("email")
    both = {"phone": "13800138000", "email": "li@example.com"}
    to = [{"kind": "person", "address": both}, {"kind": "person", "address": both, "channel": "email"}]
    company.call(contract.SEND_MESSAGE, **request(recipients=to, urgent=True))
    company.send_due()
    assert {line["channel"] for line in lines(outbox_folder, company)} == {"sms", "email"}


def test_a_staff_member_gets_an_urgent_message_outside_too(company: Company, outbox_folder: Path) -> None:
    company.channel("sms")
    to = [{"kind": "staff", "staff_id": str(company.staff(phone="13900139000"))}]
    with clock.freeze(NIGHT):
        company.call(contract.SEND_MESSAGE, **request(recipients=to))
        assert deliveries(company) == []
        company.call(contract.SEND_MESSAGE, **request(recipients=to, urgent=True))
        company.send_due()
    assert [line["to"] for line in lines(outbox_folder, company)] == ["+8613900139000"]


def test_a_customer_who_cannot_be_told_is_shown(company: Company) -> None:
    to = [PERSON, {"kind": "person", "address": {"phone": "not a number"}}]
    company.call(contract.SEND_MESSAGE, **request(recipients=to))
    shown = {(d["state"], d["reason"]) for d in deliveries(company)}
    assert shown == {("parked", "no_channel"), ("suppressed", "no_address")}


@pytest.mark.clause("NT-6")
def test_a_scheduled_message_waits_and_a_withdrawn_one_never_leaves(company: Company, outbox_folder: Path) -> None:
    company.channel("sms")
    reader = company.staff()
    card = {"kind": "card", "id": str(new_id()), "number": "VIP-1"}
    to = [PERSON, {"kind": "staff", "staff_id": str(reader)}]
    with clock.freeze(NOON):
        later = (NOON + timedelta(hours=1)).isoformat()
        company.call(contract.SEND_MESSAGE, **request(recipients=to, not_before=later))
        company.call(contract.SEND_MESSAGE, **request(recipients=to, not_before=later, subject=card))
        company.send_due()
        assert lines(outbox_folder, company) == []
        assert inbox(company, reader)["items"] == []
        company.event(
            complaints.MESSAGE_WITHDRAWN, {"dedupe_key": None, "subject_id": card["id"]}, "complaint_message_withdrawn"
        )
    with clock.freeze(NOON + timedelta(hours=1)):
        company.send_due()
        assert len(lines(outbox_folder, company)) == 1
        assert inbox(company, reader)["unread_count"] == 1
    assert {(d["subject"]["kind"], d["state"]) for d in deliveries(company)} == {
        ("complaint", "sent"),
        ("card", "cancelled"),
    }


def test_a_message_can_be_withdrawn_by_its_id(company: Company) -> None:
    sent = company.call(contract.SEND_MESSAGE, **request(recipients=[PERSON] * 3))
    assert company.call(contract.WITHDRAW_MESSAGE, message_id=sent["id"]) == {"cancelled": 3}
    assert company.call(contract.WITHDRAW_MESSAGE, message_id=sent["id"]) == {"cancelled": 0}


def test_bad_requests_name_the_field(company: Company) -> None:
    problem = company.refused(
        contract.SEND_MESSAGE,
        **request(
            recipients=[{"kind": "role"}, {"kind": "person", "address": {"fax": "1"}}], variables={"x": [1]}, oops=1
        ),
    )
    fields = {error["field"] for error in problem.errors}
    assert {"recipients.0.role", "recipients.1.address.fax", "oops"} <= fields
    assert any(field.startswith("variables.x") for field in fields)


def test_the_inbox_is_its_readers_own(company: Company, new_company: Callable[..., Company]) -> None:
    reader, other = company.staff(), company.staff()
    company.call(contract.SEND_MESSAGE, **request(recipients=[{"kind": "staff", "staff_id": str(reader)}] * 2))
    company.call(contract.SEND_MESSAGE, **request(recipients=[{"kind": "staff", "staff_id": str(reader)}]))
    page = inbox(company, reader, limit=1)
    assert page["unread_count"] == 2
    assert len(inbox(company, reader, limit=1, cursor=page["next_cursor"])["items"]) == 1
    notice = page["items"][0]["id"]
    assert company.refused(contract.READ_NOTIFICATION, as_staff=other, notification_id=notice).code == "not_found"
    stranger = new_company()
    assert stranger.refused(contract.READ_NOTIFICATION, as_staff=reader, notification_id=notice).code == "not_found"
    read = company.call(contract.READ_NOTIFICATION, as_staff=reader, notification_id=notice)
    assert read["read_at"] is not None
    assert company.call(contract.READ_NOTIFICATION, as_staff=reader, notification_id=notice) == read
    assert [n["id"] for n in inbox(company, reader, unread=False)["items"]] == [notice]
    assert company.call(contract.READ_ALL, as_staff=reader) == {"read": 1}
    assert inbox(company, reader, unread=True)["items"] == []
    assert company.refused(contract.LIST_NOTIFICATIONS).code == "staff_only"
