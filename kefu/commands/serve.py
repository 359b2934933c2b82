"""kefu serve: run nameko services in this process."""

from __future__ import annotations

import click

from kefu.processes import SERVICES


@click.command()
@click.argument("services", nargs=-1, required=True, type=click.Choice(SERVICES))
def command(services: tuple[str, ...]) -> None:
    """Run one or several services in this process until SIGTERM."""
    from chassis import runner

    runner.serve(list(services))
