"""kefu backup: all databases and files as of one moment, while callers are being served."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kefu.processes import SERVICES

if TYPE_CHECKING:
    from kefu.backup import Place

BACKUP_URL = "KEFU_BACKUP_DATABASE_URL"


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--relay-limit", default=30.0, show_default=True, help="Seconds to wait for the relay to rest.")
@click.option("--queue-limit", default=300.0, show_default=True, help="Seconds to wait for the event queues to empty.")
def command(folder: Path, relay_limit: float, queue_limit: float) -> None:
    """Back up all databases and the platform's files into the new FOLDER.

    Stop the relay first and start it again afterwards: events wait in the outboxes meanwhile, callers notice nothing.
    On PostgreSQL, KEFU_BACKUP_DATABASE_URL names a role that reads every row (kefu_backup in deploy/postgres), with
    {service} in it like KEFU_DATABASE_URL. FOLDER then holds people's data and the platform's keys: encrypt it.
    """
    from kefu import backup

    try:
        manifest = backup.take(place_of(BACKUP_URL), folder, relay_limit=relay_limit, queue_limit=queue_limit)
    except backup.BackupError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"Everything committed before {manifest['begun']} is in {folder}. Start the relay again.")


def place_of(url_variable: str) -> Place:
    """This installation as its environment describes it, its databases reached by the address in that variable."""
    from chassis.config import ServiceSettings
    from kefu.backup import Place
    from services.complaints.settings import ComplaintsSettings
    from services.notifications.settings import NotificationsSettings
    from services.tenants.settings import TenantsSettings

    settings = ServiceSettings.load()
    files = {
        "signing-keys.json": TenantsSettings.load().signing_keys_path,
        "second-factor.key": TenantsSettings.load().second_factor_key_path,
        "secrets": NotificationsSettings.load().secrets_dir,
        "attachments": ComplaintsSettings.load().attachments_dir,
    }
    return Place(SERVICES, os.environ.get(url_variable) or settings.database_url, settings.amqp_uri, files)
