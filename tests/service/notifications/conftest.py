"""Fixtures of the notifications service's tests; every one runs on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from chassis.db import Database
from chassis.migrate import migrate
from chassis.work import Work
from services.notifications.providers import file, guard
from services.notifications.vault import vault
from tests.platform.fixtures import Databases
from tests.service.notifications.bench import Company


@pytest.fixture(scope="module")
def work(databases: Databases) -> Iterator[Work]:
    migrate("notifications", databases.url, databases.migration_url)
    database = Database("notifications", databases.url)
    yield Work(database)
    database.close()


@pytest.fixture(autouse=True)
def outbox_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the file provider writes; providers may stand on this machine."""
    monkeypatch.setenv("KEFU_TRIAL_MESSAGES_DIR", str(tmp_path / "messages"))
    monkeypatch.setenv("KEFU_SECRETS_DIR", str(tmp_path / "secrets"))
    monkeypatch.setenv("KEFU_ALLOW_PRIVATE_TARGETS", "true")
    monkeypatch.setenv("KEFU_WEBHOOK_HTTP", "true")
    monkeypatch.setenv("KEFU_WEBHOOK_PORTS", "any")
    caches: list[Callable[[], None]] = [
        vault.cache_clear, guard.allow_private.cache_clear, guard._webhook_rules.cache_clear, file._folder.cache_clear,
    ]  # fmt: skip
    for clear in caches:
        clear()
    yield tmp_path / "messages"
    for clear in caches:
        clear()


@pytest.fixture
def company(work: Work) -> Company:
    return Company(work)


@pytest.fixture
def new_company(work: Work) -> Callable[..., Company]:
    return lambda **settings: Company(work, **settings)
