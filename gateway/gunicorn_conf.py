"""gunicorn's configuration: `gunicorn -c python:gateway.gunicorn_conf 'gateway.app:create_app()'`.

The application is made in each worker, never in the master: a connection does not survive a fork. What all workers
share is made here, in the master: the folder of their metrics and the table of rate limits.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from typing import Any

# The folder must be known before prometheus-client is imported anywhere.
_METRICS = os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", tempfile.mkdtemp(prefix="kefu-gateway-metrics-"))

from chassis import logs, metrics  # noqa: E402
from gateway import refusals, shared_windows  # noqa: E402, F401  (the table is inherited by the workers)
from gateway.settings import GatewaySettings  # noqa: E402

_settings = GatewaySettings.load()
refusals.install()

bind = [_settings.bind]
workers = _settings.workers
worker_class = _settings.worker_class
threads = _settings.threads if worker_class == "gthread" else 1
worker_connections = 1000
timeout = 30
graceful_timeout = 10
keepalive = 75
limit_request_line = 8190
limit_request_field_size = 8190
control_socket_disable = True
logger_class = "gateway.gunicorn_logs.WithoutAccessLog"
logconfig_dict = logs.dict_config("gateway", level=_settings.log_level, style=_settings.log_format)


def post_fork(_server: Any, _worker: Any) -> None:
    """In the worker, before it makes the application."""
    logs.configure("gateway", level=_settings.log_level, style=_settings.log_format)


def worker_exit(_server: Any, worker: Any) -> None:
    """In the worker, after its last request."""
    app = worker.wsgi if hasattr(worker, "wsgi") else None
    if app is not None:
        app.extensions["kefu.connection"].stop()


def child_exit(_server: Any, worker: Any) -> None:
    """In the master, when a worker is gone."""
    metrics.forget_process(worker.pid)


def on_exit(_server: Any) -> None:
    shutil.rmtree(_METRICS, ignore_errors=True)
