"""SMS, push and webhooks by a signed POST (Standard Webhooks) to the tenant's own gateway, which knows the carrier."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson
from standardwebhooks import Webhook

from services.notifications.providers.base import (
    MAX_ATTEMPT_SECONDS,
    TIMEOUT_SECONDS,
    Accepted,
    Envelope,
    Failed,
    Outcome,
    Refused,
    tls_context,
)
from services.notifications.providers.guard import Forbidden, Unreachable, address_of

MAX_ANSWER = 64 * 1024
"""Bytes of an answer that are read; the provider's id stands near its beginning."""
_LATER = frozenset({408, 425, 429})


class HttpProvider:
    """`webhook-id` is the delivery's id. 2xx and 409 (it has it already) accept; 408, 425, 429, 5xx and silence fail;
    any other answer, a redirect too, refuses. The answer may name the provider's own id: `{"id": "..."}`."""

    def send(self, envelope: Envelope) -> Outcome:
        try:
            return _post(envelope)
        except Forbidden as error:
            return Refused(str(error))
        except (Unreachable, httpx.HTTPError) as error:
            return Failed(f"no answer: {type(error).__name__}: {error}"[:500])


def _post(envelope: Envelope) -> Outcome:
    url = urlsplit(envelope.settings["url"])
    host, port = url.hostname or "", url.port or (443 if url.scheme == "https" else 80)
    address = address_of(host, port)
    target = httpx.URL(envelope.settings["url"]).copy_with(host=address)
    body = orjson.dumps(payload(envelope))
    headers = {"Host": url.netloc.rpartition("@")[2], "Content-Type": "application/json", **_signed(envelope, body)}
    with (
        httpx.Client(verify=tls_context(), timeout=TIMEOUT_SECONDS, follow_redirects=False, trust_env=False) as client,
        client.stream("POST", target, content=body, headers=headers, extensions={"sni_hostname": host}) as response,
    ):
        return _outcome(response, _read(response))


def payload(envelope: Envelope) -> dict[str, Any]:
    """What the provider gets, as JSON."""
    return {
        "id": str(envelope.delivery_id), "channel": envelope.channel, "to": envelope.to, "title": envelope.title,
        "body": envelope.body, "language": envelope.language, "key": envelope.key, "urgent": envelope.urgent,
        "subject": envelope.subject,
    }  # fmt: skip


def _signed(envelope: Envelope, body: bytes) -> dict[str, str]:
    moment = datetime.now(UTC)  # the machine's clock, not the platform's: the receiver checks it against its own
    signature = Webhook(envelope.secret or "").sign(str(envelope.delivery_id), moment, body.decode())
    return {
        "webhook-id": str(envelope.delivery_id),
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": signature,
    }


def _read(response: httpx.Response) -> bytes:
    """The beginning of the answer; a receiver that never ends it is left after a while."""
    started, read = datetime.now(UTC), b""
    for chunk in response.iter_bytes():
        read += chunk
        if len(read) >= MAX_ANSWER or (datetime.now(UTC) - started).total_seconds() > MAX_ATTEMPT_SECONDS / 2:
            break
    return read[:MAX_ANSWER]


def _outcome(response: httpx.Response, answer: bytes) -> Outcome:
    code = response.status_code
    if 200 <= code < 300 or code == httpx.codes.CONFLICT:
        return Accepted(_provider_id(answer))
    detail = f"the provider answered {code} {answer[:300].decode('utf-8', 'replace')}".strip()
    if code in _LATER or code >= 500:
        return Failed(detail, _retry_after(response))
    return Refused(detail)


def _provider_id(answer: bytes) -> str | None:
    try:
        document = orjson.loads(answer)
    except orjson.JSONDecodeError:
        return None
    given = document.get("id") if isinstance(document, dict) else None
    return str(given)[:200] if isinstance(given, str | int) and given != "" else None


def _retry_after(response: httpx.Response) -> float | None:
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isdigit() else None
