"""The gateway as it is served: real gunicorn, two workers, both kinds of them."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import psutil
import pytest

from kefu.ports import free_block
from kefu.waiting import wait_until
from tests.unit.gateway.toy import ToyService
from tests.unit.gateway.toys import Credentials

_COMMAND = [sys.executable, "-m", "gunicorn", "--config", "python:gateway.gunicorn_conf", "gateway.app:create_app()"]
_AUTH = {"Authorization": "Bearer key-of-north"}

HANDLERS = {"list_customers": lambda *_: {"items": [], "next_cursor": None}}


@contextmanager
def _served(uri: str, worker_class: str, **more: str) -> Iterator[tuple[httpx.Client, subprocess.Popen[bytes]]]:
    bind = f"127.0.0.1:{free_block(1)}"
    settings = {"KEFU_AMQP_URI": uri, "KEFU_GATEWAY_BIND": bind, "KEFU_GATEWAY_WORKER_CLASS": worker_class}
    process = subprocess.Popen(_COMMAND, env=os.environ | settings | more, stderr=subprocess.DEVNULL)
    try:
        with httpx.Client(base_url=f"http://{bind}", headers=_AUTH, timeout=10) as client:
            wait_until(lambda: _ready(client), limit=30, what="gunicorn is ready")
            yield client, process
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _ready(client: httpx.Client) -> bool:
    """Both workers: each connection is taken by one of them, and one may have reached the broker before the other."""
    try:
        return all(httpx.get(client.base_url.join("/readyz")).status_code == 200 for _ in range(12))
    except httpx.TransportError:
        return False


BROKEN = [
    (b"GET /v1/customers?q=" + b"x" * 9000 + b" HTTP/1.1\r\n\r\n", 414, "uri_too_long"),
    (b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"x" * 9000 + b"\r\n\r\n", 431, "headers_too_large"),
    (b"GET / HTTP/1.1\r\nHost: x\r\nno colon <script>\r\n\r\n", 400, "malformed_request"),
    (b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", 400, "malformed_request"),
    (
        b"POST /v1/sessions HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n",
        400,
        "malformed_request",
    ),
]
"""What gunicorn refuses by itself: never a page of HTML, and never with a word of what was sent."""


def _refusal(client: httpx.Client, request: bytes) -> tuple[int, str]:
    with socket.create_connection((client.base_url.host, client.base_url.port or 0), timeout=10) as connection:
        connection.sendall(request)
        with connection.makefile("rb") as stream:
            head, _, body = stream.read().partition(b"\r\n\r\n")
    assert b"Content-Type: application/problem+json\r\n" in head
    assert b"<script>" not in body
    document = json.loads(body)
    assert str(document["status"]).encode() == head.split()[1]
    assert document["detail"]
    return document["status"], document["code"]


@pytest.mark.slow
@pytest.mark.parametrize("worker_class", ["gthread", "gevent"])
def test_a_new_worker_is_connected_before_it_takes_a_request(amqp_uri: str, worker_class: str) -> None:
    credentials = Credentials()
    credentials.add("key-of-north", services=["customers"])
    with (
        ToyService(amqp_uri, "tenants", {"introspect": credentials.introspect}),
        ToyService(amqp_uri, "customers", HANDLERS),
        _served(amqp_uri, worker_class, KEFU_GATEWAY_WORKERS="1") as (client, process),
    ):
        (worker,) = psutil.Process(process.pid).children()
        worker.kill()
        worker.wait(15)
        assert client.get("/v1/customers").status_code == 200


@pytest.mark.slow
@pytest.mark.parametrize("worker_class", ["gthread", "gevent"])
def test_it_serves_limits_measures_and_stops(amqp_uri: str, worker_class: str) -> None:
    credentials = Credentials()
    credentials.add("key-of-north", services=["customers"], rate="20/hour")
    with (
        ToyService(amqp_uri, "tenants", {"introspect": credentials.introspect}),
        ToyService(amqp_uri, "customers", HANDLERS),
        _served(amqp_uri, worker_class) as (client, process),
    ):
        # A connection each, so that both workers have their share of the one count.
        statuses = [httpx.get(client.base_url.join("/v1/customers"), headers=_AUTH).status_code for _ in range(25)]
        assert statuses == [200] * 20 + [429] * 5
        for path, code in (("/v1/sessions", "body_too_large"), ("/v1/nothing", "unknown_route")) * 5:
            for body in (b"x" * 5_000_000, (b"x" * 100_000 for _ in range(50))):  # with a length, and chunked
                refused = client.post(path, content=body, headers={"Content-Type": "application/json"})
                assert refused.json()["code"] == code
        for request, status, code in BROKEN:
            assert _refusal(client, request) == (status, code)
        counted = 'kefu_http_requests_total{method="GET",route="/v1/customers",status="200"} 20.0'
        assert counted in client.get("/metrics").text
        process.terminate()
        assert process.wait(15) == 0
