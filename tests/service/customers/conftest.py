"""The service on SQLite and on PostgreSQL, with a new company for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chassis import migrate
from chassis.db import Database
from tests.platform.fixtures import Databases
from tests.service.customers.bench import Bench, Company


@pytest.fixture(scope="module")
def bench(databases: Databases) -> Iterator[Bench]:
    migrate.migrate("customers", databases.url, databases.migration_url)
    database = Database("customers", databases.url)
    yield Bench(database)
    database.close()


@pytest.fixture
def company(bench: Bench) -> Company:
    return bench.company()
