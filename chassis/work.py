"""One transaction of a service: the business rows together with the audit, the events, the deadlines and the reply.

Use cases get a `Transaction` and never commit it; the door that made it does (`chassis.service`). Nothing in here may
yield to the event loop between begin and commit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from datetime import datetime
from functools import cached_property
from typing import Any, TypeVar
from uuid import UUID

import orjson
from sqlalchemy.orm import Session

from chassis import clock, faultpoints
from chassis.counters import next_serial
from chassis.db import Database, Versioned
from chassis.deadlines import Deadlines
from chassis.digests import new_salt
from chassis.ids import NIL, new_id
from chassis.later import Later
from chassis.numbers import Pattern
from chassis.tables import AuditRow, Outbox
from chassis.tenancy import PolicyDocument, TenantCache, TenantSettings
from contracts.context import Context
from contracts.core import Event, schema_of
from contracts.problems import NOT_FOUND, STALE, Problem

Row = TypeVar("Row")


class Transaction:
    """What a use case works with. See the members' own notes."""

    def __init__(self, session: Session, ctx: Context, cache: TenantCache) -> None:
        self.session = session
        self.ctx = ctx
        self.now: datetime = clock.now()
        self._cache = cache
        self._settings: TenantSettings | None = None
        self.later = Later(self.tenant_id)
        """Rows this transaction writes and never reads: they go out together, last."""

    @property
    def tenant_id(self) -> UUID:
        """The tenant of this transaction; NIL for the platform operator's own."""
        return self.ctx.tenant_id or NIL

    @property
    def tenant(self) -> TenantSettings:
        """The tenant's settings as this service knows them; `UnknownTenant` when it does not."""
        if self._settings is None:
            self._settings = self._cache.settings(self.session, self.tenant_id)
        if self._settings is None:
            raise UnknownTenant(self.tenant_id)
        return self._settings

    def policy(self, service: str, version: int | None = None) -> PolicyDocument:
        """The policy of `service` in `version`, or the active one. `UnknownPolicy` when this service has not got it,
        a KeyError."""
        wanted = version or self.tenant.versions.get(service)
        found = self._cache.policy(self.session, self.tenant_id, service, wanted) if wanted else None
        if found is None:
            raise UnknownPolicy(self.tenant_id)
        return found

    @cached_property
    def deadlines(self) -> Deadlines:
        """The clocks that run on this tenant's subjects (SPEC PL-7)."""
        return Deadlines(self.session, self.tenant_id, self.now, lambda: self.tenant.calendar)

    def get(self, model: type[Row], row_id: UUID, *, kind: str, lock: bool = False) -> Row:
        """The row, or the problem `not_found`. `lock` keeps others from changing it until the end."""
        row = self.session.get(model, (self.tenant_id, row_id), with_for_update=lock or None)
        if row is None:
            raise NOT_FOUND(kind=kind)
        return row

    def check_version(self, row: Versioned, expected: int | None) -> None:
        """The problem `stale_version` when the caller's If-Match names another version than the row has."""
        if expected is not None and row.version != expected:
            raise STALE(version=row.version)

    def emit(self, event: Event, aggregate_id: UUID, data: Mapping[str, Any]) -> UUID:
        """Publish `event` when this transaction commits, after the earlier events of the same aggregate.

        `data` is dumped with the event's schema and checked by it: a payload that breaks the contract is our bug and
        raises ValueError here, not at a subscriber. Returns the event's id.
        """
        event_id = new_id()
        envelope = {
            "id": str(event_id),
            "type": event.type,
            "version": event.version,
            "occurred_at": self.now.isoformat(),
            "tenant_id": str(self.tenant_id),
            "aggregate_id": str(aggregate_id),
            "actor": {"kind": self.ctx.actor.kind, "id": self.ctx.actor.id, "name": self.ctx.actor.name},
            "request_id": self.ctx.request_id,
            "trace_id": self.ctx.trace_id,
            "data": _payload(event, data),
        }
        self.later.insert(
            Outbox,
            [{
                "tenant_id": self.tenant_id, "id": event_id, "exchange": event.exchange, "routing_key": event.type,
                "aggregate_id": aggregate_id, "body": orjson.dumps(envelope).decode(), "created_at": self.now,
                "attempts": 0, "due_at": self.now,
            }],
        )  # fmt: skip
        return event_id

    def audit(
        self,
        action: str,
        kind: str,
        subject_id: UUID,
        *,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
        note: str = "",
    ) -> UUID:
        """Record that the caller did `action` to that record (SPEC PL-10); the id of the record. Values become JSON; no
        secrets, please."""
        actor, audit_id = self.ctx.actor, new_id()
        self.later.insert(
            AuditRow,
            [{
                "tenant_id": self.tenant_id, "id": audit_id, "at": self.now, "actor_kind": actor.kind,
                "actor_id": actor.id, "actor_name": actor.name, "source": self.ctx.source,
                "request_id": self.ctx.request_id, "action": action, "subject_kind": kind, "subject_id": subject_id,
                "before": _plain(before), "after": _plain(after), "note": note, "salt": new_salt(),
            }],
        )  # fmt: skip
        return audit_id

    def number(self, kind: str, pattern: str, **parts: str) -> str:
        """The next number of document kind `kind` by `pattern` (SPEC PL-6), dated now in the tenant's zone.

        Gap-free: the serial is taken in this transaction and given back when it rolls back. Take it late: others who
        number the same kind wait for this transaction's end. ValueError for a bad pattern or a missing part.
        """
        compiled = Pattern.parse(pattern)
        today = self.now.astimezone(self.tenant.timezone).date()
        serial = next_serial(self.session, self.tenant_id, kind, compiled.period(today))
        return compiled.render(today, serial, parts)

    def on_behalf_of(self, ctx: Context) -> Transaction:
        """This very transaction, as another caller of the same tenant sees it."""
        assert ctx.tenant_id == self.ctx.tenant_id
        other = copy(self)
        other.ctx = ctx
        return other

    def write(self) -> None:
        """Write what was gathered, and go on."""
        self.session.flush()
        self.later.write(self.session.connection())

    def finish(self) -> None:
        """Write what was gathered and commit: called by the door, last."""
        self.session.flush()
        faultpoints.reach("before_commit")
        self.later.send(self.session.connection())


class UnknownTenant(LookupError):
    """This service has no copy of the tenant yet; the door fetches one and tries again."""

    def __init__(self, tenant_id: UUID) -> None:
        super().__init__(str(tenant_id))
        self.tenant_id = tenant_id


class UnknownPolicy(UnknownTenant, KeyError):
    """This service has no copy of that policy of the tenant yet."""


class NotInCopy(UnknownTenant):
    """What a caller names is not in this service's copy of the tenant, which may be behind. `problem` is the answer
    when the newest copy has not got it either."""

    def __init__(self, tenant_id: UUID, problem: Problem) -> None:
        super().__init__(tenant_id)
        self.problem = problem


class Work:
    """A service's place of work: its database and what it remembers of its tenants."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.tenants = TenantCache()

    @contextmanager
    def begin(self, ctx: Context, *, read_only: bool = False) -> Iterator[Transaction]:
        """A transaction for `ctx`'s tenant (none: the operator's own); commits at the end, undone by an exception."""
        with self.database.begin(ctx.tenant_id or NIL, read_only=read_only) as session:
            tx = Transaction(session, ctx, self.tenants)
            yield tx
            if not read_only:
                tx.finish()


def _payload(event: Event, data: Mapping[str, Any]) -> Any:
    schema = schema_of(event.payload)
    assert schema is not None
    dumped = schema.dump(data)
    errors = schema.validate(dumped)
    if errors:
        raise ValueError(f"event {event.type} does not keep its contract: {errors}")
    return dumped


def _plain(value: Mapping[str, Any] | None) -> Any:
    """As JSON holds it: what is stored is what the seal is computed over."""
    return None if value is None else orjson.loads(orjson.dumps(value, default=str))
