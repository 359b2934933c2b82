"""Wordings and channels a tenant keeps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from contracts import notifications as contract
from services.notifications.providers import guard
from tests.service.notifications.bench import SECRET, Company
from tests.service.notifications.test_messages import TEMPLATES

PLACE = {"key": "case.major", "language": "zh-CN", "channel": "sms"}
SMTP = {"host": "mail.example.com", "sender": "kefu@example.com", "username": "kefu", "password": "p4ssword"}


@pytest.fixture
def worded(company: Company) -> Company:
    company.policy(templates=TEMPLATES)
    return company


@pytest.mark.clause("NT-2")
def test_a_company_words_a_message_its_own_way_and_gives_it_up_again(worded: Company) -> None:
    before = worded.call(contract.GET_TEMPLATE, **PLACE)
    assert (before["origin"], before["version"]) == ("policy", 0)
    put = worded.call(contract.PUT_TEMPLATE, **PLACE, body="【长安】{number}", expected_version=0)
    assert (put["origin"], put["version"], put["body"]) == ("tenant", 1, "【长安】{number}")
    assert worded.refused(contract.PUT_TEMPLATE, **PLACE, body="x", expected_version=7).code == "stale_version"
    assert worded.call(contract.PUT_TEMPLATE, **PLACE, body="二 {number}", expected_version=1)["version"] == 2
    assert worded.call(contract.GET_TEMPLATE, **(PLACE | {"channel": "email"}))["origin"] == "policy"
    worded.call(contract.DELETE_TEMPLATE, **PLACE)
    assert worded.call(contract.GET_TEMPLATE, **PLACE) == before
    assert worded.refused(contract.DELETE_TEMPLATE, **PLACE).code == "not_found"


@pytest.mark.clause("NT-2")
@pytest.mark.parametrize("body", ["{numbr}", "{number.x}", "{number", "}"])
def test_a_wording_that_could_not_be_filled_is_refused(worded: Company, body: str) -> None:
    problem = worded.refused(contract.PUT_TEMPLATE, **PLACE, body=body)
    assert [error["field"] for error in problem.errors] == ["body"]
    assert worded.call(contract.GET_TEMPLATE, **PLACE)["version"] == 0


@pytest.mark.clause("NT-2")
def test_preview_shows_the_message_or_each_variable_that_is_wrong(worded: Company) -> None:
    good = {"number": "TS-9", "due": "2026-11-22T06:00:00Z", "level": {"zh-CN": "重大"}}
    shown = worded.call(contract.PREVIEW_TEMPLATE, **PLACE, variables=good)
    assert shown["body"] == "重大投诉 TS-9 请于 2026年11月22日 14:00 前处理。"
    assert (shown["length"], shown["sms_parts"]) == (len(shown["body"]), 1)
    draft = worded.call(contract.PREVIEW_TEMPLATE, **PLACE, body="{number}!", variables=good)
    assert draft["body"] == "TS-9!"
    problem = worded.refused(contract.PREVIEW_TEMPLATE, **PLACE, variables={"due": "soon", "numbr": "x"})
    assert {error["field"] for error in problem.errors} == {
        "variables.number", "variables.due", "variables.level", "variables.numbr",
    }  # fmt: skip


def test_an_unknown_key_is_not_found(worded: Company, new_company: Callable[..., Company]) -> None:
    unknown = PLACE | {"key": "no.such"}
    assert worded.refused(contract.GET_TEMPLATE, **unknown).code == "not_found"
    assert worded.refused(contract.PUT_TEMPLATE, **unknown, body="x").code == "not_found"
    worded.call(contract.PUT_TEMPLATE, **PLACE, body="own")
    stranger = new_company()
    stranger.policy(templates=TEMPLATES)
    assert stranger.call(contract.GET_TEMPLATE, **PLACE)["origin"] == "policy"


def test_wordings_are_listed_page_by_page(worded: Company) -> None:
    worded.call(contract.PUT_TEMPLATE, **PLACE, body="own {number}")
    everything: list[dict[str, Any]] = []
    cursor = None
    while True:
        page = worded.call(contract.LIST_TEMPLATES, limit=2, **({"cursor": cursor} if cursor else {}))
        everything += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    places = [(item["key"], item["language"], item["channel"]) for item in everything]
    assert len(places) == len(set(places))
    assert ("case.major", "zh-CN", "sms") in places
    assert ("system.unknown", "en", "default") in places
    mine = worded.call(contract.LIST_TEMPLATES, key="case.major", language="zh-CN")["items"]
    assert [(item["channel"], item["origin"]) for item in mine] == [("default", "policy"), ("sms", "tenant")]


@pytest.mark.clause("NT-1")
def test_secrets_are_kept_and_never_shown(company: Company) -> None:
    put = company.channel("email", provider="smtp", smtp=SMTP)
    assert (put["version"], put["has_secret"]) == (1, True)
    assert put["smtp"] == {
        "host": "mail.example.com", "port": 587, "security": "starttls", "username": "kefu",
        "sender": "kefu@example.com",
    }  # fmt: skip
    again = company.channel(
        "email", provider="smtp", smtp={k: v for k, v in SMTP.items() if k != "password"}, enabled=False
    )
    assert (again["version"], again["has_secret"], again["enabled"]) == (2, True, False)
    changed = company.channel("email", provider="file")
    assert (changed["has_secret"], changed["smtp"]) == (False, None)
    listed = company.call(contract.LIST_CHANNELS)
    assert [item["channel"] for item in listed["items"]] == ["sms", "email", "push", "webhook"]
    assert "p4ssword" not in str([put, again, changed, listed])


@pytest.fixture
def strict(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("KEFU_ALLOW_PRIVATE_TARGETS", "false")
    guard.allow_private.cache_clear()
    yield
    guard.allow_private.cache_clear()


@pytest.mark.usefixtures("strict")
@pytest.mark.parametrize(
    ("channel", "settings", "field"),
    [
        ("sms", {"provider": "http"}, "http"),
        ("sms", {"provider": "http", "http": {"url": "https://sms.example.com"}}, "http.signing_secret"),
        (
            "sms",
            {"provider": "http", "http": {"url": "https://a.example.com", "signing_secret": "short"}},
            "http.signing_secret",
        ),
        (
            "sms",
            {"provider": "http", "http": {"url": "https://u:p@a.example.com", "signing_secret": SECRET}},
            "http.url",
        ),
        ("sms", {"provider": "http", "http": {"url": "ftp://a.example.com", "signing_secret": SECRET}}, "http.url"),
        ("sms", {"provider": "http", "http": {"url": "http://169.254.169.254/", "signing_secret": SECRET}}, "http.url"),
        ("sms", {"provider": "http", "http": {"url": "http://[::1]/", "signing_secret": SECRET}}, "http.url"),
        ("sms", {"provider": "http", "http": {"url": "http://localhost/", "signing_secret": SECRET}}, "http.url"),
        ("sms", {"provider": "smtp", "smtp": SMTP}, "provider"),
        ("email", {"provider": "smtp", "smtp": SMTP | {"sender": "nobody"}}, "smtp.sender"),
        ("email", {"provider": "smtp", "smtp": SMTP | {"host": "10.0.0.1"}}, "smtp.host"),
        ("email", {"provider": "smtp", "smtp": SMTP | {"port": 0}}, "smtp.port"),
        ("email", {"provider": "file", "smtp": SMTP}, "smtp"),
        ("email", {"provider": "pigeon"}, "provider"),
        ("fax", {"provider": "file"}, "channel"),
    ],
)
def test_settings_that_cannot_work_are_refused_by_field(
    company: Company, channel: str, settings: dict[str, Any], field: str
) -> None:
    problem = company.refused(contract.PUT_CHANNEL, channel=channel, **settings)
    assert problem.code == "invalid_request"
    assert [error["field"] for error in problem.errors] == [field]


@pytest.mark.usefixtures("strict")
def test_a_name_that_leads_inside_is_refused_when_it_is_sent_to(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    company.channel("sms", provider="http", http={"url": "http://sms.example.com/", "signing_secret": SECRET})
    trial = company.call(contract.TEST_CHANNEL, channel="sms", to="13800138000")
    monkeypatch.setattr("socket.getaddrinfo", lambda *_a, **_k: [(2, 1, 6, "", ("127.0.0.1", 80))])
    company.send_due()
    shown = company.call(contract.GET_DELIVERY, delivery_id=trial["id"])
    assert shown["state"] == "parked"
    assert "not a public address" in shown["reason"]


def test_a_trial_message_needs_an_address_of_the_channel(company: Company) -> None:
    problem = company.refused(contract.TEST_CHANNEL, channel="email", to="13800138000")
    assert [error["field"] for error in problem.errors] == ["to"]
