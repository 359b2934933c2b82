"""kefu dead-letters: events that could not be applied, and a second chance for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import UUID

import click
import orjson

from kefu import beside
from kefu.processes import SERVICES

if TYPE_CHECKING:
    from chassis.db import Database
    from chassis.tables import EventRetry

_service = click.option("--service", "services", multiple=True, help="Only this service; may be given several times.")


@click.group()
def group() -> None:
    """Events that a service could not apply after all retries.

    Each waits in the database of the service that was to apply it. The services may go on running meanwhile.
    """
    beside.join()


@group.command("list")
@_service
@click.option("--limit", default=200, show_default=True, type=click.IntRange(1, 10_000), help="Per service.")
def list_(services: tuple[str, ...], limit: int) -> None:
    """List them, oldest first."""
    count = 0
    for service, letter in _letters(services or SERVICES, limit):
        count += 1
        since = letter.created_at.isoformat(timespec="seconds")
        click.echo(f"{letter.id}  {service}  {since}  {letter.type}  tenant {letter.tenant_id}")
        click.echo(f"    {letter.handler or 'no handler'}: {_scrubbed((letter.error.splitlines() or [''])[0])}")
    click.echo(f"{count} dead letter(s)." if count else "No dead letters.")


@group.command()
@click.argument("letter_id", type=click.UUID)
@click.option("--whole", is_flag=True, help="Personal data too; it must not get into tickets or chats.")
@_service
def show(letter_id: UUID, services: tuple[str, ...], *, whole: bool) -> None:
    """Show one with its content and its last error, personal data masked."""
    service, letter = _find(letter_id, services)
    click.echo(f"service     {service}\nhandler     {letter.handler}\ntenant      {letter.tenant_id}")
    click.echo(
        f"type        {letter.type}\nevent       {letter.message_id}\nsince       {letter.created_at.isoformat()}"
    )
    click.echo(f"attempts    {letter.attempts}\nerror       {_scrubbed(letter.error)}\n")
    click.echo(letter.body if whole else _masked(letter.body))


@group.command()
@click.argument("letter_ids", nargs=-1, type=click.UUID)
@click.option("--all", "all_", is_flag=True, help="Every one of the chosen services.")
@_service
def replay(letter_ids: tuple[UUID, ...], services: tuple[str, ...], *, all_: bool) -> None:
    """Try LETTER_IDS again, from the first step of the retries. The service does it within seconds when it runs."""
    if bool(letter_ids) == all_:
        raise click.UsageError("name the letters to replay, or give --all")
    chosen = list(_letters(services or SERVICES, 10_000)) if all_ else [_find(i, services) for i in letter_ids]
    for service, letter in chosen:
        _replay(service, letter)
    click.echo(f"{len(chosen)} event(s) will be tried again.")


def _letters(services: Sequence[str], limit: int) -> Iterator[tuple[str, EventRetry]]:
    from chassis import retries

    for service in services:
        with _database(service) as database, database.begin(None, read_only=True, system=True) as session:
            letters = retries.dead_letters(session, limit)
        yield from ((service, letter) for letter in letters)


def _find(letter_id: UUID, services: Sequence[str]) -> tuple[str, EventRetry]:
    for service, letter in _letters(services or SERVICES, 10_000):
        if letter.id == letter_id:
            return service, letter
    raise click.ClickException(f"there is no dead letter {letter_id}; see `kefu dead-letters list`")


def _replay(service: str, letter: EventRetry) -> None:
    from chassis import clock, retries

    with _database(service) as database, database.begin(letter.tenant_id) as session:
        retries.replay(session, letter.tenant_id, letter.id, clock.now())


@contextmanager
def _database(service: str) -> Iterator[Database]:
    from chassis.config import ServiceSettings
    from chassis.db import Database

    database = Database(service, ServiceSettings.load().database_url, pool_size=1)
    try:
        yield database
    finally:
        database.close()


def _masked(body: str) -> str:
    """The content as a person may read it."""
    from chassis import logs

    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError:
        return f"No JSON, {len(body)} characters. --whole shows it."
    return orjson.dumps(logs.masked("", content), option=orjson.OPT_INDENT_2).decode()


def _scrubbed(text: str) -> str:
    from chassis import logs

    return str(logs.masked("", text))
