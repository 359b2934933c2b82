"""Sites to break, one a kind of database, and the table of verdicts at the end."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Generator, Iterator

import pytest

from kefu.broker import PrivateBroker
from kefu.postgres import PrivatePostgres
from tests.faults import runs
from tests.faults.site import Site
from tests.platform.fixtures import Databases

KINDS = ("postgresql", "sqlite") if runs.WHOLE else ("postgresql",)
_serial = itertools.count(1)


@pytest.fixture(scope="session", params=KINDS)
def site(
    request: pytest.FixtureRequest,
    private_broker: PrivateBroker,
    new_databases: Callable[[str], Databases],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Site]:
    """A platform whose every part may be broken; each test heals what it broke."""
    postgres: PrivatePostgres | None = None
    if request.param == "postgresql":
        postgres = request.getfixturevalue("private_postgres")
    uri = private_broker.add_vhost(f"faults-{next(_serial)}")
    site = Site(private_broker, uri, new_databases(request.param), tmp_path_factory.mktemp("site"), postgres)
    site.open()
    yield site
    site.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    site = getattr(item, "funcargs", {}).get("site")
    if report.failed and isinstance(site, Site):
        report.sections.append(("site processes", site.platform.tails()))
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if runs.VERDICTS:
        terminalreporter.section("faults")
        for line in runs.table():
            terminalreporter.write_line(line)
