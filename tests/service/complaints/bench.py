"""The complaints service on a real database, called through its own doors but without a broker."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import orjson
from sqlalchemy import select

from chassis import tenancy
from chassis.db import Database
from chassis.ids import new_id
from chassis.rpc import Call
from chassis.tables import Outbox
from chassis.timers import Job, TenantQueue
from chassis.work import Work
from chassis.workplace import Workplace
from contracts import complaints as contract
from contracts.context import Actor, Context, service_context
from contracts.core import Operation
from contracts.policies import load_pack, resolve
from contracts.problems import Problem
from services.complaints import jobs
from services.complaints.service import ComplaintsService
from services.complaints.usecases import watching

PACKS = Path(__file__).parents[3] / "packs"
Json = dict[str, Any]


@cache
def _document(pack: str, overrides: str) -> Json:
    return resolve("complaints", [load_pack(PACKS, pack)], orjson.loads(overrides)).require()


class Bench:
    """Stands where nameko's workplace stands: holds the database and hands calls and timers to the service."""

    service = "complaints"
    knowing_tenant = Workplace.knowing_tenant

    def __init__(self, database: Database) -> None:
        self.work = Work(database)
        self.database = database

    def fetch(self, _tenant_id: UUID) -> None:
        """The tenants service has nothing newer."""

    def company(self, pack: str = "dealership", **overrides: Any) -> Company:
        """A new tenant with two sites and one staff member of each role in the first."""
        return Company(self, pack, overrides)


class Company:
    """One tenant, and calls in its name."""

    def __init__(self, bench: Bench, pack: str, overrides: Mapping[str, Any]) -> None:
        self.bench, self.id, self.pack = bench, uuid4(), pack
        self.units = {"south": new_id(), "north": new_id()}
        self.staff: dict[str, UUID] = {}
        self._policy_version = 0
        self.activate(**overrides)
        with bench.database.begin(self.id) as session:
            tenancy.store_tenant(session, self.id, {
                "tenant_id": str(self.id), "version": 1, "code": f"t{self.id.hex[:8]}", "name": "宏远",
                "status": "active", "locale": "zh-CN", "timezone": "Asia/Shanghai", "services": ["complaints"],
                "calendar": {"hours": [["09:00", "18:00"]]},
            })  # fmt: skip
            for code, unit_id in self.units.items():
                tenancy.store_unit(session, self.id, {
                    "id": unit_id, "version": 1, "code": code, "name": code, "kind": "store", "parent_id": None,
                    "path": [str(unit_id)], "active": True,
                })  # fmt: skip

    def activate(self, **overrides: Any) -> None:
        """Put a version of the policy with these overrides in force."""
        self._policy_version += 1
        self.document = _document(self.pack, orjson.dumps(overrides, option=orjson.OPT_SORT_KEYS).decode())
        told = {"service": "complaints", "version": self._policy_version, "document": self.document}
        with self.bench.database.begin(self.id) as session:
            tenancy.store_policy(session, self.id, told)

    def hire(self, role: str, username: str = "", unit: str = "south") -> Context:
        """A staff member whom the service knows; the context they call in."""
        staff_id, username = new_id(), username or role.replace("_", "-")
        with self.bench.database.begin(self.id) as session:
            tenancy.store_staff(session, self.id, {
                "id": staff_id, "version": 1, "name": username, "username": username, "roles": [role],
                "org_unit_ids": [self.units[unit]], "active": True, "email": None, "phone": None, "locale": None,
            })  # fmt: skip
        granted = next(one["permissions"] for one in self.document["roles"] if one["key"] == role)
        return self.context(
            actor=Actor(kind="staff", id=str(staff_id), name=username), roles=frozenset({role}),
            permissions=frozenset(granted), org_unit_ids=frozenset({self.units[unit]}),
        )  # fmt: skip

    def change_role(self, role: str, permissions: list[str]) -> None:
        """Tell the service that a role may do this from now on."""
        told = {
            "id": str(new_id()),
            "version": 7,
            "name": role,
            "labels": {},
            "permissions": permissions,
            "active": True,
        }
        with self.bench.work.begin(service_context("complaints", self.id)) as tx:
            watching.role_changed(tx, told)

    def context(self, **changes: Any) -> Context:
        """Somebody who may do everything, unless `changes` say otherwise."""
        known = Context(
            tenant_id=self.id, actor=Actor(kind="staff", id=str(new_id()), name="李顾问"),
            roles=frozenset({"general_manager"}), permissions=frozenset({"complaints.*"}), locale="en",
        )  # fmt: skip
        return known.with_(**changes)

    def call(self, operation: Operation, ctx: Context | None = None, **payload: Any) -> Any:
        """The reply of the operation, or its problem raised. The payload travels as JSON, as over the broker."""
        sent = orjson.loads(orjson.dumps(payload, default=str))
        door = getattr(ComplaintsService(), operation.name)
        result, problem = door(Call(operation, self.bench, ctx or self.context(), sent))
        if problem is not None:
            raise problem
        return orjson.loads(orjson.dumps(result, default=str))

    def refused(self, operation: Operation, ctx: Context | None = None, **payload: Any) -> Problem:
        """The problem the call is refused with."""
        try:
            answer = self.call(operation, ctx, **payload)
        except Problem as problem:
            return problem
        raise AssertionError(f"not refused: {answer}")

    def register(self, ctx: Context | None = None, **fields: Any) -> Json:
        """A new case."""
        usual = {
            "channel": "phone", "content": "刹车异响,维修两次未解决", "org_unit_id": self.units["south"],
            "complainant": {"name": "王芳", "phone": "13800138000", "vehicle_plate": "京A12345"},
        }  # fmt: skip
        made: Json = self.call(contract.CREATE_COMPLAINT, ctx, **{**usual, **fields})
        return made

    def case(self, case: Mapping[str, Any], ctx: Context | None = None) -> Json:
        found: Json = self.call(contract.GET_COMPLAINT, ctx, complaint_id=case["id"])
        return found

    def act(self, case: Mapping[str, Any], name: str, ctx: Context | None = None, **fields: Any) -> Json:
        done: Json = self.call(contract.ACT, ctx, complaint_id=case["id"], name=name, **fields)
        return done

    def attach(self, case: Mapping[str, Any], text: str = "证据", **query: Any) -> Json:
        content = base64.b64encode(text.encode()).decode()
        made: Json = self.call(
            contract.ADD_ATTACHMENT, complaint_id=case["id"], content=content, filename="a.txt", **query
        )
        return made

    def complainant_of(self, case: Mapping[str, Any]) -> Context:
        """Whoever holds a link to the case."""
        link = self.call(contract.ISSUE_STATUS_LINK, complaint_id=case["id"])
        gateway = self.context(actor=Actor(kind="service", id="gateway", name="gateway"))
        known = self.call(contract.RESOLVE_STATUS_LINK, gateway, credential=link["token"])
        return self.context(
            actor=Actor(**known["actor"]), credential_id=known["credential_id"], roles=frozenset(),
            permissions=frozenset(),
        )  # fmt: skip

    def history(self, case: Mapping[str, Any], what: str | None = None) -> list[Json]:
        """The case's history, oldest first; entries of one sort only when `what` is given."""
        entries: list[Json] = self.call(contract.GET_HISTORY, complaint_id=case["id"], limit=100)["items"][::-1]
        return [entry for entry in entries if what in {None, entry["what"]}]

    def work_bulk_through(self) -> None:
        """Take the acts on many cases that were asked for."""
        queue = TenantQueue(60)
        queue.tell(self.id)
        jobs.work_bulk_through(Job(self.bench), queue)

    def sweep(self) -> None:
        """Let what is due by now happen."""
        job = Job(self.bench)
        while job.sweep_deadlines(jobs.deadline_fired):
            pass

    def events(self, type_: str) -> list[Json]:
        """Payloads of the events told so far, oldest first."""
        with self.bench.database.begin(self.id) as session:
            rows = session.scalars(select(Outbox).where(Outbox.routing_key == type_).order_by(Outbox.id))
            return [orjson.loads(row.body)["data"] for row in rows]
