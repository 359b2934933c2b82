"""What the parts of a pack say of each other, and of the services' contracts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chassis.numbers import Pattern
from chassis.spans import LIMITS
from contracts.policies import load_pack, pack_names, resolve
from contracts.policies.complaints.terms import LONGEST
from contracts.policies.complaints.vocabulary import SYSTEM_VARIABLES
from contracts.policies.shapes import schema_for, walk
from contracts.registry import CONTRACTS
from services.complaints.domain.scope import scope_of
from tests.unit.complaints.conftest import Story

PACKS = Path(__file__).parents[3] / "packs"
NAMES = pack_names(PACKS)


def document(pack: str, service: str) -> dict[str, Any]:
    return resolve(service, [load_pack(PACKS, pack)]).require()


@pytest.mark.parametrize("pack", NAMES)
def test_roles_are_granted_only_permissions_that_exist(pack: str) -> None:
    known = {permission for contract in CONTRACTS.values() for permission in contract.permissions}
    wild = {f"{service}.*" for service in CONTRACTS} | {"*"}
    for name, role in load_pack(PACKS, pack).roles.items():
        assert set(role["permissions"]) <= known | wild, name


@pytest.mark.parametrize("pack", NAMES)
def test_every_message_has_its_words(pack: str) -> None:
    worded = {template["key"] for template in document(pack, "notifications")["templates"]}
    schema = schema_for("complaints") or {}
    asked = {value for _, value, mark in walk(document(pack, "complaints"), schema) if "x-template" in mark}
    assert asked
    assert asked <= worded


@pytest.mark.parametrize("pack", NAMES)
def test_numbering_patterns_are_ones_the_counter_takes(pack: str) -> None:
    schema = schema_for("complaints") or {}
    for _, value, mark in walk(document(pack, "complaints"), schema):
        if "x-number" in mark:
            Pattern.parse(value)


@pytest.mark.parametrize("pack", NAMES)
def test_documents_of_every_service_resolve(pack: str) -> None:
    for service in CONTRACTS:
        assert resolve(service, [load_pack(PACKS, pack)]).findings == []


def test_terms_are_as_long_as_the_calendar_takes() -> None:
    assert {unit.value: limit for unit, limit in LIMITS.items()} == LONGEST


def test_the_engine_fills_exactly_the_variables_the_checks_know() -> None:
    story = Story("developer")
    filled = set(scope_of(story.policy, story.case, story.now).variables)
    maps = {
        "fields",
        "sheet",
        "proposals",
        "approved",
        "assigned",
        "days_since",
        "months_since",
        "figures",
        "last_sheet",
    }
    assert filled == set(SYSTEM_VARIABLES) | set(story.policy.fact_kinds) | maps
