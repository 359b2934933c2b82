"""The service on SQLite and on PostgreSQL, with a new company for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chassis import migrate
from chassis.db import Database
from chassis.storage import FolderStorage
from services.complaints.service import shared
from tests.platform.fixtures import Databases
from tests.service.complaints.bench import Bench, Company


@pytest.fixture(scope="module")
def bench(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    migrate.migrate("complaints", databases.url, databases.migration_url)
    database = Database("complaints", databases.url)
    storage = FolderStorage(tmp_path_factory.mktemp("attachments"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KEFU_AMQP_URI", "amqp://nobody.invalid/")
        patch.setenv("KEFU_DATABASE_URL", databases.url)
        patch.setattr(shared, "storage", lambda: storage)
        patch.setenv("KEFU_DATABASE_URL", databases.url)  # the service's own settings are loaded whole
        patch.setenv("KEFU_AMQP_URI", "amqp://127.0.0.1/not-used")
        yield Bench(database)
    database.close()


@pytest.fixture
def company(bench: Bench) -> Company:
    """A car dealership."""
    return bench.company()
