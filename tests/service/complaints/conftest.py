"""The service on SQLite and on PostgreSQL, with a new company for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chassis import migrate
from chassis.db import Database
from chassis.storage import FolderStorage
from chassis.tenancy import digest_of
from services.complaints.queries import cases
from services.complaints.service import shared
from tests.platform.fixtures import Databases
from tests.service.complaints.bench import Bench, Company


@pytest.fixture(scope="session", autouse=True)
def _policies_are_only_read() -> Iterator[None]:
    """Companies share a policy in memory: whatever a test did with one, the document is what it was."""
    yield
    for (digest, _version), policy in cases._compiled._held.items():
        assert digest_of(policy.document) == digest, f"somebody changed the policy of {policy.document.get('key')}"


@pytest.fixture(scope="module")
def bench(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    migrate.migrate("complaints", databases.url, databases.migration_url)
    database = Database("complaints", databases.url)
    storage = FolderStorage(tmp_path_factory.mktemp("attachments"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KEFU_AMQP_URI", "amqp://nobody.invalid/")  # the service's own settings are loaded whole
        patch.setenv("KEFU_DATABASE_URL", databases.url)
        patch.setattr(shared, "storage", lambda: storage)
        yield Bench(database)
    database.close()


@pytest.fixture
def company(bench: Bench) -> Company:
    """A car dealership."""
    return bench.company()
