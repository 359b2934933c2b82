"""Metrics: declared once, bounded, and added up over workers."""

import os
import subprocess
import sys
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from chassis import metrics

PROMISED = [
    "kefu_rpc_requests",
    "kefu_rpc_duration_seconds",
    "kefu_http_requests",
    "kefu_http_request_duration_seconds",
    "kefu_events",
    "kefu_event_lag_seconds",
    "kefu_outbox_pending",
    "kefu_outbox_oldest_seconds",
    "kefu_erasures",
    "kefu_erasures_stuck",
    "kefu_papers",
    "kefu_papers_waiting_seconds",
    "kefu_printing_seconds",
    "kefu_printings",
    "kefu_relay_published",
    "kefu_reports",
    "kefu_reports_waiting_seconds",
    "kefu_dead_letters",
    "kefu_deadlines_open",
    "kefu_deadlines_overdue",
    "kefu_deadline_fired",
    "kefu_deliveries",
    "kefu_webhook_attempts",
    "kefu_webhook_attempt_seconds",
    "kefu_webhooks_disabled",
    "kefu_webhook_oldest_seconds",
    "kefu_webhook_overdue_seconds",
    "kefu_scans",
    "kefu_scan_seconds",
    "kefu_workers_busy",
    "kefu_calendar_fallback",
    "kefu_audit_unsealed",
    "kefu_tenant_requests",
    "kefu_build_info",
]


def samples(text: bytes) -> dict[str, list[tuple[dict[str, str], float]]]:
    """Family name -> (labels, value) of each of its samples."""
    families = text_string_to_metric_families(text.decode())
    return {family.name: [(s.labels, s.value) for s in family.samples] for family in families}


def test_every_promised_metric_is_there() -> None:
    shown = samples(metrics.exposition())
    assert sorted(n for n in shown if n.startswith("kefu_")) == sorted(PROMISED)


def test_build_info_says_what_runs() -> None:
    metrics.describe_process("complaints", "1.2.3", tenants=2)
    shown = samples(metrics.exposition())
    assert {"service": "complaints", "version": "1.2.3"}.items() <= shown["kefu_build_info"][0][0].items()
    assert "process_cpu_seconds" in shown
    metrics.describe_process("complaints", "1.2.3")


def test_a_label_is_bounded() -> None:
    label = metrics.Bounded(2)
    assert [label(v) for v in ("a", "b", "c", "a", "d")] == ["a", "b", "other", "a", "other"]


def test_workers_are_added_up(tmp_path: Path) -> None:
    environ = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    work = (
        "import sys; from chassis import metrics as m; m.describe_process('gateway', '1');"
        "m.HTTP_REQUESTS.labels('/v1/x', 'GET', 200).inc();"
    )
    shows = "sys.stdout.buffer.write(m.exposition())"
    subprocess.run([sys.executable, "-c", work], env=environ, check=True)
    shown = subprocess.run([sys.executable, "-c", work + shows], env=environ, check=True, capture_output=True).stdout
    labels = {"route": "/v1/x", "method": "GET", "status": "200"}
    assert (labels, 2.0) in samples(shown)["kefu_http_requests"]
