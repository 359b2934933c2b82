"""Wordings in force, quiet hours, channels and retries of a tenant's policy over the defaults."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.policies.document import check
from contracts.policies.shapes import in_order, schema_for
from services.notifications.policy import Policy, QuietHours, defaults

SHANGHAI = ZoneInfo("Asia/Shanghai")
NIGHT = QuietHours(time(21), time(8))


def _document(**parts: Any) -> dict[str, Any]:
    schema = schema_for("notifications")
    assert schema is not None
    document: dict[str, Any] = in_order(parts, schema, schema)
    return document


TEMPLATES = {
    "case.opened": {
        "variables": {"number": "text"},
        "texts": {
            "zh-CN": {"default": {"title": "题", "body": "包 {number}"}, "sms": {"body": "短 {number}"}},
            "en": {"default": {"body": "pack {number}"}},
        },
    }
}


def test_the_defaults_keep_the_published_schema() -> None:
    assert check("notifications", _document(**defaults())) == []


@pytest.mark.parametrize(
    ("language", "channel", "body"),
    [("zh-CN", "sms", "短 {number}"), ("zh-CN", "email", "包 {number}"), ("en", "sms", "pack {number}")],
)
def test_a_channel_without_its_own_wording_takes_the_languages_default(language: str, channel: str, body: str) -> None:
    wording = Policy(_document(templates=TEMPLATES)).wording("case.opened", language, channel)
    assert wording is not None
    assert (wording.body, wording.origin) == (body, "policy")


def test_the_tenants_own_wording_stands_over_the_packs_for_its_channel_only() -> None:
    own = {"case.opened": {"zh-CN": {"default": {"title": "", "body": "自己 {number}"}}}}
    policy = Policy(_document(templates=TEMPLATES), own)
    mail, sms = (policy.wording("case.opened", "zh-CN", channel) for channel in ("email", "sms"))
    assert mail is not None
    assert sms is not None
    assert (mail.body, mail.origin) == ("自己 {number}", "tenant")
    assert (sms.body, sms.origin) == ("短 {number}", "policy")


def test_nobody_worded_it() -> None:
    assert Policy().wording("no.such", "en", "sms") is None
    assert Policy().wording("system.unknown", "en", "sms") is not None


def test_channels_merge_over_the_defaults() -> None:
    policy = Policy(_document(channels={"staff": {"ordinary": ["push"]}}))
    assert policy.channels("staff", urgent=False) == ("push",)
    assert policy.channels("staff", urgent=True) == tuple(defaults()["channels"]["staff"]["urgent"])


def test_after_the_last_wait_there_is_no_attempt() -> None:
    policy = Policy(_document(retry_after_seconds=[5, 60]))
    assert [policy.retry_after(n) for n in (1, 2, 3)] == [timedelta(seconds=5), timedelta(seconds=60), None]


@pytest.mark.clause("NT-3")
@pytest.mark.parametrize(
    ("local", "until"),
    [
        ("2026-11-22T20:59:59", None),
        ("2026-11-22T21:00:00", "2026-11-23T08:00:00"),
        ("2026-11-23T00:00:00", "2026-11-23T08:00:00"),
        ("2026-11-23T07:59:59", "2026-11-23T08:00:00"),
        ("2026-11-23T08:00:00", None),
    ],
)
def test_quiet_hours_go_by_the_tenants_clock(local: str, until: str | None) -> None:
    moment = datetime.fromisoformat(local).replace(tzinfo=SHANGHAI).astimezone(UTC)
    expected = datetime.fromisoformat(until).replace(tzinfo=SHANGHAI) if until else None
    assert NIGHT.until(moment, SHANGHAI) == expected


@given(
    st.integers(1_577_836_800, 2_051_222_400).map(lambda second: datetime.fromtimestamp(second, UTC)),
    st.times(timezones=st.none()).map(lambda t: t.replace(second=0, microsecond=0)),
    st.times(timezones=st.none()).map(lambda t: t.replace(second=0, microsecond=0)),
    st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Pacific/Auckland"]),
)
def test_the_end_of_quiet_hours_is_ahead_and_not_quiet(moment: datetime, start: time, end: time, zone: str) -> None:
    quiet = QuietHours(start, end)
    if start == end:
        return
    until = quiet.until(moment, ZoneInfo(zone))
    if until is not None:
        assert moment < until <= moment + timedelta(hours=26)
