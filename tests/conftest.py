"""What every test can use: see tests/platform/fixtures.py, and `--clauses` in tests/platform/clauses.py."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.platform.clauses import ClausePlugin, clauses_of
from tests.platform.fixtures import (
    amqp_uri,
    attach_tails,
    databases,
    new_databases,
    new_platform,
    platform,
    postgres,
    private_broker,
    private_postgres,
)

__all__ = [
    "amqp_uri",
    "databases",
    "new_databases",
    "new_platform",
    "platform",
    "postgres",
    "private_broker",
    "private_postgres",
]


# How quick this machine is today says nothing about the code.
settings.register_profile("kefu", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("kefu")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--clauses", default="", metavar="SYSTEMS", help='check that "AD PC" (or all) are shown by tests')


def pytest_configure(config: pytest.Config) -> None:
    systems: str = config.getoption("--clauses")
    config.pluginmanager.register(ClausePlugin(clauses_of(systems) if systems else []), "kefu-clauses")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    if report.failed:
        attach_tails(item, report)
    return report
