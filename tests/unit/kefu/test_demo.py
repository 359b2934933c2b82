"""The demonstration's data: stories name people, actions and sheets that exist; customers are the same every time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from contracts.policies import load_pack, resolve
from kefu.demo.customers import as_complainant, csv_of, rows
from kefu.demo.loading import specs
from kefu.demo.stories import Step, Story, Values, stories
from kefu.demo.telling import columns, padded
from services.customers.domain.rows import Row, read_header, read_row

PACKS = Path(__file__).parents[3] / "packs"
COMPANIES = {spec["code"]: spec for spec in specs()}
KEYS = {"by", "do", "with", "sheet", "refused", "attach", "filename", "kind", "await", "later", "why", "show", "of",
        "when_clock_moves"}  # fmt: skip


def steps(story: Story) -> Iterator[Step]:
    for step in story.steps:
        yield from step.get("when_clock_moves", [step])


def document(company: str) -> dict[str, Any]:
    return resolve("complaints", [load_pack(PACKS, pack) for pack in COMPANIES[company]["packs"]]).require()


def actions(holder: dict[str, Any]) -> Iterator[str]:
    """Keys of all actions anywhere in a part of a policy."""
    for stage in holder["stages"]:
        yield from (action["key"] for action in stage.get("actions", []))


@pytest.mark.parametrize("story", stories(), ids=lambda story: story.title)
def test_story_names_what_exists(story: Story) -> None:
    policy = document(story.company)
    staff = {person["username"] for person in COMPANIES[story.company]["staff"]}
    of_case = {key for process in policy["processes"] for key in actions(process)}
    of_case |= {action["key"] for action in policy["actions"]}
    of_sheet = {sheet["key"]: set(actions(sheet)) for sheet in policy["sheets"]}
    for step in steps(story):
        assert set(step) <= KEYS, step
        assert {step.get("by"), step.get("of")} <= staff | {None}, step
        if "do" in step:
            assert step["do"] in (of_sheet[step["sheet"]] if "sheet" in step else of_case), step
            assert all(key.isascii() for key in step.get("with", {})), f"a comma ended a value: {step}"


@pytest.mark.parametrize("company", COMPANIES)
def test_everybody_has_a_role_of_the_pack_and_every_role_has_somebody(company: str) -> None:
    roles = {role["key"] for role in document(company)["roles"]}
    assert {person["role"] for person in COMPANIES[company]["staff"]} == roles


@pytest.mark.parametrize("company", COMPANIES)
def test_customers_are_acceptable_different_and_always_the_same(company: str) -> None:
    spec = COMPANIES[company]["customers"]
    found = rows(spec)
    assert len(found) == spec["count"] >= 200
    assert len({row["电话"] for row in found}) == len(found)
    assert csv_of(found) == csv_of(rows(spec))
    header, errors = read_header(list(found[0]))
    assert errors == []
    for number, row in enumerate(found, start=2):
        assert isinstance(read_row(number, header, list(row.values()), datetime.now(UTC).date()), Row), row
    assert set(as_complainant(found[0])) == {
        "name",
        "phone",
        "vehicle_plate" if spec["owns"] == "vehicle" else "unit_no",
    }


def test_values_are_put_in_wherever_they_are_named() -> None:
    values = Values(staff={"lina": "id-1"}, file={"letter": "id-2"})
    now = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    filled = values.fill(
        {"who": {"staff": "lina"}, "scans": [{"file": "letter"}], "at": {"moment": "-2d"}, "on": {"date": 7},
         "amount": {"amount": 5, "currency": "CNY"}, "injury": True}, now,
    )  # fmt: skip
    assert filled == {
        "who": "id-1", "scans": ["id-2"], "at": "2026-11-21T09:00:00+00:00", "on": "2026-11-30",
        "amount": {"amount": 5, "currency": "CNY"}, "injury": True,
    }  # fmt: skip
    with pytest.raises(KeyError, match="nobody"):
        values.fill({"staff": "nobody"}, now)


def test_columns_stay_straight_with_chinese_text() -> None:
    assert columns("李娜 ok") == 7
    assert columns(padded("李娜", 10)) == 10
