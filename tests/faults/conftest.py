"""Sites to break, one a kind of database, and the table of verdicts at the end."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Generator, Iterator

import pytest

from kefu.broker import PrivateBroker
from kefu.postgres import PrivatePostgres
from tests.faults import verdicts
from tests.faults.site import Site
from tests.platform.fixtures import Databases

_serial = itertools.count(1)


@pytest.fixture(scope="session")
def site(
    request: pytest.FixtureRequest,
    private_broker: PrivateBroker,
    new_databases: Callable[[str], Databases],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Site]:
    """A platform whose every part may be broken, on the kind of database that is the parameter (none: PostgreSQL); each
    test heals what it broke."""
    kind: str = getattr(request, "param", "postgresql")
    postgres: PrivatePostgres | None = None
    if kind == "postgresql":
        postgres = request.getfixturevalue("private_postgres")
    vhost = f"faults-{next(_serial)}"
    private_broker.add_vhost(vhost)
    site = Site(private_broker, vhost, new_databases(kind), tmp_path_factory.mktemp("site"), postgres)
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
    if verdicts.VERDICTS:
        terminalreporter.section("faults")
        for line in verdicts.table():
            terminalreporter.write_line(line)
    if verdicts.NOTICED:
        terminalreporter.section("sabotages")
        for line in verdicts.sabotages():
            terminalreporter.write_line(line)
