"""Deliveries: quiet hours, caps, retries, parking, receipts, over real mail and web servers."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event
from standardwebhooks import Webhook

from chassis import clock
from chassis.ids import new_id
from chassis.work import Work
from contracts import notifications as contract
from kefu.waiting import wait_until
from services.notifications.jobs import Dispatcher
from services.notifications.providers import Accepted
from services.notifications.sending.attempts import LEASE, attempt_next, record, take
from services.notifications.sending.lines import Line, due_lines
from services.notifications.sending.pump import Pump
from tests.service.notifications.bench import SECRET, Company
from tests.service.notifications.receivers import MailServer, WebServer
from tests.service.notifications.test_messages import NIGHT, NOON, PERSON, deliveries, lines, request

MAIL = {"kind": "person", "address": {"email": "li@example.com"}}


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    with MailServer().running() as server:
        yield server


@pytest.fixture
def web_server() -> Iterator[WebServer]:
    with WebServer().running() as server:
        yield server


def by_mail(company: Company, server: MailServer, **more: Any) -> None:
    smtp = {"host": "127.0.0.1", "port": server.port, "security": "none", "sender": "客服 <kefu@example.com>"} | more
    company.channel("email", provider="smtp", smtp=smtp)


def by_web(company: Company, server: WebServer) -> None:
    company.channel("sms", provider="http", http={"url": server.url, "signing_secret": SECRET})


def one(company: Company, **filters: Any) -> dict[str, Any]:
    (listed,) = deliveries(company, **filters)
    shown: dict[str, Any] = company.call(contract.GET_DELIVERY, delivery_id=listed["id"])
    return shown


@pytest.mark.clause("NT-1")
def test_mail_leaves_by_the_tenants_server(company: Company, mail_server: MailServer) -> None:
    by_mail(company, mail_server, username="kefu", password="right")
    company.call(contract.SEND_MESSAGE, **request(recipients=[MAIL], key="system.channel_test", urgent=True))
    company.send_due()
    (mail,) = mail_server.mails
    delivery = one(company)
    assert (mail["To"], mail["Subject"]) == ("li@example.com", "测试消息")
    assert mail["From"] == "客服 <kefu@example.com>"
    assert mail["Message-ID"] == f"<{delivery['id']}@kefu>" == delivery["provider_id"]
    assert "通道测试消息" in mail.get_content()
    assert mail_server.logins == [(b"kefu", b"right")]
    assert (delivery["state"], delivery["address"]) == ("sent", "l***@example.com")
    assert delivery["body"] in mail.get_content()
    assert company.told() == ["delivery.sent"]


@pytest.mark.parametrize(
    ("answers", "refused", "state"),
    [
        (["451 later"], None, "failed"),
        (["554 no"], None, "parked"),
        ([], "550 unknown", "parked"),
        ([], "450 busy", "failed"),
    ],
)
def test_a_mail_servers_answers(
    company: Company, mail_server: MailServer, answers: list[str], refused: str | None, state: str
) -> None:
    by_mail(company, mail_server)
    mail_server.answers, mail_server.refused = list(answers), refused
    company.call(contract.SEND_MESSAGE, **request(recipients=[MAIL], urgent=True))
    company.send_due()
    delivery = one(company)
    assert delivery["state"] == state
    assert (refused or answers[0]) in delivery["reason"]


def test_a_wrong_password_parks_and_is_not_shown(company: Company, mail_server: MailServer) -> None:
    by_mail(company, mail_server, username="kefu", password="wrong-one")
    company.call(contract.SEND_MESSAGE, **request(recipients=[MAIL], urgent=True))
    company.send_due()
    shown = one(company)
    assert "535" in shown["reason"]
    assert shown["state"] == "parked"
    assert "wrong-one" not in str(shown) + str(company.call(contract.LIST_CHANNELS))


@pytest.mark.clause("NT-1")
def test_a_signed_post_carries_the_message(company: Company, web_server: WebServer) -> None:
    by_web(company, web_server)
    asked = request(urgent=True)
    company.call(contract.SEND_MESSAGE, **asked)
    company.send_due()
    (got,) = web_server.requests
    Webhook(SECRET).verify(got.body, got.headers)
    delivery = one(company)
    assert got.headers["webhook-id"] == got.json["id"] == delivery["id"]
    assert got.headers["host"] in web_server.url
    assert (got.json["to"], got.json["channel"], got.json["language"]) == ("+8613800138000", "sms", "zh-CN")
    assert got.json["subject"]["id"] == asked["subject"]["id"]
    assert (delivery["state"], delivery["provider_id"]) == ("sent", "p-1")


@pytest.mark.clause("NT-4")
def test_failures_are_tried_again_with_the_same_key_and_words_then_parked_then_sent_again(
    company: Company, web_server: WebServer
) -> None:
    company.policy(retry_after_seconds=[10, 600])
    by_web(company, web_server)
    web_server.answers = [(500, {}, b"down"), (503, {"Retry-After": "60"}, b""), (500, {}, b"still")]
    with clock.freeze(NOON):
        company.call(contract.SEND_MESSAGE, **request(urgent=True))
        company.send_due()
        company.send_due()
        assert len(web_server.requests) == 1
        assert "500 down" in one(company)["reason"]
    with clock.freeze(NOON + timedelta(seconds=10)):
        company.send_due()
        assert one(company)["due_at"] == "2026-11-22T04:10:10Z"
    with clock.freeze(NOON + timedelta(seconds=610)):
        company.send_due()
        parked = one(company, state="parked")
        assert [t["outcome"] for t in parked["tries"]] == ["failed"] * 3
        company.call(contract.RESEND_DELIVERY, delivery_id=parked["id"])
        company.send_due()
        assert one(company)["state"] == "sent"
    assert len({r.headers["webhook-id"] for r in web_server.requests}) == 1
    assert len({r.body for r in web_server.requests}) == 1
    assert len(web_server.requests) == 4
    assert company.told() == ["delivery.parked", "delivery.sent"]


def test_retry_after_of_the_provider_counts_when_it_is_longer(company: Company, web_server: WebServer) -> None:
    by_web(company, web_server)
    web_server.answers = [(429, {"Retry-After": "7200"}, b"slow down")]
    with clock.freeze(NOON):
        company.call(contract.SEND_MESSAGE, **request(urgent=True))
        company.send_due()
    assert one(company)["due_at"] == "2026-11-22T06:00:00Z"


@pytest.mark.parametrize(
    ("status", "state"), [(400, "parked"), (302, "parked"), (409, "sent"), (408, "failed"), (202, "sent")]
)
def test_a_web_servers_answers(company: Company, web_server: WebServer, status: int, state: str) -> None:
    by_web(company, web_server)
    web_server.answers = [(status, {"Location": "http://127.0.0.1:1/"}, b"\xff not json")]
    company.call(contract.SEND_MESSAGE, **request(urgent=True))
    company.send_due()
    assert one(company)["state"] == state


def test_a_server_that_is_not_there(company: Company) -> None:
    company.channel("sms", provider="http", http={"url": "http://127.0.0.1:9/", "signing_secret": SECRET})
    company.call(contract.SEND_MESSAGE, **request(urgent=True))
    company.send_due()
    assert one(company)["state"] == "failed"


@pytest.mark.clause("NT-3")
@pytest.mark.clause("AP-2")
@pytest.mark.clause("PC-3")
def test_urgent_messages_pass_the_quiet_hours_and_ordinary_ones_wait(company: Company, outbox_folder: Path) -> None:
    company.channel("sms")
    with clock.freeze(NIGHT):
        company.call(contract.SEND_MESSAGE, **request())
        company.call(contract.SEND_MESSAGE, **request(urgent=True))
        company.send_due()
        assert [line["urgent"] for line in lines(outbox_folder, company)] == [True]
        (waiting,) = deliveries(company, state="queued")
        assert (waiting["reason"], waiting["due_at"]) == ("quiet_hours", "2026-11-23T00:00:00Z")
    with clock.freeze(datetime(2026, 11, 23, tzinfo=UTC)):
        company.send_due()
    assert len(lines(outbox_folder, company)) == 2


@pytest.mark.clause("NT-3")
def test_who_opted_out_gets_urgent_messages_only(company: Company, outbox_folder: Path) -> None:
    company.channel("sms")
    no = company.call(contract.ADD_OPT_OUT, channel="sms", address="138 0013 8000")
    assert company.call(contract.ADD_OPT_OUT, channel="sms", address="+8613800138000")["id"] == no["id"]
    assert no["address"] == "+86138****8000"
    with clock.freeze(NOON):
        company.call(contract.SEND_MESSAGE, **request())
        company.call(contract.SEND_MESSAGE, **request(urgent=True))
        company.send_due()
        assert [line["urgent"] for line in lines(outbox_folder, company)] == [True]
        (stopped,) = deliveries(company, state="suppressed")
        assert stopped["reason"] == "opted_out"
        company.call(contract.REMOVE_OPT_OUT, opt_out_id=no["id"])
        company.call(contract.RESEND_DELIVERY, delivery_id=stopped["id"])
        company.send_due()
    assert len(lines(outbox_folder, company)) == 2
    assert company.call(contract.LIST_OPT_OUTS)["items"] == []


@pytest.mark.clause("NT-3")
def test_the_cap_holds_per_person_and_the_next_message_waits(company: Company, outbox_folder: Path) -> None:
    company.policy(frequency_cap={"messages": 2, "hours": 3})
    company.channel("sms")
    other = {"kind": "person", "address": {"phone": "13700137000"}}
    with clock.freeze(NOON):
        for _ in range(3):
            company.call(contract.SEND_MESSAGE, **request())
        company.call(contract.SEND_MESSAGE, **request(recipients=[other]))
        company.call(contract.SEND_MESSAGE, **request(urgent=True))
        company.send_due()
        assert len(lines(outbox_folder, company)) == 4
        (waiting,) = deliveries(company, state="queued")
        assert (waiting["reason"], waiting["due_at"]) == ("frequency_cap", "2026-11-22T07:00:00Z")
    with clock.freeze(NOON + timedelta(hours=3)):
        company.send_due()
    assert len(lines(outbox_folder, company)) == 5


def test_what_is_too_late_is_not_sent(company: Company, outbox_folder: Path) -> None:
    company.channel("sms")
    with clock.freeze(NIGHT):
        company.call(contract.SEND_MESSAGE, **request(not_after=(NIGHT + timedelta(hours=1)).isoformat()))
        company.send_due()
    with clock.freeze(NIGHT + timedelta(hours=10)):
        company.send_due()
    assert lines(outbox_folder, company) == []
    assert one(company)["reason"] == "expired"


@pytest.mark.clause("NT-5")
def test_receipts_move_a_delivery_once(company: Company, web_server: WebServer) -> None:
    by_web(company, web_server)
    company.call(contract.SEND_MESSAGE, **request(urgent=True))
    company.send_due()
    done = company.call(contract.RECORD_RECEIPT, provider_id="p-1", status="delivered", at="2026-11-22T12:00:00+08:00")
    assert (done["state"], done["delivered_at"]) == ("delivered", "2026-11-22T04:00:00Z")
    assert company.call(contract.RECORD_RECEIPT, provider_id="p-1", status="delivered") == done
    assert company.call(contract.RECORD_RECEIPT, delivery_id=done["id"], status="failed") == done
    assert company.told() == ["delivery.sent", "delivery.delivered"]
    assert company.refused(contract.RECORD_RECEIPT, provider_id="other", status="delivered").code == "not_found"
    assert company.refused(contract.RECORD_RECEIPT, status="delivered").code == "invalid_request"


@pytest.mark.clause("NT-5")
def test_a_receipt_of_failure_parks_the_delivery(company: Company, web_server: WebServer) -> None:
    by_web(company, web_server)
    company.call(contract.SEND_MESSAGE, **request(urgent=True))
    company.send_due()
    parked = company.call(contract.RECORD_RECEIPT, provider_id="p-1", status="failed", reason="空号")
    assert (parked["state"], parked["reason"]) == ("parked", "空号")
    assert company.told() == ["delivery.sent", "delivery.parked"]


@pytest.mark.clause("NT-6")
def test_cancel_and_resend_say_what_they_need(company: Company) -> None:
    company.call(contract.SEND_MESSAGE, **request())
    delivery = one(company)["id"]
    assert company.call(contract.CANCEL_DELIVERY, delivery_id=delivery)["state"] == "cancelled"
    problem = company.refused(contract.RESEND_DELIVERY, delivery_id=delivery)
    assert (problem.code, problem.params["state"]) == ("delivery_state", "cancelled")
    assert company.refused(contract.CANCEL_DELIVERY, delivery_id=str(new_id())).code == "not_found"


@pytest.mark.clause("NT-4")
def test_a_sender_that_died_is_followed_by_another(company: Company, web_server: WebServer) -> None:
    company.policy(retry_after_seconds=[1])
    by_web(company, web_server)
    line = Line(company.tenant_id, "sms", urgent=True)
    with clock.freeze(NOON):
        company.call(contract.SEND_MESSAGE, **request(urgent=True))
        with company.begin() as tx:
            taken, _ = take(tx, line)  # and its process dies here
        assert taken is not None
        company.send_due()
        assert web_server.requests == []
    with clock.freeze(NOON + LEASE):
        company.send_due()
    with clock.freeze(NOON + LEASE + timedelta(seconds=1)):
        company.send_due()
    assert [t["outcome"] for t in one(company)["tries"]] == ["failed", "sent"]
    with company.begin() as tx:
        record(tx, taken.delivery_id, Accepted("late word of the dead one"))
    assert one(company)["provider_id"] == "p-1"


def test_two_senders_never_take_the_same_delivery(company: Company, work: Work) -> None:
    company.channel("sms")
    company.call(contract.SEND_MESSAGE, **request(recipients=[PERSON] * 20, urgent=True))
    line = Line(company.tenant_id, "sms", urgent=True)
    taken: list[UUID] = []

    def send() -> None:
        while True:
            with company.begin() as tx:
                envelope, _ = take(tx, line)
            if envelope is None:
                return
            taken.append(envelope.delivery_id)

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(taken) == len(set(taken)) == 20


@pytest.mark.clause("PL-2")
def test_nothing_leaves_for_a_tenant_that_gave_the_service_up(company: Company, outbox_folder: Path) -> None:
    company.channel("sms")
    company.call(contract.SEND_MESSAGE, **request(urgent=True))
    company.settings(services=[])
    company.send_due()
    assert lines(outbox_folder, company) == []
    assert company.refused(contract.LIST_DELIVERIES).code == "service_not_enabled"
    company.settings()
    company.send_due()
    assert len(lines(outbox_folder, company)) == 1


@pytest.mark.clause("NT-7")
def test_a_campaign_and_a_dead_server_hold_up_nobody_elses_urgent_message(
    new_company: Callable[..., Company], web_server: WebServer, outbox_folder: Path
) -> None:
    big, small = new_company(), new_company()
    web_server.gate.clear()  # the big tenant's provider takes every message and answers none
    by_web(big, web_server)
    small.channel("sms")
    people = [{"kind": "person", "address": {"phone": f"137{n:08d}"}} for n in range(500)]
    with clock.freeze(NOON):
        big.call(contract.SEND_MESSAGE, **request(recipients=people))
        finished = threading.Event()

        def turn(line: Line) -> bool:
            company = big if line.tenant_id == big.tenant_id else small
            more = attempt_next(company.begin, line)
            if company is small and not more:
                finished.set()
            return more

        pump: Pump[Line] = Pump(turn, {True: 1, False: 1})
        with big.begin() as tx:
            for line in due_lines(tx)[0]:
                pump.offer(line, urgent=line.urgent)
        assert web_server.arrived.acquire(timeout=10)
        small.call(contract.SEND_MESSAGE, **request(urgent=True))
        with small.begin() as tx:
            for line in due_lines(tx)[0]:
                pump.offer(line, urgent=line.urgent)
        assert finished.wait(10)
        assert len(lines(outbox_folder, small)) == 1
        assert len(web_server.requests) == 1
        with big.begin() as tx:
            for delivery in due_lines(tx)[0]:
                assert delivery.tenant_id == big.tenant_id
        message = deliveries(big)[0]["message_id"]
        assert big.call(contract.WITHDRAW_MESSAGE, message_id=message)["cancelled"] == 499


@pytest.mark.clause("NT-6")
def test_what_is_scheduled_leaves_in_time_however_long_a_round_takes(company: Company, outbox_folder: Path) -> None:
    """The dispatcher remembers when it is to look at the company: here no later round comes by."""

    class Job:
        work, begin = company.work, staticmethod(company.begin)
        rounds = [[company.tenant_id]]

        def known_tenants(self) -> list[UUID]:
            return self.rounds.pop() if self.rounds else []

    company.channel("sms")
    dispatcher, job = Dispatcher(), Job()
    company.call(
        contract.SEND_MESSAGE, **request(urgent=True, not_before=(clock.now() + timedelta(seconds=1)).isoformat())
    )

    def left() -> bool:
        dispatcher.look(job)  # type: ignore[arg-type]
        return len(lines(outbox_folder, company)) == 1

    assert not left()
    wait_until(left, limit=10, what="the message has left")


def test_addresses_and_secrets_cannot_be_read_in_the_database(company: Company, web_server: WebServer) -> None:
    by_web(company, web_server)
    company.call(contract.SEND_MESSAGE, **request())
    with company.begin() as tx:
        connection = tx.session.connection()
        tables = ("deliveries", "channels", "requests", "audit", "outbox", "opt_outs")
        stored = "".join(str(connection.exec_driver_sql(f"SELECT * FROM {table}").all()) for table in tables)
    assert "13800138000" not in stored
    assert SECRET not in stored
    assert base64.b64decode(SECRET.removeprefix("whsec_")).decode() not in stored


@pytest.mark.clause("NT-7")
def test_what_is_due_is_found_by_its_index(company: Company) -> None:
    """A campaign's rows that were sent must not slow down the search for what is due."""
    asked: list[tuple[str, Any]] = []
    with company.begin() as tx:
        connection = tx.session.connection()
        event.listen(connection, "before_cursor_execute", lambda _c, _k, sql, values, *_: asked.append((sql, values)))
        take(tx, Line(company.tenant_id, "sms", urgent=True))
        (statement, values), *_ = [one for one in asked if "FROM deliveries" in one[0]]
        sqlite = connection.dialect.name == "sqlite"
        if not sqlite:
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        plan = str(connection.exec_driver_sql(f"EXPLAIN {'QUERY PLAN ' * sqlite}{statement}", values).all())
    assert "ix_deliveries_due" in plan
    assert "SORT" not in plan.upper().replace("B-TREE FOR ORDER BY", "SORT")
