"""The gateway: puts its parts together. gunicorn calls `create_app()` once in each worker."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import partial
from importlib.metadata import version
from typing import Any

import orjson
from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from chassis import metrics
from contracts.complaints import LINK_PREFIX, RESOLVE_STATUS_LINK
from contracts.context import service_context
from contracts.core import ServiceContract
from contracts.registry import CONTRACTS
from contracts.tenants import CONTRACT as TENANTS
from contracts.tenants import CREDENTIAL_REVOKED, INTROSPECT, POLICY_ACTIVATED
from gateway import arrival, documentation, observation, problems, routes, status
from gateway.admission import Admission
from gateway.principals import Principals
from gateway.rates import Rates
from gateway.rpc import CONNECT_SECONDS, Connection, Feed, RpcClient, Watch
from gateway.settings import GatewaySettings

INTROSPECTION_SECONDS = 2.0


def create_app(settings: GatewaySettings | None = None, contracts: Mapping[str, ServiceContract] = CONTRACTS) -> Flask:
    """The WSGI application, connected or trying again; `app.extensions["kefu.connection"].stop()` ends that."""
    settings = settings or GatewaySettings.load()
    rpc = RpcClient()
    principals = Principals(partial(_introspect, rpc))
    connection = _connect(settings, rpc, principals)
    admission = Admission(principals, Rates(settings.rate_store), settings)
    app = _flask(settings)
    arrival.register(app)
    observation.register(app, rpc)
    problems.register(app)
    document = routes.register(app, contracts.values(), admission, rpc)
    documentation.register(app, document, contracts, admission)
    status.register(app, admission, rpc)
    metrics.describe_process("gateway", version("kefu"), tenants=settings.metrics_tenants)
    app.extensions["kefu.connection"] = connection
    return app


def _flask(settings: GatewaySettings) -> Flask:
    app = Flask("kefu", static_folder=None)
    app.url_map.strict_slashes = False
    app.url_map.redirect_defaults = False
    app.url_map.merge_slashes = False
    if settings.proxies:
        hops = settings.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    return app


def _connect(settings: GatewaySettings, rpc: RpcClient, principals: Principals) -> Connection:
    """One connection for calls and for the events after which a credential may mean something else.

    It has connected or failed to when this returns: a new worker takes its first request at once, and would refuse it.
    """
    events = [event for event in TENANTS.events if event is not POLICY_ACTIVATED]
    feed = Feed(events, heard=partial(_heard, principals), began=principals.recheck)
    watch = Watch(rpc.waited_for, rpc.gone)
    connection = Connection(settings.amqp_uri, [rpc, feed, watch], heartbeat=settings.amqp_heartbeat)
    rpc.soon = connection.soon
    connection.start()
    rpc.wait_for_first_attempt(CONNECT_SECONDS)
    return connection


def _heard(principals: Principals, type_: str, body: bytes) -> None:
    if type_ == CREDENTIAL_REVOKED.type:
        principals.forget(orjson.loads(body)["data"]["credential_id"])
    else:
        principals.recheck()


def _introspect(rpc: RpcClient, credential: str) -> Mapping[str, Any]:
    facts = arrival.arrival()
    context = service_context("gateway").with_(
        request_id=facts.request_id, trace_id=facts.trace_id, deadline=time.time() + INTROSPECTION_SECONDS
    )
    asked = RESOLVE_STATUS_LINK if credential.startswith(LINK_PREFIX) else INTROSPECT
    reply: Mapping[str, Any] = rpc.call(asked.service, asked.name, {"credential": credential}, context)
    return reply
