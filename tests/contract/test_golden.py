"""The published language may grow, but nothing that somebody counts on may go away unnoticed."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from marshmallow import fields, validate

from contracts.core import Event, Operation, ServiceContract
from contracts.fields import Body, MoneyField, Reply
from contracts.golden import described, stored
from contracts.golden.compare import narrowings
from contracts.registry import CONTRACTS


@pytest.mark.parametrize("service", CONTRACTS)
def test_nothing_published_is_taken_away(service: str) -> None:
    taken = narrowings(service, stored(service), described(CONTRACTS[service]))
    assert not taken, "\n".join(["give it a new version instead:", *taken])


@pytest.mark.parametrize("service", CONTRACTS)
def test_the_golden_files_are_current(service: str) -> None:
    assert described(CONTRACTS[service]) == stored(service), "run `python -m contracts.golden` and commit its files"


# -- the comparison itself --------------------------------------------------------------------------------------------


class Inner(Body):
    size = fields.Integer(validate=validate.Range(1, 10))


class Asked(Body):
    name = fields.String(required=True, validate=validate.Length(max=20))
    kind = fields.String(validate=validate.OneOf(["a", "b"]))
    inner = fields.Nested(Inner)
    price = MoneyField(allow_none=True)


class Answered(Reply):
    id = fields.UUID(required=True)
    note = fields.String()


class Happened(Reply):
    at = fields.AwareDateTime(required=True)


def _contract() -> ServiceContract:
    make = Operation(service="s", name="make", summary="", verb="POST", path="/v1/s", body=Asked, reply=Answered)
    made = Event(service="s", type="s.made", aggregate="s", payload=Happened)
    return ServiceContract("s", "S", (make,), (made,))


def _without_required(content: dict[str, Any], schema: str, name: str) -> None:
    content["schemas"][schema]["required"].remove(name)


def _change(content: dict[str, Any], schema: str, name: str, **changes: Any) -> None:
    content["schemas"][schema]["properties"][name].update(changes)


_NARROWING = [
    (lambda c: c["operations"].pop("make"), "s.make: removed"),
    (lambda c: c["operations"]["make"].update(path="/v1/t"), "s.make: path changed from '/v1/s' to '/v1/t'"),
    (lambda c: c["operations"]["make"].update(permission="s.make"), "s.make: permission changed from None to 's.make'"),
    (lambda c: c["schemas"]["Asked"]["properties"].pop("kind"), "s.make body.kind: removed"),
    (lambda c: c["schemas"]["Asked"]["required"].append("kind"), "s.make body.kind: now required"),
    (lambda c: _change(c, "Asked", "kind", enum=["a"]), "s.make body.kind: accepts fewer values: without b"),
    (lambda c: _change(c, "Asked", "name", type="integer"), "s.make body.name: type changed from string to integer"),
    (lambda c: _change(c, "Asked", "name", maxLength=10), "s.make body.name: maxLength lowered from 20 to 10"),
    (lambda c: _change(c, "Inner", "size", minimum=2), "s.make body.inner.size: minimum raised from 1 to 2"),
    (lambda c: c["schemas"]["MoneySchema"]["properties"].pop("currency"), "s.make body.price.currency: removed"),
    (lambda c: c["schemas"]["Answered"]["properties"].pop("note"), "s.make reply.note: removed"),
    (lambda c: _without_required(c, "Answered", "id"), "s.make reply.id: may now be missing"),
    (
        lambda c: _change(c, "Answered", "id", type=["string", "null"]),
        "s.make reply.id: type changed from string to null or string",
    ),
    (lambda c: c["events"].pop("s.made@1"), "s event s.made@1: removed"),
    (lambda c: c["events"]["s.made@1"].update(partner=False), "s event s.made@1: no longer open to partners"),
    (lambda c: c["schemas"]["Happened"]["properties"].pop("at"), "s event s.made@1.at: removed"),
]

_WIDENING = [
    lambda c: c["operations"].update(more=c["operations"]["make"]),
    lambda c: c["schemas"]["Asked"]["properties"].update(more={"type": "string"}),
    lambda c: c["schemas"]["Asked"]["required"].remove("name"),
    lambda c: _change(c, "Asked", "kind", enum=["a", "b", "c"]),
    lambda c: _change(c, "Asked", "name", maxLength=200, type=["string", "null"]),
    lambda c: c["schemas"]["Answered"]["properties"].update(more={"type": "string"}),
    lambda c: c["schemas"]["Answered"]["required"].append("note"),
]


@pytest.mark.parametrize(("change", "line"), _NARROWING, ids=[line for _, line in _NARROWING])
def test_a_narrowing_change_is_named(change: Any, line: str) -> None:
    old = described(_contract())
    new = copy.deepcopy(old)
    change(new)
    assert narrowings("s", old, new) == [line]


@pytest.mark.parametrize("change", _WIDENING)
def test_a_widening_change_is_welcome(change: Any) -> None:
    old = described(_contract())
    new = copy.deepcopy(old)
    change(new)
    assert new != old
    assert narrowings("s", old, new) == []
