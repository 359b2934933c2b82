"""SMS, push and webhooks by a signed POST (Standard Webhooks) to the tenant's own gateway, which knows the carrier."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import orjson

from services.notifications.providers.base import Accepted, Envelope, Failed, Outcome, Refused
from services.notifications.providers.guard import Forbidden
from services.notifications.providers.wire import FAILURES, Answer, post, signed

_LATER = frozenset({408, 425, 429})


class HttpProvider:
    """`webhook-id` is the delivery's id. 2xx and 409 (it has it already) accept; 408, 425, 429, 5xx and silence fail;
    any other answer, a redirect too, refuses. The answer may name the provider's own id: `{"id": "..."}`."""

    def send(self, envelope: Envelope) -> Outcome:
        body = orjson.dumps(payload(envelope))
        try:
            headers = signed(str(envelope.delivery_id), [envelope.secret or ""], body)
            return _outcome(post(envelope.settings["url"], body, headers))
        except Forbidden as error:
            return Refused(str(error))
        except FAILURES as error:
            return Failed(f"no answer: {type(error).__name__}: {error}"[:500])


def payload(envelope: Envelope) -> dict[str, Any]:
    """What the provider gets, as JSON."""
    return {
        "id": str(envelope.delivery_id), "channel": envelope.channel, "to": envelope.to, "title": envelope.title,
        "body": envelope.body, "language": envelope.language, "key": envelope.key, "urgent": envelope.urgent,
        "subject": envelope.subject,
    }  # fmt: skip


def _outcome(answer: Answer) -> Outcome:
    if answer.accepted or answer.status == HTTPStatus.CONFLICT:
        return Accepted(_provider_id(answer.beginning))
    detail = f"the provider answered {answer.status} {answer.text(300)}".strip()
    if answer.status in _LATER or answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Failed(detail, answer.retry_after)
    return Refused(detail)


def _provider_id(answer: bytes) -> str | None:
    try:
        document = orjson.loads(answer)
    except orjson.JSONDecodeError:
        return None
    given = document.get("id") if isinstance(document, dict) else None
    return str(given)[:200] if isinstance(given, str | int) and given != "" else None
