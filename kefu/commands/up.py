"""kefu up: a whole platform on this machine, which is what `make run` runs."""

from __future__ import annotations

import os
from pathlib import Path

import click

from kefu.processes import manifest


@click.command()
@click.option(
    "--together", is_flag=True, help="All services in one process: a third of the memory, one CPU for all of them."
)
@click.option("--demo/--no-demo", default=True, show_default=True, help="Load the demonstration companies.")
def command(together: bool, demo: bool) -> None:
    """Start the whole platform on this machine and keep it running until ctrl-C.

    Provides a private RabbitMQ unless KEFU_AMQP_URI names one, and SQLite files unless KEFU_DATABASE_URL names
    databases. Everything it writes is under KEFU_VAR (default: var).
    """
    from kefu.console import Console
    from kefu.platform import LocalPlatform, StartError
    from kefu.processes import SERVICES

    processes = manifest([SERVICES]) if together else manifest()
    platform = LocalPlatform(Path(os.environ.get("KEFU_VAR", "var")).absolute(), processes, Console(), demo=demo)
    try:
        platform.run()
    except StartError as error:
        raise click.ClickException(str(error)) from error
