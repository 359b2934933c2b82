"""The platform's metrics, each declared once; docs/operations/metrics.md says what they mean to the ops team.

Every process has one registry and serves it on its own port. The gateway is the exception: gunicorn runs several
workers behind one port, so a scrape reaches any one of them. There prometheus-client's multiprocess mode is used
(`PROMETHEUS_MULTIPROC_DIR`, an empty folder, set before this module is imported): each worker keeps its values in a
memory-mapped file and the worker that is scraped adds all of them up. The alternative, one port a worker, would make
the number of workers part of Prometheus's configuration; an aggregating process would be one more thing to keep alive.

Labels are bounded: services, operations, routes (templates, never paths), outcomes. Tenants go through `tenant_label`.
"""

from __future__ import annotations

import os
import platform
from threading import Lock

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
    multiprocess,
)
from prometheus_client.gc_collector import GCCollector
from prometheus_client.process_collector import ProcessCollector

disable_created_metrics()  # type: ignore[no-untyped-call]  # one more series for every counter, of no use to Prometheus
REGISTRY = CollectorRegistry()
MULTIPROCESS_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
OTHER = "other"

_FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_LAG = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0, 120.0, 600.0, 3600.0)


def _counter(name: str, text: str, *labels: str) -> Counter:
    return Counter(name, text, labels, registry=REGISTRY)


def _gauge(name: str, text: str, *labels: str) -> Gauge:
    return Gauge(name, text, labels, registry=REGISTRY, multiprocess_mode="livemax")


def _histogram(name: str, text: str, *labels: str, buckets: tuple[float, ...] = _FAST) -> Histogram:
    return Histogram(name, text, labels, registry=REGISTRY, buckets=buckets)


RPC_REQUESTS = _counter("kefu_rpc_requests_total", "Calls a service answered.", "service", "operation", "outcome")
RPC_DURATION = _histogram("kefu_rpc_duration_seconds", "Time a service took to answer a call.", "service", "operation")

WORKERS_BUSY = _gauge("kefu_workers_busy", "Calls, events and timers a service works on at this moment.", "service")

HTTP_REQUESTS = _counter("kefu_http_requests_total", "Requests the gateway answered.", "route", "method", "status")
HTTP_DURATION = _histogram(
    "kefu_http_request_duration_seconds", "Time the gateway took to answer a request.", "route", "method"
)

EVENTS = _counter("kefu_events_total", "Events a service received.", "service", "type", "outcome")
EVENT_LAG = _histogram(
    "kefu_event_lag_seconds",
    "Time from an event's making, just before its commit, to its effect's commit.",
    "service",
    buckets=_LAG,
)

OUTBOX_PENDING = _gauge("kefu_outbox_pending", "Events committed but not yet confirmed by the broker.", "service")
OUTBOX_OLDEST = _gauge("kefu_outbox_oldest_seconds", "Age of the oldest unpublished event; 0: none.", "service")
RELAY_PUBLISHED = _counter("kefu_relay_published_total", "Events the relay tried to publish.", "service", "outcome")
DEAD_LETTERS = _gauge("kefu_dead_letters", "Deliveries given up after all retries, waiting for replay.", "service")

DEADLINES_OPEN = _gauge("kefu_deadlines_open", "Deadlines that run or are paused.", "service")
DEADLINES_OVERDUE = _gauge("kefu_deadlines_overdue", "Deadlines that passed without the act they ask for.", "service")
DEADLINES_FIRED = _counter("kefu_deadline_fired_total", "Reminders and breaches acted on.", "service", "kind", "what")

PAPERS = _counter("kefu_papers_total", "Closed cases whose papers were made and kept, or not.", "service", "outcome")
PAPERS_WAITING = _gauge(
    "kefu_papers_waiting_seconds", "Since when the oldest closed case has waited for its papers; 0: none.", "service"
)
ERASURES = _counter("kefu_erasures_total", "Destroyed files that were erased, or not.", "service", "outcome")
ERASURES_STUCK = _gauge(
    "kefu_erasures_stuck",
    "Destroyed files whose erasure broke off three times or more and is still to be done.",
    "service",
)
REPORTS = _counter("kefu_reports_total", "Periodic reports that were made by themselves.", "service", "outcome")
REPORTS_WAITING = _gauge(
    "kefu_reports_waiting_seconds", "How long the oldest report that is due has not been made; 0: none.", "service"
)

DELIVERIES = _counter("kefu_deliveries_total", "Attempts to send a message to a person.", "channel", "outcome")
WEBHOOK_ATTEMPTS = _counter("kefu_webhook_attempts_total", "Attempts to send an event to a webhook.", "outcome")
WEBHOOK_DURATION = _histogram("kefu_webhook_attempt_seconds", "Time a webhook's receiver took to answer or to fail.")
WEBHOOK_OLDEST = _gauge(
    "kefu_webhook_oldest_seconds", "Age of the oldest event that an enabled webhook has not got; 0: none.", "endpoint"
)
WEBHOOK_OVERDUE = _gauge(
    "kefu_webhook_overdue_seconds", "How long a delivery that could leave has waited for its sender; 0: none does."
)
WEBHOOKS_DISABLED = _counter("kefu_webhooks_disabled_total", "Webhooks disabled because they failed.", "reason")
PRINTINGS = _counter("kefu_printings_total", "Papers and workbooks printed or not.", "kind", "outcome")
PRINTING_SECONDS = _histogram(
    "kefu_printing_seconds", "Time a paper or workbook took, waiting for its turn included.", "kind"
)
SCANS = _counter("kefu_scans_total", "Uploaded files that a scanner was to look at.", "service", "outcome")
SCAN_SECONDS = _histogram("kefu_scan_seconds", "Time the scanner took to look at a file.", "service")
CALENDAR_FALLBACK = _counter(
    "kefu_calendar_fallback_total",
    "Years reckoned without published make-up working days.",
)
AUDIT_UNSEALED = _gauge("kefu_audit_unsealed", "Audit rows not yet sealed into the hash chain.", "service")
TENANT_REQUESTS = _counter("kefu_tenant_requests_total", "Requests by tenant; the overflow is `other`.", "tenant")
BUILD_INFO = _gauge("kefu_build_info", "Always 1; the labels say what runs.", "service", "version", "python")


class Bounded:
    """A label that takes its first `limit` distinct values as they are and calls every later one `other`, so that a
    value from outside cannot grow the registry. The limit holds per process."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._seen: set[str] = set()
        self._lock = Lock()

    def __call__(self, value: str) -> str:
        if value in self._seen:
            return value
        with self._lock:
            if len(self._seen) < self.limit:
                self._seen.add(value)
        return value if value in self._seen else OTHER


tenant_label = Bounded(100)
"""The `tenant` label of a tenant code; `KEFU_METRICS_TENANTS` sets its limit by `describe_process`."""


def describe_process(service: str, version: str, *, tenants: int = 100) -> None:
    """Say once, at start, what this process is: sets kefu_build_info, the process's own metrics (CPU, memory, open
    files; not in multiprocess mode) and how many tenants get a label of their own."""
    BUILD_INFO.labels(service, version, platform.python_version()).set(1)
    tenant_label.limit = tenants
    if not is_multiprocess() and not _process_collectors:
        _process_collectors.extend([ProcessCollector(registry=REGISTRY), GCCollector(registry=REGISTRY)])


_process_collectors: list[object] = []


def is_multiprocess() -> bool:
    """Whether several processes share one metrics port (gunicorn's workers)."""
    return bool(os.environ.get(MULTIPROCESS_VARIABLE))


def exposition() -> bytes:
    """What /metrics answers, in Prometheus's text format (`CONTENT_TYPE`): this process's values, or those of all
    workers together in multiprocess mode."""
    if not is_multiprocess():
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)


def forget_process(pid: int) -> None:
    """Drop a dead worker's gauges; call it from gunicorn's `child_exit`. Its counters stay, so totals never fall."""
    if is_multiprocess():
        multiprocess.mark_process_dead(pid)  # type: ignore[no-untyped-call]
