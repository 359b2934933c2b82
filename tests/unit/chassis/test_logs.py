"""Logs: one JSON line with the call's facts and without personal data, whoever writes it."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
import structlog

from chassis import logs
from contracts.context import Actor, Context

TENANT = UUID("01980000-1380-7138-8138-013800138000")


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What is logged while the test runs."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    logs.configure("complaints", level="DEBUG")
    (handler,) = root.handlers
    assert isinstance(handler, logging.StreamHandler)
    stream = io.StringIO()
    handler.setStream(stream)
    yield stream
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


def lines(written: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written.getvalue().splitlines()]


def test_a_line_tells_whose_call_it_is(written: io.StringIO) -> None:
    ctx = Context(tenant_id=TENANT, actor=Actor(kind="staff", id="s1", name="张三"), request_id="r1", trace_id="t1")
    with logs.bound(ctx, operation="create"):
        logs.get("somewhere").info("complaint opened", complaint_id="c1")
    logs.get("somewhere").info("later")
    first, later = lines(written)
    assert first["message"] == "complaint opened"
    assert first["level"] == "info"
    assert first["logger"] == "somewhere"
    assert first["service"] == "complaints"
    assert (first["tenant"], first["actor"], first["request_id"]) == (str(TENANT), "staff:s1", "r1")
    assert (first["trace_id"], first["operation"], first["complaint_id"]) == ("t1", "create", "c1")
    assert "张三" not in written.getvalue()
    assert "tenant" not in later


def test_other_libraries_come_out_the_same(written: io.StringIO) -> None:
    logging.getLogger("nameko.rpc").warning("call from %s", "13800138000", extra={"phone": "1", "queue": "q"})
    (line,) = lines(written)
    assert line["message"] == "call from ***"
    assert (line["phone"], line["queue"], line["service"]) == ("***", "q", "complaints")


def test_tracebacks_are_scrubbed(written: io.StringIO) -> None:
    try:
        int("138 0013 8000 x")
    except ValueError:
        logs.get("x").exception("failed")
    (line,) = lines(written)
    assert "invalid literal for int() with base 10: '*** x'" in line["exception"]


def test_debug_lines_are_left_out_above_their_level(written: io.StringIO) -> None:
    logging.getLogger().setLevel("INFO")
    logs.get("quiet").debug("nothing")
    assert lines(written) == []


@pytest.mark.parametrize(
    "key", ["phone", "Phone", "customer_name", "id_number", "contact_id_number", "X-Api-Key", "new_password", "content"]
)
def test_personal_keys_are_masked(key: str) -> None:
    assert logs.masked(key, "value") == "***"
    assert logs.masked("data", {"list": [{key: "value"}]}) == {"list": [{key: "***"}]}


@pytest.mark.parametrize("key", ["complaint_id", "service", "username_count", "queue", "idempotency_key", "names"])
def test_other_keys_are_kept(key: str) -> None:
    assert logs.masked(key, "value") == "value"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("电话13800138000。", "电话***。"),
        ("+86 138-0013-8000", "***"),
        ("8613800138000", "***"),
        ("0571-88886666 or (010)12345678", "*** or ***"),
        ("身份证11010519491231002X号", "身份证***号"),
        ("amqp://kefu:pw@host/v refused", "amqp://kefu:***@host/v refused"),
    ],
)
def test_numbers_of_people_are_scrubbed(text: str, expected: str) -> None:
    assert logs.masked("event", text) == expected


@pytest.mark.parametrize(
    "text", [str(TENANT), "TS-202601-0001", "2026-11-22T10:00:00.123Z", "1732230000123", "0.13912345678", "a" * 5]
)
def test_other_numbers_are_kept(text: str) -> None:
    assert logs.masked("event", text) == text


def test_endless_nesting_is_cut() -> None:
    value: dict[str, Any] = {}
    value["self"] = value
    assert "***" in json.dumps(logs.masked("data", value))


def test_gunicorn_gets_no_handlers_of_its_own() -> None:
    loggers = logs.dict_config("gateway")["loggers"]
    assert loggers["gunicorn.error"] == {"level": "INFO", "handlers": [], "propagate": True}


def test_console_format_is_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    logger = logging.getLogger("kefu.test.console")
    config = logs.dict_config("gateway", style="console")
    formatter = config["formatters"]["kefu"]
    build = formatter.pop("()")
    text = build(**formatter).format(logger.makeRecord("x", logging.INFO, "f", 1, "hello", (), None))
    assert "hello" in text
    assert not text.startswith("{")
