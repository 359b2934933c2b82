"""Command lines, environments and addresses of an installation, and the manifest behind it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from kefu.installation import Installation, free_addresses, sqlite_template
from kefu.ports import free_block, is_free
from kefu.processes import GATEWAY, MIGRATE, RELAY, SERVICES, manifest

SERVICE_FOLDERS = Path(__file__).parents[3] / "services"


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    return Installation(
        amqp_uri="amqp://b/",
        database_url="sqlite:////d/{service}.db",
        var=tmp_path,
        migration_url="m",
        metrics_base=9000,
    )


def test_every_service_that_has_doors_is_in_the_manifest() -> None:
    assert {path.parent.name for path in SERVICE_FOLDERS.glob("*/service.py")} <= set(SERVICES)


def test_the_manifest_is_one_process_a_service_and_two_more() -> None:
    assert [process.name for process in manifest()] == [*SERVICES, RELAY, GATEWAY]


def test_services_may_share_a_process() -> None:
    shared = manifest([("tenants", "customers")])[0]
    assert shared.name == "tenants+customers"
    assert shared.command == ("kefu", "serve", "tenants", "customers")


def test_every_process_has_an_address_of_its_own(installation: Installation) -> None:
    addresses = [installation.address(process) for process in installation.processes]
    assert len(set(addresses)) == len(addresses)
    assert addresses[-1] == installation.bind


def test_a_command_line_starts_this_interpreter(installation: Installation) -> None:
    assert installation.command(MIGRATE) == [sys.executable, "-m", "kefu", "migrate"]


def test_only_migrations_get_the_owners_address(installation: Installation) -> None:
    assert installation.environment()["KEFU_MIGRATION_DATABASE_URL"] == "m"
    for process in installation.processes:
        assert "KEFU_MIGRATION_DATABASE_URL" not in installation.environment(process)


def test_nobody_there_is_not_ready(tmp_path: Path) -> None:
    bind, base = free_addresses()
    nobody = Installation(amqp_uri="", database_url="", var=tmp_path, bind=bind, metrics_base=base)
    assert not nobody.all_ready()


def test_the_sqlite_template_makes_its_folder(tmp_path: Path) -> None:
    template = sqlite_template(tmp_path / "a" / "b")
    assert template == f"sqlite:///{tmp_path}/a/b/{{service}}.db"
    assert (tmp_path / "a" / "b").is_dir()


def test_a_block_of_ports_is_free() -> None:
    first = free_block(8)
    assert all(is_free(port) for port in range(first, first + 8))
