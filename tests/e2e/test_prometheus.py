"""A real Prometheus scrapes a running platform by the shipped configuration and answers what ops will ask."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from kefu.ports import free_block
from kefu.processes import GATEWAY
from kefu.spawn import dying_with_parent
from kefu.waiting import wait_until
from tests.platform.running import Platform

SHIPPED = Path(__file__).parents[2] / "deploy" / "prometheus"
pytestmark = [pytest.mark.slow, pytest.mark.clause("PL-16")]


class Prometheus:
    """One Prometheus server and its query API."""

    def __init__(self, port: int) -> None:
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=5)

    def ready(self) -> bool:
        try:
            return self.http.get("/-/ready").status_code == 200
        except httpx.TransportError:
            return False

    def query(self, expression: str) -> dict[str, float]:
        """Values by the label that tells them apart (`process`, `service` or `route`)."""
        answer = self.http.get("/api/v1/query", params={"query": expression}).raise_for_status().json()
        return {_label(result["metric"]): float(result["value"][1]) for result in answer["data"]["result"]}

    def alerts(self) -> set[str]:
        answer = self.http.get("/api/v1/rules").raise_for_status().json()
        return {rule["name"] for group in answer["data"]["groups"] for rule in group["rules"]}


@pytest.fixture(scope="module")
def prometheus(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    folder = tmp_path_factory.mktemp("prometheus")
    port = free_block(1)
    (folder / "prometheus.yml").write_text(yaml.safe_dump(_with_targets(platform)))
    (folder / "alerts.yml").write_text((SHIPPED / "alerts.yml").read_text())
    command = ["prometheus", "--config.file=prometheus.yml", "--storage.tsdb.path=data"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*dying_with_parent("TERM"), *command, f"--web.listen-address=127.0.0.1:{port}"],
            cwd=folder,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    server = Prometheus(port)
    try:
        wait_until(server.ready, limit=30, what="Prometheus is ready", every=0.2)
        yield server
    finally:
        process.terminate()
        process.wait(20)
        server.http.close()


def test_every_process_is_up(platform: Platform, prometheus: Prometheus) -> None:
    expected = {f"kefu {name}": 1.0 for name in platform.names}
    expected["kefu-gateway gateway"] = expected.pop(f"kefu {GATEWAY}")
    wait_until(lambda: prometheus.query("up") == expected, limit=30, what=f"all are up: {prometheus.query('up')}")


def test_traffic_is_seen_by_route_and_service(platform: Platform, prometheus: Prometheus) -> None:
    def seen() -> bool:
        routes = prometheus.query('sum by (route) (kefu_http_requests_total{status="200"})')
        calls = prometheus.query('sum by (service) (kefu_rpc_requests_total{outcome="ok"})')
        return routes.get("/v1/tenants", 0) >= 3 and calls.get("tenants", 0) >= 3

    with platform.client() as client:
        for _ in range(3):
            assert client.get("/v1/tenants").status_code == 200
    wait_until(seen, limit=30, what="three requests in Prometheus", every=0.3)


def test_the_shipped_alerts_are_loaded_and_quiet(prometheus: Prometheus) -> None:
    shipped = yaml.safe_load((SHIPPED / "alerts.yml").read_text())
    assert prometheus.alerts() == {rule["alert"] for group in shipped["groups"] for rule in group["rules"]}
    assert prometheus.query("max by (service) (kefu_dead_letters) > 0") == {}


def _with_targets(platform: Platform) -> dict[str, Any]:
    """The shipped configuration with this machine's addresses in place of the containers' names, and no broker."""
    configuration: dict[str, Any] = yaml.safe_load((SHIPPED / "prometheus.yml").read_text())
    configuration["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    jobs = [job for job in configuration["scrape_configs"] if "dns_sd_configs" in job]
    for job in jobs:
        names = [name for discovery in job.pop("dns_sd_configs") for name in discovery["names"]]
        job["static_configs"] = [{"targets": [_address(platform, name)], "labels": {"process": name}} for name in names]
        job.pop("relabel_configs")
    return configuration | {"scrape_configs": jobs}


def _address(platform: Platform, name: str) -> str:
    return platform.installation.address(next(p for p in platform.installation.processes if p.name == name))


def _label(metric: dict[str, str]) -> str:
    if "process" in metric:
        return f"{metric['job']} {metric['process']}"
    return metric.get("service") or metric.get("route", "")
