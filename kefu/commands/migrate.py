"""kefu migrate: bring the databases to the newest shape."""

from __future__ import annotations

import click

from kefu.processes import SERVICES


@click.command()
@click.argument("services", nargs=-1, type=click.Choice(SERVICES))
def command(services: tuple[str, ...]) -> None:
    """Bring the databases of SERVICES (default: all) to the newest shape. Fits the release before: run it first."""
    from chassis import migrate

    migrate.main(list(services or SERVICES))
