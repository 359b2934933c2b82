"""One signed POST to a server of a tenant's own choice: to the checked address only, without redirects, ended in time.

What the server answers is not trusted: little of it is read, and one that drips out its answer is left.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpcore
import httpx
from standardwebhooks import Webhook

from services.notifications.providers.base import TIMEOUT_SECONDS, tls_context
from services.notifications.providers.guard import Unreachable, address_of

MAX_SECONDS = 30.0
"""From the look-up of the name to the last byte that is read."""
MAX_ANSWER = 64 * 1024
FAILURES = (
    Unreachable, OSError, httpx.InvalidURL, httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError,
)  # fmt: skip
"""What `post` raises when there was no answer, beside `Forbidden`."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    beginning: bytes
    retry_after: float | None
    """Seconds, when the server named a time."""

    @property
    def accepted(self) -> bool:
        return 200 <= self.status < 300

    def text(self, size: int) -> str:
        """The first `size` bytes, fit to be stored and shown."""
        return self.beginning[:size].decode("utf-8", "replace").replace("\0", "�").strip()


def post(url: str, body: bytes, headers: Mapping[str, str], limit: int = MAX_ANSWER) -> Answer:
    """Post JSON and read at most `limit` bytes of the answer. Raises `Forbidden` or one of `FAILURES`."""
    until = time.monotonic() + MAX_SECONDS
    parsed = httpx.URL(url)
    target = httpcore.URL(scheme=parsed.raw_scheme, host=parsed.raw_host, port=parsed.port, target=parsed.raw_path)
    sent = [("Content-Type", "application/json"), ("User-Agent", "Kefu"), *headers.items()]
    phases = dict.fromkeys(("connect", "read", "write"), TIMEOUT_SECONDS)
    with (
        httpcore.ConnectionPool(ssl_context=tls_context(), network_backend=_Guarded(until)) as pool,
        pool.stream("POST", target, headers=sent, content=body, extensions={"timeout": phases}) as response,
    ):
        return Answer(response.status, _beginning(response, limit), _retry_after(response))


def signed(message_id: str, secrets: Sequence[str], body: bytes) -> dict[str, str]:
    """The three headers of Standard Webhooks, with one signature for each secret."""
    moment = datetime.now(UTC)  # the machine's clock, not the platform's: the receiver checks it against its own
    signatures = [Webhook(secret).sign(message_id, moment, body.decode()) for secret in secrets]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def _beginning(response: httpcore.Response, limit: int) -> bytes:
    read = b""
    for chunk in response.iter_stream():
        read += chunk
        if len(read) >= limit:
            break
    return read[:limit]


def _retry_after(response: httpcore.Response) -> float | None:
    named = next((value for name, value in response.headers if name.lower() == b"retry-after"), b"")
    return float(named) if named.isdigit() else None


class _Guarded(httpcore.SyncBackend):
    """Connects to the address that was checked, whatever the name says a moment later."""

    def __init__(self, until: float) -> None:
        super().__init__()
        self._until = until

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        address = address_of(host, port)
        wait = _left(self._until, timeout)
        return _Timed(super().connect_tcp(address, port, wait, local_address, socket_options), self._until)


class _Timed(httpcore.NetworkStream):
    """A connection on which nothing waits beyond `until`."""

    def __init__(self, inner: httpcore.NetworkStream, until: float) -> None:
        self._inner = inner
        self._until = until

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _left(self._until, timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _left(self._until, timeout))

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        inner = self._inner.start_tls(ssl_context, server_hostname, _left(self._until, timeout))
        return _Timed(inner, self._until)

    def close(self) -> None:
        self._inner.close()

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def _left(until: float, timeout: float | None) -> float:
    """The wait that is still allowed; `TimeoutException` when there is none."""
    left = until - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout(f"no whole answer within {MAX_SECONDS:g} s")
    return min(left, timeout or left)
