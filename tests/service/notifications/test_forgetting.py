"""What people were told of a destroyed file goes, and partners hear that they should forget it too (SPEC DC-6)."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from sqlalchemy import func, select

from chassis import clock
from chassis.delivery import Delivery as EventDelivery
from chassis.delivery import Received
from chassis.ids import new_id
from chassis.tables import EventRetry
from contracts import complaints
from contracts import notifications as contract
from contracts.core import Event
from services.notifications.models import Attempt, Delivery, Message, Notice, WebhookDelivery
from tests.platform.looking import words_in
from tests.service.notifications.bench import Company
from tests.service.notifications.test_messages import NOON

WORDS, PHONE = "金丝雀在唱歌", "13777770001"
CASE, OTHER = uuid4(), uuid4()
TYPES = [complaints.COMPLAINT_OPENED.type, complaints.LEVEL_CHANGED.type, complaints.COMPLAINT_ERASED.type]


def publish(company: Company, event: Event, method: str, case: UUID, **data: Any) -> str:
    """An event of that case, with its envelope, to one of the service's doors; what became of it."""
    envelope = {
        "id": str(new_id()), "type": event.type, "version": 1, "tenant_id": str(company.tenant_id),
        "aggregate_id": str(case), "occurred_at": clock.now().isoformat(),
        "data": {"complaint_id": str(case), "number": f"TS-{case.hex[:4]}", **data},
    }  # fmt: skip
    delivery = EventDelivery(company.place, f"notifications.{method}", Received.parse(orjson.dumps(envelope)))
    return company.redeliver(delivery, method).outcome


def tell(company: Company, case: UUID) -> None:
    """Somebody of the company and the complainant hear of the case."""
    people = [
        {"kind": "staff", "staff_id": str(company.manager)}, {"kind": "person", "address": {"phone": PHONE}},
    ]  # fmt: skip
    message = {
        "key": "complaint.assigned", "urgent": False, "recipients": people, "variables": {"content": WORDS},
        "subject": {"kind": "complaint", "id": str(case), "number": WORDS},  # the plain wording says it
    }  # fmt: skip
    company.event(complaints.MESSAGE_REQUESTED, message, "complaint_message_requested")


@pytest.fixture
def told(company: Company) -> Company:
    company.settings(services=["complaints", "customers", "notifications"])
    company.manager = company.staff()  # type: ignore[attr-defined]
    company.channel("sms")
    company.call(contract.CREATE_WEBHOOK, url="http://127.0.0.1:9/hook", event_types=TYPES)
    with clock.freeze(NOON):  # at night nobody is told anything
        for case in (CASE, OTHER):
            tell(company, case)
            publish(company, complaints.LEVEL_CHANGED, "tell_partners", case, reason=WORDS)
        company.send_due()
    return company


def count(company: Company, model: Any) -> int:
    with company.begin() as tx:
        return tx.session.scalar(select(func.count()).select_from(model)) or 0


def erase(company: Company) -> str:
    return publish(company, complaints.COMPLAINT_ERASED, "complaint_erased", CASE, paper="DA2026-00001")


def test_nothing_of_the_case_is_left_and_others_stay(told: Company) -> None:
    models = (Message, Notice, Delivery, Attempt)
    assert [count(told, model) for model in models] == [2, 2, 2, 2]
    assert erase(told) == "applied"
    assert [count(told, model) for model in models] == [1, 1, 1, 1]
    with told.begin() as tx:
        assert list(tx.session.scalars(select(Message.subject_id))) == [OTHER]
        sent = tx.session.execute(select(WebhookDelivery.aggregate_id, WebhookDelivery.event_type))
        assert {tuple(one) for one in sent} == {(OTHER, TYPES[1]), (CASE, TYPES[2])}
    (listed,) = told.call(contract.LIST_DELIVERIES)["items"]
    assert listed["subject"]["id"] == str(OTHER)


def test_not_a_word_of_it(told: Company) -> None:
    with told.begin() as tx:
        tx.session.add(_dead_letter(CASE))
    publish(told, complaints.COMPLAINT_ERASED, "complaint_erased", OTHER, paper="DA2026-00002")
    assert places(told) == {"messages", "notices", "deliveries", "webhook_deliveries", "event_retries"}
    erase(told)
    assert places(told) == set()


def places(company: Company) -> set[str]:
    """Tables with the words; the outbox is emptied by the relay."""
    return set(words_in(company.work.database, company.tenant_id, [WORDS])) - {"outbox"}


def _dead_letter(case: UUID) -> EventRetry:
    """An event about the case that nobody could apply."""
    now = clock.now()
    return EventRetry(
        id=new_id(), handler="notifications.tell_partners", message_id=new_id(), aggregate_id=case, state="dead",
        type="complaint.moved", body=orjson.dumps({"data": {"complaint_id": case, "note": WORDS}}).decode(),
        next_at=now, created_at=now,
    )  # fmt: skip


def test_a_message_on_its_way_when_the_case_is_erased_leaves_no_trace(told: Company) -> None:
    """Its provider has it; the answer finds nothing to be recorded on."""
    tell(told, CASE)
    with told.begin() as tx:
        for delivery in tx.session.scalars(select(Delivery)):
            delivery.state = "sending"
    erase(told)
    told.send_due()
    assert {one["subject"]["id"] for one in told.call(contract.LIST_DELIVERIES)["items"]} == {str(OTHER)}
