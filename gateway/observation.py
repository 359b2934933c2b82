"""What is seen of every request from outside: metrics, one log line, security headers; and the health pages."""

from __future__ import annotations

import time

from flask import Flask, Response, request

from chassis import logs, metrics
from contracts.problems import UNAVAILABLE
from gateway.arrival import arrival
from gateway.rpc import RpcClient

log = logs.get(__name__)

_HEADERS = (
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)
_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_HSTS = "max-age=31536000; includeSubDomains"
_UNKNOWN = "unknown"
_QUIET = {"/healthz", "/readyz", "/metrics"}


def register(app: Flask, rpc: RpcClient) -> None:
    """Watch every request of `app` and add /healthz, /readyz and /metrics."""
    app.after_request(_protect)
    app.after_request(_observe)

    def readyz() -> Response:
        if not rpc.ready:
            raise UNAVAILABLE(service="broker")
        return Response("ready\n", content_type="text/plain")

    app.add_url_rule("/healthz", view_func=_healthz)
    app.add_url_rule("/readyz", view_func=readyz)
    app.add_url_rule("/metrics", view_func=_metrics)


def _healthz() -> Response:
    return Response("alive\n", content_type="text/plain")


def _metrics() -> Response:
    return Response(metrics.exposition(), content_type=metrics.CONTENT_TYPE)


def _protect(response: Response) -> Response:
    response.headers.extend(_HEADERS)
    response.headers.setdefault("Content-Security-Policy", _POLICY)
    response.headers.setdefault("Cache-Control", "no-store")
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = _HSTS
    return response


def _observe(response: Response) -> Response:
    seconds = time.perf_counter() - arrival().began
    route = request.url_rule.rule if request.url_rule else _UNKNOWN
    if route in _QUIET:
        return response
    metrics.HTTP_REQUESTS.labels(route, request.method, response.status_code).inc()
    metrics.HTTP_DURATION.labels(route, request.method).observe(seconds)
    _log(route, response.status_code, seconds)
    return response


def _log(route: str, status: int, seconds: float) -> None:
    """One line per request; reads that went well only at DEBUG, for the metrics count them already."""
    facts = arrival()
    principal = facts.principal
    tell = log.debug if request.method in {"GET", "HEAD"} and status < 400 else log.info
    tell(
        "request",
        method=request.method,
        route=route,
        status=status,
        ms=round(seconds * 1000, 1),
        request_id=facts.request_id,
        trace_id=facts.trace_id,
        tenant=principal.tenant_code if principal else None,
        actor=f"{principal.actor.kind}:{principal.actor.id}" if principal else None,
        source=facts.source,
    )
