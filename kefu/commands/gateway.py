"""kefu gateway: the REST API under gunicorn."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path

import click

APPLICATION = "gateway.app:create_app()"


@click.command()
def command() -> None:
    """Serve the REST API on KEFU_GATEWAY_BIND until SIGTERM."""
    # exec: gunicorn's master gets the signals itself, and nothing of this program stays in memory.
    os.execv(sys.executable, [sys.executable, "-m", "gunicorn", "--config", str(_configuration()), APPLICATION])


def _configuration() -> Path:
    package = find_spec("gateway")
    if package is None or package.origin is None:
        raise click.ClickException("the package `gateway` is not installed here")
    return Path(package.origin).with_name("gunicorn_conf.py")
