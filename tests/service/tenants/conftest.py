"""The service on SQLite and on PostgreSQL, with two small packs and a new company for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from chassis import migrate
from chassis.db import Database
from services.tenants import tools
from tests.platform.fixtures import Databases
from tests.service.tenants.bench import Bench, Company

_HEAD = """
name: {name}
labels: {{zh-CN: 测试, en: Test}}
services: [customers, notifications]
org_kinds:
  site: {{labels: {{zh-CN: 门店, en: Site}}, site: true}}
roles:
  manager: {{labels: {{zh-CN: 经理, en: Manager}}, permissions: [customers.*, tenants.read, tenants.staff]}}
  clerk: {{labels: {{zh-CN: 文员, en: Clerk}}, permissions: [customers.read, tenants.read]}}
"""
_SHOP = "quiet_hours:\n  enabled: true\n  from: '21:00'\n  to: '08:00'\nfrequency_cap:\n  messages: 3\n  hours: 24\n"
_DEPOT = "frequency_cap:\n  messages: 9\n  hours: 24\n"


@pytest.fixture(scope="module")
def packs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("packs")
    for name, head, policy in (("shop", _HEAD, _SHOP), ("depot", _HEAD + _GUARD, _DEPOT)):
        (root / name).mkdir()
        (root / name / "pack.yaml").write_text(head.format(name=name), encoding="utf-8")
        (root / name / "notifications.yaml").write_text(policy, encoding="utf-8")
    return root


_GUARD = "  guard: {{labels: {{zh-CN: 护卫员, en: Guard}}, permissions: [customers.read], second_factor: required}}\n"


@pytest.fixture(scope="module")
def bench(databases: Databases, packs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KEFU_AMQP_URI", "amqp://nobody.invalid/")
        patch.setenv("KEFU_DATABASE_URL", databases.url)
        patch.setenv("KEFU_PACKS_DIR", str(packs))
        keys = tmp_path_factory.mktemp("keys")
        patch.setenv("KEFU_SIGNING_KEYS_PATH", str(keys / "tenants.json"))
        patch.setenv("KEFU_SECOND_FACTOR_KEY_PATH", str(keys / "second-factor.key"))
        tools.forget()
        migrate.migrate("tenants", databases.url, databases.migration_url)
        database = Database("tenants", databases.url)
        yield Bench(database)
        database.close()
    tools.forget()


@pytest.fixture
def company(bench: Bench) -> Company:
    return bench.company()
