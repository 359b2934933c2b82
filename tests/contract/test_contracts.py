"""What every declaration of the published language must keep to."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from string import Formatter

import pytest
from marshmallow import Schema, fields, validate

from contracts.core import Audience, Event, Operation, schema_of
from contracts.fields import Download
from contracts.problems import CATALOGUE, ProblemType
from contracts.registry import CONTRACTS, events, operations
from contracts.validation import is_known

OPERATIONS = list(operations())
EVENTS = list(events())
_PERMISSION = re.compile(r"[a-z]+\.[a-z_]+")
_SERVICE_FIELDS = {"expected_version"}


def _id(declared: Operation | Event) -> str:
    return f"{declared.service}.{declared.name if isinstance(declared, Operation) else declared.type}"


def test_every_service_has_a_contract() -> None:
    assert set(CONTRACTS) == {"tenants", "customers", "complaints", "notifications"}
    assert all(op.service == name for name, contract in CONTRACTS.items() for op in contract.operations)
    assert all(event.service == name for name, contract in CONTRACTS.items() for event in contract.events)


def test_names_and_routes_are_unique() -> None:
    for found in (
        [op.routing_key for op in OPERATIONS],
        [(op.verb, re.sub(r"{\w+}", "{}", op.path)) for op in OPERATIONS if op.path],
        [(event.service, event.type, event.version) for event in EVENTS],
    ):
        assert not [name for name, times in Counter(found).items() if times > 1]


@pytest.mark.parametrize("operation", OPERATIONS, ids=_id)
def test_an_operation_is_whole(operation: Operation) -> None:
    if operation.audience is Audience.INTERNAL:
        assert operation.verb is operation.path is None
    else:
        assert operation.verb in {"GET", "POST", "PUT", "PATCH", "DELETE"}
        assert (operation.path or "").startswith("/v1/")
    assert operation.success == 204 if operation.verb and operation.reply is None else operation.success != 204
    assert not (operation.verb == "GET" and operation.body)
    if operation.versioned and operation.reply:
        assert "version" in schema_of(operation.reply).fields  # type: ignore[union-attr]


@pytest.mark.parametrize("operation", OPERATIONS, ids=_id)
def test_what_downloads_answers_a_file(operation: Operation) -> None:
    assert bool(operation.download) == (operation.reply is Download)


@pytest.mark.parametrize("operation", OPERATIONS, ids=_id)
def test_path_query_and_body_share_no_name(operation: Operation) -> None:
    """They reach the service as one flat mapping."""
    names = list(operation.path_parameters)
    for schema in (schema_of(operation.query), schema_of(operation.body)):
        names += [field.data_key or name for name, field in schema.fields.items()] if schema else []
    names += ["content", "filename"] if operation.upload else []
    assert not [name for name, times in Counter(names).items() if times > 1]
    assert _SERVICE_FIELDS.isdisjoint(names)


@pytest.mark.parametrize("operation", [op for op in OPERATIONS if op.path_schema], ids=_id)
def test_a_path_schema_has_the_paths_parameters(operation: Operation) -> None:
    assert set(schema_of(operation.path_schema).fields) == set(operation.path_parameters)  # type: ignore[union-attr]


@pytest.mark.parametrize("operation", [op for op in OPERATIONS if op.permission], ids=_id)
def test_a_permission_is_declared_by_its_service(operation: Operation) -> None:
    assert _PERMISSION.fullmatch(operation.permission or "")
    assert operation.permission in CONTRACTS[operation.service].permissions


@pytest.mark.parametrize("event", EVENTS, ids=_id)
def test_an_event_says_what_happened_to_what(event: Event) -> None:
    assert event.type.startswith(f"{event.aggregate}.")
    assert event.summary


@pytest.mark.clause("PL-11", "PL-12")
@pytest.mark.parametrize("event", [event for event in EVENTS if event.partner], ids=_id)
def test_an_event_for_partners_holds_no_contact_data_and_its_service_can_be_opened_to_read(event: Event) -> None:
    """Whoever may read the service may have its events sent by webhook."""
    assert _PERSONAL.isdisjoint(_names(schema_of(event.payload)))
    assert f"{event.service}.read" in CONTRACTS[event.service].permissions


_PERSONAL = {"phone", "mobile", "email", "wechat", "address", "id_number", "birthday", "complainant", "contact"}
"""Fields that are masked wherever they are answered; told, they end in `_masked`."""


def _names(schema: Schema | None) -> set[str]:
    found = schema.fields if schema else {}
    inner = (field.inner if isinstance(field, fields.List) else field for field in found.values())
    return set(found).union(*(_names(field.schema) for field in inner if isinstance(field, fields.Nested)))


def test_types_of_events_are_unique() -> None:
    """A webhook names a type and nothing else."""
    assert len({event.type for event in EVENTS}) == len(EVENTS)


@pytest.mark.parametrize("problem", CATALOGUE.values(), ids=CATALOGUE)
def test_a_problem_says_the_same_in_both_languages(problem: ProblemType) -> None:
    assert re.fullmatch(r"[a-z][a-z_]*", problem.code)
    assert 400 <= problem.status < 600
    assert _parameters(problem.en) == _parameters(problem.zh)


def _parameters(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


_TEMPLATE = re.compile(r"{\w+}")


@pytest.mark.parametrize("operation", OPERATIONS, ids=_id)
def test_every_refusal_of_a_field_is_known_in_chinese(operation: Operation) -> None:
    schemas = (operation.path_schema, operation.query, operation.body)
    sentences = {sentence for schema in schemas if schema for sentence in _refusals(schema())}
    assert not [sentence for sentence in sentences if not is_known(sentence)]


def _refusals(schema: Schema) -> Iterator[str]:
    for field in schema.fields.values():
        yield from _field_refusals(field)


def _field_refusals(field: fields.Field) -> Iterator[str]:  # type: ignore[type-arg]
    yield from (_TEMPLATE.sub("7", str(text)) for text in field.error_messages.values())
    for check in field.validators:
        yield from _check_refusals(check)
    if isinstance(field, fields.Nested):
        yield from _refusals(field.schema)
    elif isinstance(field, fields.List):
        yield from _field_refusals(field.inner)
    elif isinstance(field, fields.Dict):
        for part in (field.key_field, field.value_field):
            yield from _field_refusals(part) if part else ()


def _check_refusals(check: object) -> Iterator[str]:
    """What a validator says about a bad value; one that is a plain function is tried by its own tests."""
    if isinstance(check, validate.Validator):
        texts = [getattr(check, name, None) for name in ("error", "message_min", "message_max", "message_all")]
        given = texts[:1] if texts[0] else texts[1:]
        yield from (_TEMPLATE.sub("7", text) for text in given if text)
