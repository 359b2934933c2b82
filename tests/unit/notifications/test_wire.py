"""POSTs to servers of tenants' own choice: signed for any verifier, pinned to the checked address, bounded."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from services.notifications.providers import guard, wire
from tests.service.notifications.receivers import WebServer

OLD, NEW, OTHER = (f"whsec_{letter * 43}=" for letter in "oxQ")


@pytest.fixture(autouse=True)
def _private_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "allow_private", lambda: True)


@pytest.fixture
def server() -> Iterator[WebServer]:
    with WebServer().running() as running:
        yield running


@pytest.mark.clause("UX-14")
def test_the_reference_library_accepts_each_secrets_signature_and_no_others() -> None:
    body = '{"type":"complaint.opened","data":{"title":"刹车异响"}}'.encode()
    headers = wire.signed("evt-1", [NEW, OLD], body)
    for secret in (NEW, OLD):
        assert Webhook(secret).verify(body, headers)["type"] == "complaint.opened"
    for wrong in (
        lambda: Webhook(OTHER).verify(body, headers),
        lambda: Webhook(NEW).verify(body + b" ", headers),
        lambda: Webhook(NEW).verify(body, headers | {"webhook-id": "evt-2"}),
        lambda: Webhook(NEW).verify(body, headers | {"webhook-timestamp": str(int(time.time()) - 600)}),
    ):
        with pytest.raises(WebhookVerificationError):
            wrong()


@pytest.mark.clause("UX-14")
def test_the_shell_lines_of_the_partners_documentation_make_the_same_signature(tmp_path: Path) -> None:
    page = (Path(__file__).parents[3] / "docs" / "partners" / "webhooks.md").read_text(encoding="utf-8")
    (script,) = re.findall(r"```sh\n(key=.*?)```", page, re.DOTALL)
    body = '{"data":{"title":"刹车异响"}}'.encode()
    (tmp_path / "body.json").write_bytes(body)
    headers = wire.signed("evt-1", [NEW], body)
    given = {"SECRET": NEW, "WEBHOOK_ID": "evt-1", "WEBHOOK_TIMESTAMP": headers["webhook-timestamp"]}
    shell = ["bash", "-euo", "pipefail", "-c", script]
    made = subprocess.run(shell, env=os.environ | given, cwd=tmp_path, check=True, capture_output=True, text=True)
    assert headers["webhook-signature"] == f"v1,{made.stdout.strip()}"


def test_it_goes_to_the_address_that_was_checked(server: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that answers differently the second time (DNS rebinding) changes nothing."""
    asked: list[str] = []

    def resolve(host: str, *_args: object, **_named: object) -> str:
        asked.append(host)
        return "127.0.0.1"

    monkeypatch.setattr(wire, "address_of", resolve)
    answer = wire.post(server.url.replace("127.0.0.1", "partner.example.com"), b"{}", {})
    assert (answer.status, asked) == (200, ["partner.example.com"])
    assert server.requests[0].headers["host"].startswith("partner.example.com:")


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1", "127.1", "0"]
)
def test_a_private_address_is_refused_however_it_is_written(
    server: WebServer, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    monkeypatch.setattr(guard, "allow_private", lambda: False)
    with pytest.raises((guard.Forbidden, *wire.FAILURES)):
        wire.post(server.url.replace("127.0.0.1", host), b"{}", {})
    assert not server.requests


def test_a_redirect_is_an_answer_and_not_followed(server: WebServer) -> None:
    server.answers = [(302, {"Location": server.url}, b"")]
    answer = wire.post(server.url, b"{}", {})
    assert (answer.status, answer.accepted, len(server.requests)) == (302, False, 1)


def test_only_the_beginning_of_an_answer_is_read(server: WebServer) -> None:
    server.answers = [(500, {"Retry-After": "60"}, b"\x00\xff" + b"x" * 1_000_000)]
    answer = wire.post(server.url, b"{}", {}, limit=1024)
    assert (len(answer.beginning), answer.retry_after) == (1024, 60.0)
    assert answer.text(4) == "��xx"


def _drips(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    for number in range(10_000):
        connection.sendall(f"X-{number}: y\r\n".encode())
        threading.Event().wait(0.01)


def _says_nothing(connection: socket.socket) -> None:
    while connection.recv(4096):
        pass


@contextmanager
def _tcp(behave: Callable[[socket.socket], None]) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection, suppress(OSError):  # it is left
                behave(connection)

        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]


@pytest.mark.parametrize("behave", [_drips, _says_nothing])
def test_a_server_that_drips_or_hangs_is_left_in_time(
    behave: Callable[[socket.socket], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "MAX_SECONDS", 0.5)
    began = time.monotonic()
    with _tcp(behave) as port, pytest.raises(wire.FAILURES):
        wire.post(f"http://127.0.0.1:{port}/", b"{}", {})
    assert time.monotonic() - began < 5
