"""What is known of a request before anybody is authenticated: its id, its trace, its language, where it comes from."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from secrets import token_hex

from flask import Flask, Response, g, request

from contracts.context import Principal
from contracts.problems import DEFAULT_LOCALE, LOCALES

_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-(?P<trace>(?!0{32})[0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(-.*)?")


@dataclass(slots=True)
class Arrival:
    """The facts of the request in hand."""

    request_id: str
    trace_id: str
    locale: str
    asked_for_locale: bool
    source: str
    began: float = field(default_factory=time.perf_counter)
    principal: Principal | None = None
    headers: dict[str, str] = field(default_factory=dict)
    """Headers to send with whatever the answer will be."""


def register(app: Flask) -> None:
    """Note every request's facts, and answer with its id."""
    app.before_request(_note)
    app.after_request(_stamp)


def arrival() -> Arrival:
    """The facts of the request in hand."""
    noted: Arrival | None = g.get("arrival")
    if noted is None:  # the request broke before anything else ran
        noted = g.arrival = _facts()
    return noted


def _note() -> None:
    g.arrival = _facts()


def _stamp(response: Response) -> Response:
    facts = arrival()
    response.headers["X-Request-Id"] = facts.request_id
    for name, value in facts.headers.items():
        response.headers[name] = value
    return response


def _facts() -> Arrival:
    given = request.headers.get("X-Request-Id", "")
    traced = _TRACEPARENT.fullmatch(request.headers.get("Traceparent", "").strip())
    wanted = request.accept_languages.best_match([DEFAULT_LOCALE, *LOCALES])
    return Arrival(
        request_id=given if _REQUEST_ID.fullmatch(given) else token_hex(16),
        trace_id=traced["trace"] if traced else token_hex(16),
        locale=wanted or DEFAULT_LOCALE,
        asked_for_locale=wanted is not None,
        source=request.remote_addr or "",
    )
