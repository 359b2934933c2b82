"""Whether a request may go on, and as whom: credential, audience, rate, enabled service, permission, in that order.

Out comes the Context the services act on. Tenant, roles and org units are taken from the credential and from nothing
else (PL-15); which org units the actor may act in goes along, and the service that knows the record checks it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from flask import request

from chassis.metrics import TENANT_REQUESTS, tenant_label
from contracts.context import Actor, Context, Principal
from contracts.core import Audience, Operation
from contracts.problems import FORBIDDEN, NOT_ENABLED, SECOND_FACTOR_REQUIRED, UNAUTHENTICATED, Problem
from gateway.arrival import arrival
from gateway.principals import Principals
from gateway.problems import WRONG_AUDIENCE, malformed
from gateway.rates import Rates
from gateway.settings import GatewaySettings

_BEARER = re.compile(r"Bearer +(?P<credential>[A-Za-z0-9._~+/=-]{8,4096})", re.IGNORECASE)
_KEY = re.compile(r"[\x21-\x7e]([\x20-\x7e]{0,253}[\x21-\x7e])?")
_NAMES = {
    Audience.OPERATOR: {"en": "the platform operator's key", "zh-CN": "平台运营方密钥"},
    Audience.TENANT: {"en": "a company's key or staff token", "zh-CN": "企业密钥或员工令牌"},
    Audience.COMPLAINANT: {"en": "the token of a status link", "zh-CN": "进度查询链接的令牌"},
}


class Admission:
    """Lets requests in."""

    def __init__(self, principals: Principals, rates: Rates, settings: GatewaySettings) -> None:
        self._principals = principals
        self._rates = rates
        self._settings = settings

    def admit(self, operation: Operation, credential: str | None = None) -> Context:
        """The context of this request for `operation`; raises the problem that keeps it out. `credential`: where the
        request carries it elsewhere than in its Authorization header."""
        if operation.audience is Audience.PUBLIC:
            self._rates.take(f"address:{arrival().source}", self._settings.anonymous_rate, policy="address")
            return self._context(operation, None)
        principal = self.principal(credential)
        if principal.audience != operation.audience:
            raise WRONG_AUDIENCE(wanted=_NAMES[operation.audience], given=_NAMES[Audience(principal.audience)])
        self._count(principal)
        if principal.must_enrol and not operation.unconditional:
            raise SECOND_FACTOR_REQUIRED()
        if not is_enabled(operation, principal):
            raise NOT_ENABLED(service=operation.service)
        context = self._context(operation, principal)
        if operation.permission and not context.may(operation.permission):
            raise FORBIDDEN(permission=operation.permission)
        return context

    def count_guess(self, operation: Operation, payload: Mapping[str, Any]) -> None:
        """Count a call of an operation by which somebody could find out a secret. Raises RATE_LIMITED."""
        if operation.guessed:
            value = "".join(str(payload[operation.guessed]).split()).casefold()
            self._rates.take(f"guesser:{arrival().source}", self._settings.guess_rate, policy="address")
            self._rates.take(f"guessed:{operation.name}:{value}", self._settings.guessed_rate, policy="subject")

    def principal(self, credential: str | None = None) -> Principal:
        """Who holds `credential`, else who sent this request. Raises UNAUTHENTICATED; RATE_LIMITED for an address with
        too many bad credentials."""
        credential = credential or _credential()
        guesser, rate = f"guess:{arrival().source}", self._settings.anonymous_rate
        if not self._principals.knows(credential):
            self._rates.check(guesser, rate, policy="address")
        try:
            principal = self._principals.of(credential)
        except Problem as problem:
            if problem.code == UNAUTHENTICATED.code:
                self._rates.take(guesser, rate, policy="address")
            raise
        facts = arrival()
        facts.principal = principal
        if not facts.asked_for_locale:
            facts.locale = principal.locale
        return principal

    def _count(self, principal: Principal) -> None:
        TENANT_REQUESTS.labels(tenant_label(principal.tenant_code)).inc()
        if principal.audience == Audience.COMPLAINANT:  # each link on its own: they cannot use up the company's rate
            self._rates.take(f"link:{principal.credential_id}", self._settings.link_rate, policy="link")
            return
        who = f"tenant:{principal.tenant_id}" if principal.tenant_id else "operator"
        self._rates.take(who, principal.rate or self._settings.rate, policy="tenant")

    def _context(self, operation: Operation, principal: Principal | None) -> Context:
        facts = arrival()
        anonymous = Actor(kind="anonymous", id=facts.source)
        return Context(
            tenant_id=principal.tenant_id if principal else None,
            actor=principal.actor if principal else anonymous,
            roles=principal.roles if principal else frozenset(),
            permissions=principal.permissions if principal else frozenset(),
            org_unit_ids=principal.org_unit_ids if principal else None,
            credential_id=principal.credential_id if principal else "",
            locale=facts.locale,
            request_id=facts.request_id,
            trace_id=facts.trace_id,
            deadline=time.time() + self._settings.rpc_seconds,
            idempotency_key=_idempotency_key() if operation.mutating else None,
            source=facts.source,
        )


def is_enabled(operation: Operation, principal: Principal) -> bool:
    """Whether the principal's tenant uses the operation's service (PL-2, NX-6)."""
    return (
        principal.audience == Audience.OPERATOR or operation.always_enabled or operation.service in principal.services
    )


def _credential() -> str:
    match = _BEARER.fullmatch(request.headers.get("Authorization", "").strip())
    if match is None:
        raise UNAUTHENTICATED()
    return match["credential"]


def _idempotency_key() -> str:
    """The caller's key, or one made here so that the services need not care."""
    given = request.headers.get("Idempotency-Key")
    if given is None:
        return f"gateway-{uuid4()}"
    if not _KEY.fullmatch(given):
        raise malformed(
            "Idempotency-Key must be 1 to 255 printable ASCII characters, such as a UUID",
            "Idempotency-Key 应为 1 至 255 个可打印 ASCII 字符,例如 UUID",
        )
    return given
