"""Who holds a credential: asked of the tenants service, kept for seconds.

Fresh for 3 s, so that a revoked key is dead within 5 s even if its event is lost; with the event, at once. While the
tenants service cannot be reached, what is known is used for up to 5 minutes, so that the other services go on: whatever
changes, only a revoked credential is forgotten, the others are asked for anew.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, TypeVar
from uuid import UUID

from chassis import clock
from contracts.context import Actor, Principal
from contracts.problems import UNAUTHENTICATED, Problem

FRESH_SECONDS = 3.0
ASKING_SECONDS = 1.0
"""How long the others go on with the old answer while one asks anew."""
STALE_SECONDS = 300.0
REFUSED_SECONDS = 1.0
MAX_ENTRIES = 10_000


@dataclass(slots=True)
class _Known:
    principal: Principal
    expires_at: datetime | None
    fresh_until: float
    stale_until: float


V = TypeVar("V")


class _Recent(OrderedDict[bytes, V]):
    """Keeps the `MAX_ENTRIES` entries last written."""

    def put(self, key: bytes, value: V) -> None:
        self[key] = value
        self.move_to_end(key)
        if len(self) > MAX_ENTRIES:
            self.popitem(last=False)


class Principals:
    """Resolves credentials by `introspect` (credential -> the reply of tenants.introspect). Thread-safe."""

    def __init__(
        self, introspect: Callable[[str], Mapping[str, Any]], *, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._introspect = introspect
        self._now = now
        self._lock = threading.Lock()
        self._known: _Recent[_Known] = _Recent()
        self._refused: _Recent[float] = _Recent()
        self._changes = 0

    def knows(self, credential: str) -> bool:
        """Whether the credential was good lately, so that asking for it is no guessing."""
        return _digest(credential) in self._known

    def of(self, credential: str) -> Principal:
        """The holder. Raises UNAUTHENTICATED for a bad credential; what the tenants service answers otherwise
        (UNAVAILABLE, DEADLINE_EXCEEDED) only for one not known yet."""
        key = _digest(credential)
        known = self._usable(key)
        if known and self._now() < known.fresh_until:
            return known.principal
        if self._refused.get(key, 0.0) > self._now():
            raise UNAUTHENTICATED()
        if known:
            known.fresh_until = self._now() + ASKING_SECONDS
        return self._ask(key, credential, known)

    def forget(self, credential_id: str) -> None:
        """That key or session is no longer good."""
        with self._lock:
            self._changes += 1
            for key in [k for k, known in self._known.items() if known.principal.credential_id == credential_id]:
                del self._known[key]

    def recheck(self) -> None:
        """Ask for everybody anew at their next request: somebody's roles, units or company changed, or changes may have
        been missed."""
        with self._lock:
            self._changes += 1
            for known in self._known.values():
                known.fresh_until = 0.0

    def _usable(self, key: bytes) -> _Known | None:
        known = self._known.get(key)
        if known is None or self._now() > known.stale_until:
            return None
        if known.expires_at is not None and clock.now() >= known.expires_at:
            raise UNAUTHENTICATED()
        return known

    def _ask(self, key: bytes, credential: str, known: _Known | None) -> Principal:
        changes = self._changes
        try:
            reply = self._introspect(credential)
        except Problem as problem:
            if problem.code == UNAUTHENTICATED.code:
                self._refuse(key)
            elif known and self._known.get(key) is known:
                return known.principal
            raise
        answer = _Known(
            principal_of(reply), _moment(reply["expires_at"]), self._now() + FRESH_SECONDS, self._now() + STALE_SECONDS
        )
        with self._lock:
            if changes == self._changes and not answer.principal.must_enrol:
                # else the answer may be older than the change, or is to change within this very session
                self._known.put(key, answer)
        return answer.principal

    def _refuse(self, key: bytes) -> None:
        with self._lock:
            self._known.pop(key, None)
            self._refused.put(key, self._now() + REFUSED_SECONDS)


def principal_of(reply: Mapping[str, Any]) -> Principal:
    """The principal that tenants.introspect described."""
    units = reply["org_unit_ids"]
    return Principal(
        credential_id=reply["credential_id"],
        audience=reply["audience"],
        actor=Actor(kind=reply["actor"]["kind"], id=reply["actor"]["id"], name=reply["actor"]["name"]),
        tenant_id=UUID(reply["tenant_id"]) if reply["tenant_id"] else None,
        tenant_code=reply["tenant_code"] or "",
        services=frozenset(reply["services"]),
        roles=frozenset(reply["roles"]),
        permissions=frozenset(reply["permissions"]),
        org_unit_ids=None if units is None else frozenset(map(UUID, units)),
        locale=reply["locale"],
        rate=reply["rate"],
        must_enrol=reply.get("must_enrol", False),
    )


def _digest(credential: str) -> bytes:
    """Credentials themselves are not kept in memory."""
    return sha256(credential.encode()).digest()


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
