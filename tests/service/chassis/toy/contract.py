"""What the two services promise: `toy` makes things and counts hints, `echo` follows them."""

from __future__ import annotations

from marshmallow import fields

from contracts.core import Audience, Event, Operation
from contracts.fields import Body, Id, Line, Reply, Whole


class NewThing(Body):
    name = Line(required=True, max=20)


class Thing(Reply):
    id = Id()
    name = fields.String()
    number = fields.String()
    version = Whole()
    hints = Whole()


class ThingMade(Reply):
    id = Id(required=True)
    name = fields.String(required=True)


class Counted(Reply):
    count = Whole()


CREATE = Operation(
    service="toy", name="create_thing", summary="Make a thing", verb="POST", path="/v1/things", body=NewThing,
    reply=Thing, permission="toy.create",
)  # fmt: skip
GET = Operation(
    service="toy", name="get_thing", summary="Read a thing", verb="GET", path="/v1/things/{thing_id}", reply=Thing,
    permission="toy.read",
)  # fmt: skip
SLOW = Operation(
    service="toy", name="slow_thing", summary="Make a thing after a second's thought", verb="POST",
    path="/v1/slow-things", body=NewThing, reply=Thing, permission="toy.create",
)  # fmt: skip
SEEN = Operation(
    service="echo", name="count_seen", summary="How often was that thing seen?", verb="GET", path="/v1/seen/{thing_id}",
    reply=Counted, audience=Audience.TENANT, permission="echo.read",
)  # fmt: skip

THING_MADE = Event(service="toy", type="thing.made", aggregate="thing", payload=ThingMade)
THING_NAMED = Event(service="toy", type="thing.named", aggregate="thing", payload=ThingMade)
