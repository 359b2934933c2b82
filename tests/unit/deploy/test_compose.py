"""docker-compose.yml cannot run here, so it is held against the compose specification and the manifest."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from compose_spec import PyCompose

from kefu.processes import CONTAINER_METRICS_PORT, MIGRATE, SERVICES, manifest

ROOT = Path(__file__).parents[3]


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


def test_files_it_mounts_are_there(compose: dict[str, Any]) -> None:
    mounts = [mount for service in compose["services"].values() for mount in service.get("volumes", [])]
    local = [mount.split(":")[0] for mount in mounts if mount.startswith("./")]
    assert local
    assert [path for path in local if not (ROOT / path).exists()] == []


def test_passwords_it_asks_for_are_in_the_example(compose: dict[str, Any]) -> None:
    example = (ROOT / "deploy" / "docker" / "env.example").read_text()
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
    assert "VALUES " + ", ".join(f"('{name}')" for name in SERVICES) + ";" in script


def _filled_in(compose: dict[str, Any]) -> str:
    """The document as JSON with its variables put in, as compose does before it reads it."""
    return re.sub(r"\$\{\w+(?::-([^}]*)|:\?[^}]*)\}", lambda match: match[1] or "secret", json.dumps(compose))


def _is_ours(service: dict[str, Any]) -> bool:
    return str(service["image"]).startswith("kefu:")
