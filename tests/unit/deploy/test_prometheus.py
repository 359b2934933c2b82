"""Scrape configuration, alert rules, runbooks and the list of metrics fit one another; checked with promtool."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.metrics import MetricWrapperBase

from chassis import metrics
from kefu.processes import CONTAINER_METRICS_PORT, manifest

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "deploy" / "prometheus"
SUFFIXES = ("_bucket", "_count", "_sum")


@pytest.mark.parametrize(
    "check",
    [("check", "config", "prometheus.yml"), ("check", "rules", "alerts.yml"), ("test", "rules", "alerts_test.yml")],
)
def test_promtool_accepts(check: tuple[str, ...]) -> None:
    done = subprocess.run(["promtool", *check], cwd=FOLDER, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_process_of_the_manifest_is_scraped() -> None:
    configuration = yaml.safe_load((FOLDER / "prometheus.yml").read_text())
    targets = {
        (name, discovery["port"])
        for job in configuration["scrape_configs"]
        for discovery in job.get("dns_sd_configs", [])
        for name in discovery["names"]
    }
    assert targets == {(p.name, 8080 if p.serves_http else CONTAINER_METRICS_PORT) for p in manifest()}


def test_every_alert_has_its_runbook_and_every_runbook_its_alert() -> None:
    alerts = {rule["alert"]: rule for rule in _rules()}
    runbooks = {path.stem for path in (ROOT / "deploy" / "runbooks").glob("*.md")}
    assert set(alerts) == runbooks
    for name, rule in alerts.items():
        assert rule["annotations"]["runbook"] == f"deploy/runbooks/{name}.md"
        assert rule["labels"]["severity"] in {"page", "ticket"}


def test_alerts_and_runbooks_speak_of_metrics_that_exist() -> None:
    texts = [rule["expr"] for rule in _rules()] + [p.read_text() for p in (ROOT / "deploy" / "runbooks").glob("*.md")]
    used = {_base(name) for text in texts for name in re.findall(r"\bkefu_[a-z_]+", text)}
    assert used
    assert used - set(_declared()) == set()


def test_the_documented_metrics_are_the_declared_ones() -> None:
    rows = re.findall(r"^\| `(kefu_\w+)` \| (\w+) \| ([\w, ]*)\|", _document(), re.MULTILINE)
    documented = {name: (kind, tuple(filter(None, re.split(r",\s*|\s+", labels)))) for name, kind, labels in rows}
    assert documented == _declared()


def _rules() -> list[dict[str, Any]]:
    document = yaml.safe_load((FOLDER / "alerts.yml").read_text())
    return [rule for group in document["groups"] for rule in group["rules"]]


def _document() -> str:
    return (ROOT / "docs" / "operations" / "metrics.md").read_text()


def _base(name: str) -> str:
    return next((name.removesuffix(suffix) for suffix in SUFFIXES if name.endswith(suffix)), name)


def _declared() -> dict[str, tuple[str, tuple[str, ...]]]:
    found = [value for value in vars(metrics).values() if isinstance(value, MetricWrapperBase)]
    return {_name(metric): (str(metric._type), tuple(metric._labelnames)) for metric in found}


def _name(metric: MetricWrapperBase) -> str:
    return f"{metric._name}_total" if metric._type == "counter" else str(metric._name)
