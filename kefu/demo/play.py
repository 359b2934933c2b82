"""The whole demonstration: companies, imports, stories, every channel, figures."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from kefu.demo import figures, intake
from kefu.demo.accounts import AccountsFile
from kefu.demo.api import Json, Refused
from kefu.demo.customers import as_complainant, csv_of, rows
from kefu.demo.loading import Company, Loader, specs
from kefu.demo.moving_clock import MovingClock
from kefu.demo.player import ARRIVES_WITHIN, Player
from kefu.demo.stories import stories
from kefu.demo.telling import Teller
from kefu.waiting import wait_until

_ZONE = ZoneInfo("Asia/Shanghai")
_IMPORT_LIMIT = 120.0
_AFTER_STORIES = 40
"""The customers from here on complain through the channels."""


@dataclass
class Demonstration:
    """Plays everything against the platform at `url`."""

    url: str
    operator_key: str
    accounts: AccountsFile
    clock_file: Path | None
    locale: str
    _companies: dict[str, Company] = field(default_factory=dict)

    def load(self) -> list[Company]:
        """Take the companies on and print what opens those that are new."""
        loader = Loader(self.url, self.operator_key, self.locale, self.accounts)
        self._companies = {spec["code"]: loader.load(spec) for spec in specs()}
        for company in self._companies.values():
            _introduce(company, self.accounts)
        return list(self._companies.values())

    def play(self) -> None:
        """Everything, to the monthly figures."""
        clock = MovingClock(self.clock_file, _ZONE)
        clock.begin()
        with ExitStack() as stack:
            for company in self.load():
                stack.callback(company.close)
            teller = Teller(clock.now)
            players = {company.code: self._player(company, clock) for company in self._companies.values()}
            for company in self._companies.values():
                self._import_customers(company, teller)
            for story in stories():
                players[story.company].play(story)
            for company in self._companies.values():
                self._every_channel(company, players[company.code], teller)
            for company in self._companies.values():
                self._figures(company, clock, teller)
            self._status_link(next(iter(self._companies.values())), teller)

    def _player(self, company: Company, clock: MovingClock) -> Player:
        roles = {role["name"]: role["labels"][self.locale] for role in company.admin.all("/v1/roles")}
        customers = [as_complainant(row) for row in rows(company.spec["customers"])]
        return Player(company, customers, roles, clock)

    def _import_customers(self, company: Company, teller: Teller) -> None:
        """A dry run that finds a mistake, the import, and the same file again."""
        found = rows(company.spec["customers"])
        broken = [*found[:9], {**found[9], "电话": "12ab"}]
        teller.chapter(f"{company.name} · {len(found)} customers from CSV")
        for mode, content in (("dry_run", broken), ("all_or_nothing", found), ("good_rows", found)):
            done = self._imported(company, mode, csv_of(content))
            counts = "  ".join(f"{n} {done[f'rows_{n}']}" for n in ("total", "created", "updated", "unchanged", "bad"))
            teller.step("administrator's key", f"import, {mode}", f"{done['state']}: {counts}")
            for error in done["errors"]:
                teller.plain(f"    row {error['row']}, {error['column']}: {error['message']}")

    def _imported(self, company: Company, mode: str, content: bytes) -> Json:
        _patient(lambda: company.admin.get("/v1/customers", limit=1), "the customers service knows the company")
        started = company.admin.upload("/v1/imports", f"{company.code}.csv", content, kind="customers", mode=mode)
        path = f"/v1/imports/{started['id']}"
        wait_until(
            lambda: company.admin.get(path)["state"] in {"done", "refused"},
            limit=_IMPORT_LIMIT,
            what="import",
            every=0.2,
        )
        done: Json = company.admin.get(path)
        return done

    def _every_channel(self, company: Company, player: Player, teller: Teller) -> None:
        teller.chapter(f"{company.name} · a complaint through every channel")
        first = next(story for story in stories() if story.company == company.code).register
        intake.through_every_channel(company, player, first["by"], first["org_unit_id"]["unit"], _AFTER_STORIES)

    def _figures(self, company: Company, clock: MovingClock, teller: Teller) -> None:
        month = f"{clock.now():%Y-%m}"
        teller.chapter(f"{company.name} · figures of {month}")
        figures.show(company.admin.get("/v1/reports/complaints-monthly", month=month))

    def _status_link(self, company: Company, teller: Teller) -> None:
        """What a complainant sees (UX-13): the reader may open it."""
        case = company.admin.get("/v1/complaints", state="open", limit=1)["items"][0]
        link = company.admin.post(f"/v1/complaints/{case['id']}/status-link")
        teller.plain()
        teller.plain(f"The complainant of {case['number']} follows the case at {link['url'] or self.url + '/s'}")
        teller.plain(f"or there with the number and the code {link['code']}.")


def _introduce(company: Company, accounts: AccountsFile) -> None:
    if not company.new:
        click.echo(f"{company.name} ({company.code}) is there already; its accounts are in {accounts.path}")
        return
    click.secho(f"{company.name}  company code: {company.code}", bold=True)
    click.echo(f"  administrator's key  {company.account.admin_key}")
    click.echo(f"  everybody's password {company.account.password}    (both kept in {accounts.path})")
    names = ", ".join(f"{username} ({member.role})" for username, member in company.staff.items())
    click.echo(f"  staff                {names}")
    click.echo(f"  curl -s -H 'Authorization: Bearer {company.account.admin_key}' {company.url}/v1/complaint-intake")


def _patient(call: object, what: str) -> None:
    """Wait until `call()` is not refused: a service hears of a new company a moment after the operator did."""
    assert callable(call)

    def works() -> bool:
        try:
            call()
        except Refused:
            return False
        return True

    wait_until(works, limit=ARRIVES_WITHIN, what=what, every=0.2)
