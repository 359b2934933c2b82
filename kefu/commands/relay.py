"""kefu relay: publish what the services' outboxes hold."""

from __future__ import annotations

import click

from kefu.processes import SERVICES


@click.command()
def command() -> None:
    """Publish the services' outboxes to the broker until SIGTERM."""
    from chassis import relay

    relay.main(SERVICES)
