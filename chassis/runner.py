"""Running services: `kefu serve complaints customers` is one process with these services in it.

Import this module first: it makes the standard library cooperative before anybody else has it.
"""

from __future__ import annotations

import os

import chassis.slim  # noqa: F401  (before anything that would import what it leaves out)

os.environ.setdefault("EVENTLET_THREADPOOL_SIZE", "4")  # a password's hash takes 19 MB; two cores gain nothing by more

import eventlet

eventlet.monkey_patch()

import signal  # noqa: E402
import time  # noqa: E402
from collections.abc import Sequence  # noqa: E402
from functools import partial  # noqa: E402
from importlib.metadata import version  # noqa: E402
from typing import Any  # noqa: E402

import eventlet.wsgi  # noqa: E402
from kombu import Connection  # noqa: E402
from nameko.extensions import SharedExtension  # noqa: E402
from nameko.runners import ServiceRunner  # noqa: E402

from chassis import health, logs, metrics, released  # noqa: E402
from chassis.config import ServiceSettings  # noqa: E402
from chassis.link import Link  # noqa: E402
from chassis.topology import service_class_of  # noqa: E402
from chassis.workplace import Workplace  # noqa: E402

log = logs.get(__name__)
DRAIN_SECONDS = 9
ALIVE_SECONDS = 15
Checks = dict[str, health.Check]


def serve(names: Sequence[str]) -> None:
    """Run the services until SIGTERM or SIGINT; then finish the work in hand, within 10 s."""
    settings = ServiceSettings.load()
    logs.configure("+".join(names), level=settings.log_level, style=settings.log_format)
    metrics.describe_process("+".join(names), version("kefu"), tenants=settings.metrics_tenants)
    runner = ServiceRunner(config_of(settings))
    for name in names:
        service_class = service_class_of(name)
        service_class.settings.load()  # a mistake shows now, and not at the first call that needs the setting
        runner.add_service(service_class)
    if settings.metrics_port:
        _serve_health(settings.metrics_host, settings.metrics_port, *checks_of(runner))
    _await_broker(settings.amqp_uri)
    runner.start()
    _run_until_told(runner)


def config_of(settings: ServiceSettings) -> dict[str, Any]:
    """nameko's configuration."""
    return {
        "AMQP_URI": settings.amqp_uri,
        "KEFU_DATABASE_URL": settings.database_url,
        "max_workers": settings.max_workers,
        "HEARTBEAT": settings.amqp_heartbeat,
    }


def checks_of(runner: ServiceRunner) -> tuple[Checks, Checks]:
    """What /healthz and /readyz ask of each service in this process. Only a loop that no longer turns is worth a
    restart; an absent database or broker is waited for."""
    live: Checks = {}
    ready: Checks = {}
    for container in runner.containers:
        name, link, workplace = container.service_name, _of(container, Link), _of(container, Workplace)
        live[f"{name}.loop"] = partial(_check_loop, link)
        ready[f"{name}.broker"] = partial(_check_connected, link)
        ready[f"{name}.database"] = partial(_check_database, workplace)
        ready[f"{name}.migrations"] = partial(_check_migrated, workplace, name)
    return live, ready


def _check_loop(link: Link) -> None:
    silent = time.monotonic() - link.turned_at
    if link.connected and silent > ALIVE_SECONDS:
        raise RuntimeError(f"the consumer has been silent for {silent:.0f} s")


def _check_connected(link: Link) -> None:
    if not link.connected:
        raise RuntimeError("not connected to the broker")


def _check_database(workplace: Workplace) -> None:
    workplace.work.database.ping()


def _check_migrated(workplace: Workplace, service: str) -> None:
    if not released.at_head(workplace.work.database.engine, service):
        raise RuntimeError("the database is not at this release's version; run `kefu migrate`")


def _of(container: Any, kind: type[SharedExtension]) -> Any:
    return next(extension for extension in container.subextensions if isinstance(extension, kind))


def _await_broker(amqp_uri: str) -> None:
    """Wait for the broker instead of exiting: after a power cut everything starts at once."""
    while True:
        try:
            with Connection(amqp_uri, connect_timeout=3) as connection:
                connection.connect()
        except Exception as error:  # noqa: BLE001  (whatever keeps us from it)
            log.warning("waiting for the broker", error=str(error))
            eventlet.sleep(1)
        else:
            return


def _serve_health(host: str, port: int, live: Checks, ready: Checks) -> None:
    listener = eventlet.listen((host, port), reuse_addr=True)
    eventlet.spawn(eventlet.wsgi.server, listener, health.app(live, ready), log_output=False, keepalive=False)


def _run_until_told(runner: ServiceRunner) -> None:
    def stop(_signal: int, _frame: Any) -> None:
        eventlet.spawn_n(_drain, runner)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    runner.wait()


def _drain(runner: ServiceRunner) -> None:
    try:
        with eventlet.Timeout(DRAIN_SECONDS):
            runner.stop()
    except eventlet.Timeout:
        log.warning("work in hand did not end in time; it will be taken up again", seconds=DRAIN_SECONDS)
        os._exit(1)  # every step may be cut off anywhere; an orderly kill could wait for an absent broker
