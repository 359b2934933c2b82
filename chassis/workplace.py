"""What a service's doors share inside one process: its database, its tenants, its way to call the tenants service."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

import orjson
from nameko.extensions import SharedExtension
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from chassis import logs, metrics, tenancy
from chassis.db import Database
from chassis.link import BROKER_ERRORS, Caller
from chassis.work import NotInCopy, UnknownPolicy, UnknownTenant, Work
from contracts.context import HEADER, service_context
from contracts.core import Operation
from contracts.problems import UNAVAILABLE, Problem
from contracts.tenants import SNAPSHOT

log = logs.get(__name__)
Result = TypeVar("Result")
Store = Callable[[Session, UUID, dict[str, Any]], None]
CALL_TIMEOUT = 3.0


class Workplace(SharedExtension):  # type: ignore[misc]
    """Made once a process; every door and timer of the service uses it."""

    caller = Caller()
    work: Work

    def setup(self) -> None:
        config = self.container.config
        self.service: str = self.container.service_name
        database = Database(self.service, config["KEFU_DATABASE_URL"], pool_size=self.container.max_workers + 2)
        self.work = Work(database)
        metrics.WORKERS_BUSY.labels(self.service).set_function(self.container._worker_pool.running)

    def stop(self) -> None:
        self.work.database.close()

    def call(self, operation: Operation, payload: dict[str, Any], tenant_id: UUID | None = None) -> Any:
        """Call another service on this service's own account. Raises its `Problem`, or `service_unavailable`."""
        ctx = service_context(self.service, tenant_id)
        body = orjson.dumps({"args": [payload], "kwargs": {}})
        try:
            raw = self.caller.call(operation.routing_key, body, {HEADER: ctx.to_json()}, CALL_TIMEOUT)
        except (TimeoutError, *BROKER_ERRORS) as error:
            raise UNAVAILABLE(service=operation.service) from error
        reply = orjson.loads(raw)
        if reply["error"]:
            raise _problem_of(reply["error"], operation.service)
        return reply["result"]

    def knowing_tenant(self, attempt: Callable[[], Result]) -> Result:
        """`attempt()`; when it meets a tenant, a policy or a person this service has no copy of, fetch it and try once
        more."""
        try:
            return attempt()
        except UnknownTenant as unknown:
            self.fetch(unknown.tenant_id)
        try:
            return attempt()
        except UnknownPolicy:
            raise  # the tenant has none: a fault in its packs, not in our copy
        except NotInCopy as missing:
            raise missing.problem from None
        except UnknownTenant as error:
            raise UNAVAILABLE(service=self.service) from error

    def fetch(self, tenant_id: UUID | None = None) -> None:
        """Copy the tenant's documents, or all tenants', from the tenants service."""
        cursor: str | None = None
        while True:
            payload = {"service": self.service, "cursor": cursor, "tenant_id": str(tenant_id) if tenant_id else None}
            page = self.call(SNAPSHOT, {name: value for name, value in payload.items() if value is not None})
            self._keep(page)
            cursor = page.get("next_cursor")
            if not cursor:
                return

    def _keep(self, page: dict[str, Any]) -> None:
        for name, store in _STORES.items():
            for document in page[name]:
                try:
                    self._store(store, document)
                except IntegrityError:  # the event brought it in the same moment
                    self._store(store, document)

    def _store(self, store: Store, document: dict[str, Any]) -> None:
        tenant_id = UUID(document["tenant_id"])
        with self.work.database.begin(tenant_id) as session:
            store(session, tenant_id, document)


def _problem_of(error: dict[str, Any], service: str) -> Problem:
    if error.get("exc_type") == "Problem":
        return Problem.from_wire(error["exc_args"][0])
    return UNAVAILABLE(service=service)


_STORES: dict[str, Store] = {
    "tenants": tenancy.store_tenant,
    "policies": tenancy.store_policy,
    "org_units": tenancy.store_unit,
    "staff": tenancy.store_staff,
}
