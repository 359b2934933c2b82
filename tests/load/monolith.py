"""The program one would write instead of services: one Flask application that validates the same request, runs the
same complaint rules and writes the same business, audit, outbox and reply rows in one transaction. No RPC, no broker.

It takes the use cases of the complaints service as they are, so that the ratio in `make bench` shows what the way over
the gateway and RabbitMQ costs and nothing else. Credentials are looked up in memory, as the gateway's cache does.
"""

from __future__ import annotations

import os
from typing import Any
from uuid import UUID, uuid4

import orjson
from flask import Flask, Response, request

from chassis.db import Database
from chassis.rpc import Call
from chassis.work import Work
from contracts import complaints as contract
from contracts.context import Actor, Context
from contracts.core import Operation
from contracts.problems import Problem
from services.complaints.queries import lists, showing
from services.complaints.usecases import cases


class Place:
    """Stands where a service's workplace stands."""

    service = "complaints"

    def __init__(self, work: Work) -> None:
        self.work = work

    def knowing_tenant(self, attempt: Any) -> Any:
        return attempt()


def create_app() -> Flask:
    app = Flask(__name__)
    place = Place(Work(Database("complaints", os.environ["KEFU_DATABASE_URL"], pool_size=16)))
    company = orjson.loads(os.environ["BENCH_COMPANY"])

    def answer(operation: Operation, run: Any, payload: dict[str, Any], status: int = 200) -> Response:
        if request.headers.get("Authorization") != f"Bearer {company['secret']}":
            return Response(status=401)
        call = Call(operation, place, _context(company), payload)  # type: ignore[arg-type]
        try:
            call.prepare()
            body, code = run(call), status
        except Problem as problem:
            body, code = problem.to_wire(), problem.status
        return Response(orjson.dumps(body, default=str), code, content_type="application/json")

    @app.post("/v1/complaints")
    def create() -> Response:
        payload = orjson.loads(request.get_data())
        return answer(
            contract.CREATE_COMPLAINT, lambda call: call.run(cases.register, then=showing.shown), payload, 201
        )

    @app.get("/v1/complaints/<complaint_id>")
    def read(complaint_id: str) -> Response:
        return answer(contract.GET_COMPLAINT, lambda call: call.read(showing.complaint), {"complaint_id": complaint_id})

    @app.get("/v1/complaints")
    def listed() -> Response:
        return answer(contract.LIST_COMPLAINTS, lambda call: call.read(lists.complaints), {})

    return app


def _context(company: dict[str, Any]) -> Context:
    return Context(
        tenant_id=UUID(company["id"]), actor=Actor(kind="key", id=company["key_id"], name="desk"),
        permissions=frozenset(company["permissions"]), locale="en", request_id=uuid4().hex,
        idempotency_key=request.headers.get("Idempotency-Key") or uuid4().hex, source=request.remote_addr or "",
    )  # fmt: skip
