"""kefu restore: a backup on an empty machine."""

from __future__ import annotations

from pathlib import Path

import click

from kefu.commands.backup import place_of
from kefu.commands.migrate import MIGRATION_URL


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def command(folder: Path) -> None:
    """Restore the backup in FOLDER into empty databases, and put its files back.

    On PostgreSQL as the owner of the tables: KEFU_MIGRATION_DATABASE_URL. Then run `kefu migrate`, which gives the
    roles their rights and declares the queues, and start everything: what was in the outboxes is published.
    """
    from kefu import backup

    try:
        manifest = backup.restore(place_of(MIGRATION_URL), folder)
    except backup.BackupError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"Restored: everything committed before {manifest['begun']}. Now run `kefu migrate`, then start.")
