"""The printed story: one line a step, in columns that stay straight with Chinese text."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Callable
from datetime import datetime

import click

_WHO, _WHAT = 38, 46


class Teller:
    """Prints what happens. `now` gives the platform's time."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now

    def chapter(self, title: str, about: str = "") -> None:
        click.echo()
        click.secho(f"━━ {title}", bold=True)
        for line in textwrap.wrap(about, 112):
            click.echo(f"   {line}")

    def step(self, who: str, what: str, result: str) -> None:
        """Somebody did something, and how it stands since."""
        click.echo(f"   {self._time()}  {padded(who, _WHO)} {padded(what, _WHAT)} {result}".rstrip())

    def refusal(self, who: str, what: str, code: str, detail: str) -> None:
        """Somebody was kept from doing something."""
        click.echo(
            f"   {self._time()}  {padded(who, _WHO)} {padded(what, _WHAT)} {click.style(f'✗ {code}', fg='yellow')}"
        )
        for line in textwrap.wrap(detail, 100):
            click.echo(f"{'':16}   {line}")

    def note(self, text: str) -> None:
        """Something that nobody did."""
        click.echo(f"   {self._time()}  {click.style('·', fg='cyan')} {text}")

    def plain(self, text: str = "") -> None:
        click.echo(f"   {text}".rstrip())

    def _time(self) -> str:
        return f"{self._now():%a %d %b %H:%M}"


def padded(text: str, width: int) -> str:
    """`text` with blanks up to `width` columns; a Chinese character takes two."""
    return text + " " * (width - columns(text))


def columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
