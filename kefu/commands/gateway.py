"""kefu gateway: the REST API under gunicorn."""

from __future__ import annotations

import os
import sys

import click

_GUNICORN = ("-m", "gunicorn", "--config", "python:gateway.gunicorn_conf", "gateway.app:create_app()")


@click.command()
def command() -> None:
    """Serve the REST API on KEFU_GATEWAY_BIND until SIGTERM."""
    # exec: gunicorn's master gets the signals itself, and nothing of this program stays in memory.
    os.execv(sys.executable, [sys.executable, *_GUNICORN])
