"""kefu broker-users: RabbitMQ users with least rights, one for each process."""

from __future__ import annotations

import json
import os
from typing import IO

import click

from kefu.processes import SERVICES, manifest


@click.command()
@click.option("--vhost", default="kefu", show_default=True, help="The virtual host the rights are for.")
@click.option("--output", type=click.File("w"), default="-", help="Write them to this file.")
@click.option("--together", is_flag=True, help="For `kefu up --together`: one process has all services.")
def command(vhost: str, output: IO[str], together: bool) -> None:
    """Print RabbitMQ definitions: a user for each process with the rights its work needs and no more.

    Give them to `rabbitmqctl import_definitions`, or to a node's load_definitions. Passwords come from
    KEFU_TENANTS_PASSWORD, KEFU_RELAY_PASSWORD and so on; the definitions hold salted hashes. A process signs in as
    kefu-tenants, kefu-relay and so on.
    """
    from kefu.broker_users import definitions

    processes = manifest([SERVICES]) if together else manifest()
    passwords = {process.name: os.environ.get(process.password_variable, "") for process in processes}
    missing = [process.password_variable for process in processes if not passwords[process.name]]
    if missing:
        raise click.ClickException(f"Set a password for each process; missing: {', '.join(missing)}")
    click.echo(json.dumps(definitions(vhost, processes, passwords), indent=1), file=output)
