"""kefu migrate: bring the databases to the newest shape."""

from __future__ import annotations

import os

import click

from kefu.processes import SERVICES

MIGRATION_URL = "KEFU_MIGRATION_DATABASE_URL"


@click.command()
@click.argument("services", nargs=-1, type=click.Choice(SERVICES))
def command(services: tuple[str, ...]) -> None:
    """Bring the databases of SERVICES (default: all) to the newest shape and declare their queues.

    Fits the release before, so run it first. On PostgreSQL the tables belong to another role than the services sign in
    as: KEFU_MIGRATION_DATABASE_URL names its address, with {service} in it like KEFU_DATABASE_URL.
    """
    from chassis import migrate
    from chassis.config import ServiceSettings

    settings = ServiceSettings.load()
    migrate.main(
        services or SERVICES,
        database_url=settings.database_url,
        owner_url=os.environ.get(MIGRATION_URL) or None,
        amqp_uri=settings.amqp_uri,
    )
