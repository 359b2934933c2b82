"""docker-compose.yml cannot run here, so it is held against the compose specification and the manifest."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from compose_spec import PyCompose

from kefu.processes import CONTAINER_METRICS_PORT, GATEWAY, MIGRATE, SERVICES, manifest

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "deploy" / "docker" / "env.example"
BROKER_USERS = ("kefu", "broker-users")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return document


def test_it_keeps_to_the_compose_specification(compose: dict[str, Any]) -> None:
    PyCompose.from_json(_filled_in(compose))


def test_the_specification_check_finds_a_misspelt_key(compose: dict[str, Any]) -> None:
    broken = _filled_in(compose).replace('"restart"', '"restrat"')
    with pytest.raises(ValueError, match="restrat"):
        PyCompose.from_json(broken)


def test_its_processes_are_the_manifests(compose: dict[str, Any]) -> None:
    commands = {name: tuple(service["command"]) for name, service in compose["services"].items() if _is_ours(service)}
    assert commands.pop("broker-users")[:2] == BROKER_USERS
    assert commands.pop("backup")[:2] == ("kefu", "backup")
    assert commands == {"migrate": MIGRATE, **{process.name: process.command for process in manifest()}}


def test_every_process_waits_for_the_migration_and_can_be_scraped(compose: dict[str, Any]) -> None:
    for process in manifest():
        service = compose["services"][process.name]
        assert service["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
        assert service["environment"]["KEFU_METRICS_PORT"] == str(CONTAINER_METRICS_PORT)
        assert service["environment"]["KEFU_METRICS_HOST"] == "0.0.0.0"
        assert service["healthcheck"]["test"]


def test_only_the_migration_knows_the_owner(compose: dict[str, Any]) -> None:
    knowing = [name for name, service in compose["services"].items() if "kefu_owner" in json.dumps(service)]
    assert knowing == ["migrate"]


def test_every_process_signs_in_as_itself_and_knows_no_other_password(compose: dict[str, Any]) -> None:
    for process in manifest():
        service = compose["services"][process.name]
        environment = service["environment"]
        assert environment["KEFU_AMQP_URI"].startswith(f"amqp://{process.user}:${{{process.password_variable}:?")
        assert set(re.findall(r"KEFU_\w+_PASSWORD", json.dumps(service))) == {process.password_variable}
        assert ("KEFU_DATABASE_URL" in environment) == (process.name != GATEWAY)
        if process.name != GATEWAY:
            assert f"//kefu_{process.name}:${{{process.password_variable}:?" in environment["KEFU_DATABASE_URL"]


def test_a_process_keeps_its_files_to_itself(compose: dict[str, Any]) -> None:
    mounts = [mount for p in manifest() for mount in compose["services"][p.name].get("volumes", [])]
    assert mounts
    assert len(mounts) == len(set(mounts))


def test_the_broker_loads_the_users_that_are_made_for_it(compose: dict[str, Any]) -> None:
    made, broker = compose["services"]["broker-users"], compose["services"]["rabbitmq"]
    assert set(made["environment"]) == {process.password_variable for process in manifest()}
    (volume, folder), file = made["volumes"][0].split(":"), Path(made["command"][-1])
    mounted = next(mount.split(":")[1] for mount in broker["volumes"] if mount.startswith(f"{volume}:"))
    settings = (ROOT / "deploy" / "rabbitmq" / "rabbitmq.conf").read_text()
    assert f"load_definitions = {mounted}/{file.relative_to(folder)}\n" in settings
    assert broker["depends_on"]["broker-users"] == {"condition": "service_completed_successfully"}


def test_the_passwords_are_made_by_the_examples_own_line(tmp_path: Path) -> None:
    line = next(line for line in EXAMPLE.read_text().splitlines() if line.startswith("# All at once:"))
    command = line.partition(":")[2].replace("> .env", f"> {tmp_path}/.env")
    subprocess.run(command, shell=True, cwd=ROOT, check=True)
    passwords = re.findall(r"^\w+PASSWORD=([0-9a-f]{48})$", (tmp_path / ".env").read_text(), re.MULTILINE)
    assert len(set(passwords)) == EXAMPLE.read_text().count("PASSWORD=\n")


def test_files_it_mounts_are_there(compose: dict[str, Any]) -> None:
    mounts = [mount for service in compose["services"].values() for mount in service.get("volumes", [])]
    local = [mount.split(":")[0] for mount in mounts if mount.startswith("./")]
    assert local
    assert [path for path in local if not (ROOT / path).exists()] == []


def test_passwords_it_asks_for_are_in_the_example(compose: dict[str, Any]) -> None:
    example = EXAMPLE.read_text()
    asked = {part.split(":?")[0] for part in json.dumps(compose).split("${")[1:] if ":?" in part.split("}")[0]}
    assert asked
    assert [name for name in asked if f"{name}=" not in example] == []


def test_the_image_copies_every_package_the_processes_need() -> None:
    dockerfile = (ROOT / "deploy" / "docker" / "Dockerfile").read_text()
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    for folder in ("contracts", "chassis", "services", "gateway", "kefu", "packs"):
        assert f"COPY {folder} {folder}" in dockerfile
        assert f"!{folder}" in ignored


def test_the_databases_are_the_services(compose: dict[str, Any]) -> None:
    script = (ROOT / "deploy" / "postgres" / "init.sql").read_text()
    assert re.findall(r"\('(\w+)', :'(\w+)'\)", script) == [(name, name) for name in SERVICES]
    given = set(re.findall(r"getenv \w+ (\w+)", script))
    assert given == set(compose["services"]["postgres"]["environment"]) - {"POSTGRES_PASSWORD"}


def _filled_in(compose: dict[str, Any]) -> str:
    """The document as JSON with its variables put in, as compose does before it reads it."""
    return re.sub(r"\$\{\w+(?::-([^}]*)|:\?[^}]*)\}", lambda match: match[1] or "secret", json.dumps(compose))


def _is_ours(service: dict[str, Any]) -> bool:
    return str(service["image"]).startswith("kefu:")
