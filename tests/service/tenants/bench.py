"""The tenants service on a real database, called through its own doors but without a broker."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import orjson
from sqlalchemy import select

from chassis.db import Database
from chassis.rpc import Call
from chassis.tables import AuditRow, Outbox
from chassis.work import Work
from contracts import tenants as contract
from contracts.context import Actor, Context
from contracts.core import Operation
from services.tenants.service import TenantsService

OPERATOR = Context(
    actor=Actor(kind="operator", id="op", name="operator"), permissions=frozenset({"*"}), source="10.0.0.1"
)
ANONYMOUS = Context(actor=Actor(kind="anonymous", id="10.0.0.9"), source="10.0.0.9")
ASKING = Context(actor=Actor(kind="service", id="gateway"), permissions=frozenset({"*"}))
PASSWORD = "open sesame 123"


class Bench:
    """Stands where nameko's workplace stands: holds the database and hands calls to the service."""

    service = "tenants"

    def __init__(self, database: Database) -> None:
        self.work = Work(database)
        self.database = database

    def knowing_tenant(self, attempt: Any) -> Any:
        return attempt()

    def call(self, operation: Operation, ctx: Context, /, **payload: Any) -> Any:
        """The reply of the operation, or its problem raised. Travels as JSON, as over the broker."""
        sent = orjson.loads(orjson.dumps(payload, default=str))
        result, problem = getattr(TenantsService(), operation.name)(Call(operation, self, ctx, sent))
        if problem is not None:
            raise problem
        return orjson.loads(orjson.dumps(result, default=str))

    def operator(self, operation: Operation, /, **payload: Any) -> Any:
        return self.call(operation, OPERATOR, **payload)

    def company(self, **fields: Any) -> Company:
        """A new tenant from the shop pack."""
        known = {"name": "宏远", "packs": ["shop"], "services": ["customers", "notifications"]}
        made = self.operator(contract.CREATE_TENANT, **{"code": f"t{uuid4().hex[:10]}", **known, **fields})
        return Company(self, made)

    def introspect(self, credential: str) -> dict[str, Any]:
        found: dict[str, Any] = self.call(contract.INTROSPECT, ASKING, credential=credential)
        return found

    def context_of(self, credential: str) -> Context:
        """The context the gateway makes of a credential."""
        found = self.introspect(credential)
        units = found["org_unit_ids"]
        return Context(
            tenant_id=UUID(found["tenant_id"]) if found["tenant_id"] else None,
            actor=Actor(**found["actor"]),
            roles=frozenset(found["roles"]),
            permissions=frozenset(found["permissions"]),
            org_unit_ids=None if units is None else frozenset(map(UUID, units)),
            credential_id=found["credential_id"],
            locale=found["locale"],
        )


class Company:
    """One tenant, and calls in its administrator's name."""

    def __init__(self, bench: Bench, made: dict[str, Any]) -> None:
        self.bench = bench
        self.made = made
        self.id = UUID(made["id"])
        self.code: str = made["code"]
        self.admin_key: str = bench.operator(contract.CREATE_ADMIN_KEY, tenant_id=self.id, name="admin")["secret"]
        self.admin = bench.context_of(self.admin_key)

    def call(self, operation: Operation, ctx: Context | None = None, /, **payload: Any) -> Any:
        return self.bench.call(operation, ctx or self.admin, **payload)

    def unit(self, code: str, parent: dict[str, Any] | None = None) -> dict[str, Any]:
        made: dict[str, Any] = self.call(
            contract.CREATE_ORG_UNIT, code=code, name=code, kind="site", parent_id=parent["id"] if parent else None
        )
        return made

    def staff(self, username: str = "li", **fields: Any) -> dict[str, Any]:
        known = {"name": "李顾问", "password": PASSWORD, "roles": ["clerk"]}
        made: dict[str, Any] = self.call(contract.CREATE_STAFF, username=username, **{**known, **fields})
        return made

    def sign_in(self, username: str = "li", password: str = PASSWORD, **ctx: Any) -> dict[str, Any]:
        tokens: dict[str, Any] = self.bench.call(
            contract.SIGN_IN, ANONYMOUS.with_(**ctx), tenant=self.code, username=username, password=password
        )
        return tokens

    def refresh(self, token: str, **ctx: Any) -> dict[str, Any]:
        tokens: dict[str, Any] = self.bench.call(contract.REFRESH_SESSION, ANONYMOUS.with_(**ctx), refresh_token=token)
        return tokens

    def as_staff(self, username: str = "li") -> Context:
        return self.bench.context_of(self.sign_in(username)["access_token"])

    def events(self, type_: str | None = None) -> list[dict[str, Any]]:
        """The envelopes told so far, oldest first."""
        with self.bench.database.begin(self.id) as session:
            rows = session.scalars(select(Outbox).order_by(Outbox.id))
            bodies = [orjson.loads(row.body) for row in rows]
        return [body for body in bodies if type_ in (None, body["type"])]

    def told(self, type_: str) -> list[dict[str, Any]]:
        return [body["data"] for body in self.events(type_)]

    def audit(self) -> list[AuditRow]:
        with self.bench.database.begin(self.id) as session:
            return list(session.scalars(select(AuditRow).order_by(AuditRow.id)))
