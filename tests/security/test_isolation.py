"""SPEC PL-1, NX-16: a company never sees, changes or even notices another's data, by any operation."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest

from contracts.core import Operation
from kefu.processes import SERVICES
from tests.clauses.driver import Json, month_of
from tests.platform.running import Platform
from tests.security.calls import (
    TENANT_OPERATIONS,
    answer_of,
    id_parameters,
    id_places,
    replaced,
    request,
    send,
)
from tests.security.conftest import Sides, furnished
from tests.security.sides import Side, strangers_ids
from tests.security.stores import as_text

pytestmark = [pytest.mark.clause("PL-1", "NX-16"), pytest.mark.timeout(300)]

WITH_IDS_IN_PATH = [op for op in TENANT_OPERATIONS if id_parameters(op)]
READING = [op for op in TENANT_OPERATIONS if op.verb == "GET" and not id_parameters(op)]
NOTHING_OF_ONES_OWN = {
    "tenants.list_services": "names of services",
    "tenants.get_policy": "the packs' policy, which both companies chose",
    "tenants.list_policy_versions": "as above",
    "complaints.get_intake": "as above",
    "complaints.count_complaints": "figures: tests/service/complaints/test_filters.py",
    "complaints.monthly_report": "figures: compared below",
    "complaints.yearly_report": "this policy has none",
    "complaints.daily_report": "this policy has none",
    "complaints.weekly_report": "this policy has none",
    "complaints.report_schedule": "the packs' reports and their times",
    "complaints.list_precedents": "no case is in the library; tests/clauses/estates/test_library.py has one that is",
    "complaints.precedent_awards": "as above",
    "notifications.list_event_types": "names of events",
    "tenants.get_second_factor": "whether the caller has one; tests/service/tenants/test_second_factor.py",
}
"""Readings in which nothing tells one company from another."""
NO_REPORT = {"complaints.yearly_report", "complaints.weekly_report", "complaints.daily_report"}
REQUIRED = {"start", "end", "date", "month", "year"}
"""Query parameters without which there is no answer; all others filter."""


@pytest.fixture(scope="module")
def sides(platform: Platform) -> Iterator[Sides]:
    """Fresh ones: what lies in the databases is compared before anybody tried anything."""
    with furnished(platform) as made:
        yield made


# -- what lies in the databases ----------------------------------------------------------------------------------------


def test_no_row_of_a_company_holds_anything_of_another(sides: Sides) -> None:
    filled = set()
    for side, other in ((sides.ours, sides.theirs), (sides.theirs, sides.ours)):
        secrets = [other.word, other.phone, other.plate.lower(), *(i.replace("-", "") for i in other.ids.values())]
        for service in SERVICES:
            for table, rows in sides.stores.tables(service, side.id).items():
                leaked = [secret for secret in secrets if any(secret in as_text(row) for row in rows)]
                assert not leaked, f"{service}.{table} of {side.word}"
                filled |= {f"{service}.{table}"} if rows else set()
    assert {"complaints.inbox", "customers.timeline", "notifications.directory_staff", "tenants.requests"} <= filled


def test_counts_and_numbers_are_each_companys_own(sides: Sides) -> None:
    numbers, figures = [], []
    for side in (sides.ours, sides.theirs):
        case = side.boss.get(f"/v1/complaints/{side.ids['complaint_id']}")
        numbers.append(case["number"])
        month = month_of(case["received_at"])
        report = side.boss.get("/v1/reports/complaints-monthly", month=month)["figures"]
        figures.append((report["received"], report["urging_notices"]))
    assert numbers[0] == numbers[1]
    assert figures == [(1, 1), (1, 1)]


# -- reading -----------------------------------------------------------------------------------------------------------


def test_no_reading_shows_anything_of_another_company(sides: Sides, subtests: pytest.Subtests) -> None:
    for operation in READING:
        with subtests.test(operation.routing_key):
            shown = _read_all(sides.ours, operation)
            if operation.routing_key not in NOTHING_OF_ONES_OWN:
                assert sides.ours.shows_in(shown), "the control: its own people do see it"
            assert not sides.ours.shows_in(_read_all(sides.theirs, operation))


def _read_all(side: Side, operation: Operation) -> str:
    """Every page, without filters beyond those that are required."""
    usual = request(operation, side.ids).get("params", {})
    required = {key: value for key, value in usual.items() if key in REQUIRED}
    pages, cursor = [], None
    while True:
        query = {**required, **({"limit": 100} if _pages(operation) else {}), **({"cursor": cursor} if cursor else {})}
        answer = send(side.boss.client, operation, {}, {"params": query})
        assert answer.is_success or operation.routing_key in NO_REPORT, answer.text
        pages.append(answer.text)
        cursor = answer.json().get("next_cursor")
        if not cursor:
            return "".join(pages)


def _pages(operation: Operation) -> bool:
    return operation.query is not None and "limit" in operation.query().fields


def test_a_search_for_another_companys_words_finds_nothing(sides: Sides) -> None:
    ours, theirs = sides.ours, sides.theirs
    searches = [
        ("/v1/customers", "q", ours.word), ("/v1/customers", "phone", ours.phone),
        ("/v1/customers", "plate", ours.plate),
        ("/v1/complaints", "q", ours.word), ("/v1/complaints", "q", ours.plate), ("/v1/staff", "q", ours.word),
    ]  # fmt: skip
    for path, parameter, value in searches:
        assert ours.boss.get(path, **{parameter: value})["items"], f"the control: {path}?{parameter}="
        assert theirs.boss.get(path, **{parameter: value})["items"] == []
    for path, parameter, value in searches[:5]:
        assert ours.boss.post(f"{path}/search", **{parameter: value})["items"], f"the control: {path} by {parameter}"
        assert theirs.boss.post(f"{path}/search", **{parameter: value})["items"] == []


def test_a_cursor_of_another_company_opens_nothing(sides: Sides) -> None:
    tried = 0
    for operation in filter(_pages, READING):
        page = send(sides.ours.boss.client, operation, {}, {"params": {"limit": 1}}).json()
        if page.get("next_cursor"):
            tried += 1
            cursor = {"cursor": page["next_cursor"], "limit": 100}
            answer = send(sides.theirs.boss.client, operation, {}, {"params": cursor})
            assert not sides.ours.shows_in(answer.text.replace(page["next_cursor"], "")), operation.routing_key
    assert tried >= 5


# -- the walk ----------------------------------------------------------------------------------------------------------


def test_no_operation_tells_or_changes_anything_of_another_company(sides: Sides, subtests: pytest.Subtests) -> None:
    before = sides.stores.business(sides.ours.id)
    for operation in WITH_IDS_IN_PATH:
        with subtests.test(operation.routing_key, ids="path"):
            _check_paths(sides, operation)
    for operation in TENANT_OPERATIONS:
        with subtests.test(operation.routing_key, ids="body and query"):
            _check_fields(sides, operation)
    sides.await_quiet()
    assert sides.stores.business(sides.ours.id) == before


def _check_paths(sides: Sides, operation: Operation) -> None:
    """Each id of the path alone, and all together, are as unknown as an id nobody has."""
    for foreign in _choices(id_parameters(operation)):
        answers = []
        for ids in (sides.ours.ids, strangers_ids(sides.ours)):
            path_ids = {**sides.theirs.ids, **{parameter: ids[parameter] for parameter in foreign}}
            answer = send(sides.theirs.boss.client, operation, path_ids, request(operation, sides.theirs.ids))
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), (foreign, answer.text)
            answers.append(answer_of(answer, *path_ids.values()))
        assert answers[0] == answers[1], foreign


def _choices(parameters: list[str]) -> Iterator[list[str]]:
    yield parameters
    if len(parameters) > 1:
        yield from ([parameter] for parameter in parameters)


def _check_fields(sides: Sides, operation: Operation) -> None:
    """An id in a body or query is treated as one that nobody has, and brings nothing of its owner to light."""
    ours, theirs = sides.ours, sides.theirs
    for schema, part in ((operation.body, "json"), (operation.query, "params")):
        for place in id_places(schema, request(operation, theirs.ids).get(part, {})):
            outcomes = []
            for value in (_meant(ours, place), str(uuid4())):
                sound = request(operation, theirs.ids)
                sound[part] = replaced(sound[part], place, value)
                answer = send(theirs.boss.client, operation, theirs.ids, sound)
                assert not ours.shows_in(answer.text.replace(value, "")), place
                assert answer.status_code < 500, answer.text
                outcomes.append(_outcome(answer, value))
            assert outcomes[0] == outcomes[1], place


def _meant(side: Side, place: tuple[str | int, ...]) -> str:
    """The side's id of the kind that stands there."""
    last = next(part for part in reversed(place) if isinstance(part, str))
    kinds = {
        "parent_id": "org_unit_id", "under": "org_unit_id", "org_unit_ids": "org_unit_id", "handler_id": "staff_id",
        "follows": "complaint_id", "id": "complaint_id", "subject_id": "complaint_id",
        "aggregate_id": "complaint_id", "into": "complaint_id", "attachments": "attachment_id",
        "filter": "filter_id", "complaint_ids": "complaint_id",
    }  # fmt: skip
    return side.ids[kinds.get(last, last)]


def test_a_reference_in_an_actions_field_is_treated_as_one_nobody_has(sides: Sides) -> None:
    """Which fields an action has is the policy's: the contract does not know them."""
    ours, theirs = sides.ours, sides.theirs
    kinds = {"staff": "staff_id", "files": "attachment_id", "sheet": "sheet_id", "complaint": "complaint_id"}
    tried = set()
    for action in theirs.boss.get(f"/v1/complaints/{theirs.ids['complaint_id']}")["actions"]:
        for field in (field for field in action["fields"] if field["kind"] in kinds):
            kind, outcomes = kinds[field["kind"]], []
            for value in (ours.ids[kind], str(uuid4())):
                case = theirs.boss.register(category="suggestion")
                filled = {f["name"]: _some(f) for f in action["fields"] if f["required"]}
                filled[field["name"]] = [value] if field["kind"] == "files" else value
                address = f"/v1/complaints/{case['id']}/actions/{action['name']}"
                answer = theirs.boss.client.post(address, json=filled)
                assert not ours.shows_in(answer.text.replace(value, "")), field
                assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field["name"]), answer.text
                outcomes.append(_outcome(answer, value, case["id"]))
            assert outcomes[0] == outcomes[1], field
            tried.add(field["kind"])
    assert "staff" in tried


def _some(field: Json) -> object:
    """A value that such a field takes."""
    values = {"text": "文字", "boolean": True, "number": 1, "date": "2030-01-31", "money": {"amount": 1}}
    return field["choices"][0]["key"] if field.get("choices") else values.get(field["kind"], "文字")


def test_a_repeated_key_of_another_company_is_no_repetition(sides: Sides) -> None:
    key = {"Idempotency-Key": "the-same-everywhere"}
    callers = [side.admin.client for side in (sides.ours, sides.theirs, sides.ours)]
    *made, again = [client.post("/v1/customers", json={"name": "吴九"}, headers=key) for client in callers]
    assert [answer.status_code for answer in (*made, again)] == [201, 201, 201]
    assert made[0].json()["id"] == again.json()["id"] != made[1].json()["id"]


def _outcome(answer: httpx.Response, *sent: str) -> tuple[int, str]:
    """For a refusal all of what it says; for a success that it is one: what was made differs by itself."""
    return answer_of(answer, *sent) if answer.is_error else (answer.status_code, "")
