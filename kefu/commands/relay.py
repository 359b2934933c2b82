"""kefu relay: publish what the services' outboxes hold."""

from __future__ import annotations

import click


@click.command()
def command() -> None:
    """Publish the services' outboxes to the broker until SIGTERM."""
    from chassis import relay

    relay.main()
