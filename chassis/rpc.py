"""The RPC door: one declared operation, one method of the service class.

On nameko's wire protocol (exchange `nameko-rpc`, queue `rpc-<service>`, key `<service>.<operation>`), so that any
nameko or pika client can call. What differs from nameko's own entrypoint: the reply leaves on the consuming channel,
transient and unconfirmed; a message that nobody could answer is dropped instead of killing the process; the queue goes
away with its last consumer, so that a caller learns at once that the service is down.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from functools import cached_property, wraps
from typing import Any, TypeVar
from uuid import UUID

import orjson
from kombu import Queue
from kombu.message import Message
from marshmallow import ValidationError
from nameko.extensions import Entrypoint
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from chassis import faultpoints, logs, metrics, requests, scanning
from chassis.db import DatabaseUnavailable, summary
from chassis.link import RPC_EXCHANGE, Door
from chassis.work import Transaction, Work
from chassis.workplace import Workplace
from contracts.context import HEADER, Context
from contracts.core import Audience, Operation, schema_of
from contracts.problems import (
    CONFLICT,
    DEADLINE_EXCEEDED,
    FORBIDDEN,
    INTERNAL,
    INVALID,
    NOT_ENABLED,
    STALE,
    UNAVAILABLE,
    Problem,
    both,
)
from contracts.validation import errors_of

log = logs.get(__name__)
Method = TypeVar("Method", bound=Callable[..., Any])
UseCase = Callable[..., Any]

QUEUE_EXPIRES_MS = 1000
MAX_CONFLICTS = 3
REPLY_KEY = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""Where a reply may go. Any other key could be that of another service's queue: the caller would have this service say
there what the caller itself may not."""
_CONSTRAINT = both("it exists already, or something it names does not", "该记录已存在,或所引用的记录不存在")
_RETRIABLE = {"40001", "40P01", "55P03"}  # serialization failure, deadlock, lock not available


class Call:
    """One call of an operation, as the service's method gets it."""

    def __init__(self, operation: Operation, workplace: Workplace, ctx: Context, payload: dict[str, Any]) -> None:
        self.operation = operation
        self.workplace = workplace
        self.ctx = ctx
        self.payload = payload
        self.data: dict[str, Any] = {}
        """The validated request: path, query and body fields together."""

    @property
    def work(self) -> Work:
        """For the rare operation that needs more than one transaction (an import, a sign-in that counts failures)."""
        return self.workplace.work

    def run(self, usecase: UseCase, *args: Any, then: Callable[[Transaction, Any], Any] | None = None) -> Any:
        """Carry out a writing operation in one transaction: claim the idempotency key, `usecase(tx, data, *args)`, dump
        its result with the operation's reply schema, keep that reply, commit. A repeated key answers the kept reply.

        `then(tx, result)` makes of the use case's result what is dumped, after everything is written.
        """

        def body(tx: Transaction) -> Any:
            result = usecase(tx, dict(self.data), *args)  # a copy: a conflict may have it run again
            tx.session.flush()
            return self.dump(result if then is None else then(tx, result))

        return self._transact(body, read_only=False)

    def read(self, query: UseCase, *args: Any) -> Any:
        """Answer from `query(tx, data, *args)` in a read-only transaction."""
        return self._transact(lambda tx: self.dump(query(tx, dict(self.data), *args)), read_only=True)

    def look(self, query: UseCase, *args: Any) -> Any:
        """What `query(tx, data, *args)` finds, as it is: one of an operation's several read-only transactions. The door
        makes the reply of them and dumps it."""
        return self._transact(lambda tx: query(tx, dict(self.data), *args), read_only=True)

    def gather(self, usecase: UseCase, *args: Any) -> Any:
        """As `look`, but in a transaction that also writes, such as that somebody looked. Nothing is kept under the
        caller's key: asked again, it happens again."""
        self.ctx = self.ctx.with_(idempotency_key=None)
        return self._transact(lambda tx: usecase(tx, dict(self.data), *args), read_only=False)

    def dump(self, result: Any) -> Any:
        """`result` by the operation's reply schema, ready for JSON."""
        schema = schema_of(self.operation.reply)
        return None if schema is None else schema.dump(result)

    def _transact(self, body: Callable[[Transaction], Any], *, read_only: bool) -> Any:
        for attempt in range(1, MAX_CONFLICTS + 1):
            try:
                return self.workplace.knowing_tenant(lambda: self._attempt(body, read_only))
            except DBAPIError as error:
                if getattr(error.orig, "pgcode", None) not in _RETRIABLE or attempt == MAX_CONFLICTS:
                    raise
        raise AssertionError("unreachable")

    def _attempt(self, body: Callable[[Transaction], Any], read_only: bool) -> Any:
        with self.work.begin(self.ctx, read_only=read_only) as tx:
            if not read_only:
                stored = requests.claim(tx, self.operation.name, self._fingerprint)
                if stored is not requests.NOTHING_STORED:
                    return stored
            self._check_enabled(tx)
            reply = body(tx)
            if not read_only:
                requests.store(tx, reply)
        faultpoints.reach("after_commit")
        return reply

    @cached_property
    def _fingerprint(self) -> bytes:
        return requests.fingerprint(self.operation.name, self.payload)

    def _check_enabled(self, tx: Transaction) -> None:
        operation = self.operation
        if operation.audience not in _OF_TENANTS or operation.always_enabled:
            return
        if operation.service not in tx.tenant.services:
            raise NOT_ENABLED(service=operation.service)

    def prepare(self) -> None:
        """Check the deadline, the audience, the permission, the request and its file. Raises the problem."""
        if self.ctx.deadline is not None and time.time() > self.ctx.deadline:
            raise DEADLINE_EXCEEDED()
        operation = self.operation
        if not _is_meant_for(operation.audience, self.ctx):
            raise FORBIDDEN(permission=operation.audience.value)
        if operation.permission and not self.ctx.may(operation.permission):
            raise FORBIDDEN(permission=operation.permission)
        self.data = _validated(operation, self.payload, self.ctx.locale)
        if operation.upload and (gate := scanning.Gate.load()):
            gate.check(self.work, self.ctx, operation, self.data)


_OF_TENANTS = {Audience.TENANT, Audience.COMPLAINANT}
_ACTORS = {Audience.OPERATOR: "operator", Audience.COMPLAINANT: "complainant", Audience.INTERNAL: "service"}


def _is_meant_for(audience: Audience, ctx: Context) -> bool:
    """Whether that caller belongs to the audience: the gateway sees to it, and so does every door, because what is the
    operator's or the services' own reaches beyond the caller's tenant."""
    if audience in _ACTORS:
        return ctx.actor.kind == _ACTORS[audience]
    return audience is Audience.PUBLIC or (ctx.tenant_id is not None and ctx.actor.kind != "complainant")


def _validated(operation: Operation, payload: dict[str, Any], locale: str) -> dict[str, Any]:
    """The request by the operation's schemas: each takes its own fields out of the flat payload."""
    rest, data = dict(payload), {}
    if operation.versioned and "expected_version" in rest:
        data["expected_version"] = rest.pop("expected_version")
    parts = [schema_of(operation.path_schema), schema_of(operation.query)]
    try:
        for schema in parts:
            if schema is not None:
                data.update(schema.load({name: rest.pop(name) for name in _names(schema) if name in rest}))
        for name in operation.path_parameters:
            if name in rest and operation.path_schema is None:
                data[name] = _path_value(name, rest.pop(name))
        body = schema_of(operation.body)
        if body is not None:
            data.update(body.load(rest))
        elif operation.upload:
            data.update(rest)
    except ValidationError as error:
        raise INVALID(errors=errors_of(error, locale)) from error
    return data


def _names(schema: Any) -> list[str]:
    return [field.data_key or name for name, field in schema.fields.items()]


def _path_value(name: str, value: Any) -> Any:
    if name != "id" and not name.endswith("_id"):
        return str(value)
    try:
        return UUID(str(value))
    except ValueError:
        raise ValidationError({name: ["must be a UUID"]}) from None


class RpcDoor(Door):
    """The service's request queue."""

    def __init__(self) -> None:
        super().__init__()
        self._entrypoints: dict[str, OperationEntrypoint] = {}

    def consumed_queue(self) -> Queue:
        name = self.container.service_name
        return Queue(
            f"rpc-{name}", exchange=RPC_EXCHANGE, routing_key=f"{name}.*", durable=True,
            queue_arguments={"x-expires": QUEUE_EXPIRES_MS},
        )  # fmt: skip

    def register_provider(self, provider: OperationEntrypoint) -> None:
        super().register_provider(provider)
        self._entrypoints[provider.operation.name] = provider

    def handle_message(self, message: Message) -> None:
        if not REPLY_KEY.fullmatch(message.properties.get("reply_to") or ""):
            log.warning("request without a reply key dropped", routing_key=message.delivery_info["routing_key"])
            self.link.settle(message)
            return
        name = message.delivery_info["routing_key"].rpartition(".")[2]
        entrypoint = self._entrypoints.get(name)
        if entrypoint is None:
            self._refuse(message, f"{self.container.service_name} has no operation {name}")
            return
        try:
            call = entrypoint.call_from(message)
        except Exception as error:  # noqa: BLE001  (whatever a stranger may send)
            self._refuse(message, f"{name}: {error!r}")
            return
        self.spawn(entrypoint, call, [message], entrypoint.replier(message))

    def _refuse(self, message: Message, reason: str) -> None:
        log.warning("request refused", reason=reason)
        path = "nameko.exceptions.MalformedRequest"
        error = {"exc_type": "MalformedRequest", "exc_path": path, "exc_args": [reason], "value": reason}
        self.answer(message, None, error)

    def answer(self, message: Message, result: Any, error: dict[str, Any] | None) -> None:
        """Reply, then acknowledge. When it cannot be sent, the broker gives the request out again, and the stored reply
        answers it: by itself after a lost connection, and told to on one that stands, where a request that is neither
        answered nor given back would hold a worker's place for ever."""
        properties = message.properties
        body = orjson.dumps({"result": result, "error": error}, default=str)
        try:
            self.link.publish(
                RPC_EXCHANGE.name, properties["reply_to"], body, correlation_id=properties.get("correlation_id", "")
            )
        except Exception as failure:  # noqa: BLE001  (whatever broke the connection)
            log.warning("reply not sent", error=repr(failure))
            self.link.settle(message, requeue=True)
            return
        faultpoints.reach("after_reply")
        self.link.settle(message)


class OperationEntrypoint(Entrypoint):  # type: ignore[misc]
    """Binds one declared operation to one method."""

    door = RpcDoor()
    workplace = Workplace()

    def __init__(self, operation: Operation, **kwargs: Any) -> None:
        self.operation = operation
        super().__init__(**kwargs)

    def setup(self) -> None:
        self.door.register_provider(self)

    def stop(self) -> None:
        self.door.unregister_provider(self)

    def call_from(self, message: Message) -> Call:
        """The call a message holds; raises one of many errors when it holds none."""
        ctx = Context.from_json(message.headers[HEADER])
        body = orjson.loads(message.body)
        payload = body["args"][0] if body["args"] else body["kwargs"]
        if not isinstance(payload, dict):
            raise TypeError("the first argument must be an object")
        return Call(self.operation, self.workplace, ctx, payload)

    def replier(self, message: Message) -> Callable[..., Any]:
        def reply(_worker: Any, outcome: Any, exc_info: Any) -> tuple[Any, Any]:
            result, problem = outcome if exc_info is None else (None, INTERNAL(request_id=""))
            self.door.answer(message, result, _wire(problem))
            return result, None

        return reply


def _wire(problem: Problem | None) -> dict[str, Any] | None:
    if problem is None:
        return None
    path = "contracts.problems.Problem"
    return {"exc_type": "Problem", "exc_path": path, "exc_args": [problem.to_wire()], "value": problem.code}


def operation(declared: Operation) -> Callable[[Method], Method]:
    """Mark a method of a service class as the door of that operation: `def create_thing(self, call: Call) -> Any`."""

    def decorate(method: Method) -> Method:
        if method.__name__ != declared.name:
            raise ValueError(f"{method.__qualname__} must be named {declared.name}, as the operation is")

        @wraps(method)
        def door(self: Any, call: Call) -> tuple[Any, Problem | None]:
            return _carry_out(call, lambda: method(self, call))

        return OperationEntrypoint.decorator(declared)(door)  # type: ignore[no-any-return]

    return decorate


def _carry_out(call: Call, method: Callable[[], Any]) -> tuple[Any, Problem | None]:
    """(reply, None) or (None, problem); measured and logged. Whatever happens inside, the caller gets an answer."""
    begun = time.perf_counter()
    with logs.bound(call.ctx):
        result, problem = _attempted(call, method)
    outcome = problem.code if problem else "ok"
    service, name = call.operation.service, call.operation.name
    metrics.RPC_REQUESTS.labels(service, name, outcome).inc()
    metrics.RPC_DURATION.labels(service, name).observe(time.perf_counter() - begun)
    return result, problem


def _attempted(call: Call, method: Callable[[], Any]) -> tuple[Any, Problem | None]:
    try:
        call.prepare()
        return method(), None
    except Problem as problem:
        return None, problem
    except DatabaseUnavailable as error:
        log.warning("database unavailable", operation=call.operation.name, error=str(error))
        return None, UNAVAILABLE(service=call.operation.service)
    except StaleDataError:
        return None, STALE(version="?")
    except IntegrityError as error:
        log.warning("refused by a constraint", operation=call.operation.name, error=summary(error))
        return None, CONFLICT(reason=_CONSTRAINT)
    except Exception:
        log.exception("operation failed", operation=call.operation.name)
        return None, INTERNAL(request_id=call.ctx.request_id)
