"""The tenants of one run: what each has, and what of it the load has seen so far."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Generator, Iterable
from dataclasses import dataclass, field
from uuid import UUID

import httpx

RECENT = 20


@dataclass(eq=False)
class Company:
    """A tenant of one run's own. Thread-safe as far as the load uses it."""

    id: UUID
    code: str
    services: frozenset[str]
    client: httpx.Client = field(repr=False)
    """Signed in with the administrator's key."""
    staff: httpx.Client = field(repr=False)
    """Signed in as the one member of staff, who has an inbox."""
    staff_id: UUID
    cases: deque[str] = field(default_factory=lambda: deque(maxlen=RECENT))
    """The complaints registered last."""
    _unread: deque[str] = field(default_factory=deque)
    _offered: set[str] = field(default_factory=set)

    def some_case(self, chance: random.Random) -> str | None:
        cases = list(self.cases)
        return chance.choice(cases) if cases else None

    def next_notice(self) -> str | None:
        """An unread notice, each only once; None when there is none, or nobody to ask."""
        if not self._unread:
            self._look()
        try:
            return self._unread.popleft()
        except IndexError:
            return None

    def _look(self) -> None:
        try:
            answer = self.staff.get("/v1/notifications", params={"unread": "true", "limit": 100})
        except (httpx.TransportError, SignInFailed):
            return
        if answer.is_success:
            self._offer(notice["id"] for notice in answer.json()["items"])

    def _offer(self, ids: Iterable[str]) -> None:
        for id_ in ids:
            if id_ not in self._offered:
                self._offered.add(id_)
                self._unread.append(id_)


class SignInFailed(httpx.TransportError):
    """Signing in failed: what was to be asked was not done, and may be tried again."""


class SignedIn(httpx.Auth):
    """Signs in when first needed, and again when the credential ran out: some faults move the clock."""

    requires_response_body = True

    def __init__(self, tenant: str, username: str, password: str) -> None:
        self._body = {"tenant": tenant, "username": username, "password": password}
        self._token = ""

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        for _ in range(2):
            token = self._token
            if not token:
                session = yield httpx.Request("POST", request.url.join("/v1/sessions"), json=self._body)
                session.read()
                if not session.is_success:
                    raise SignInFailed(session.text)
                self._token = token = session.json()["access_token"]
            request.headers["Authorization"] = f"Bearer {token}"
            answer = yield request
            if answer.status_code != httpx.codes.UNAUTHORIZED:
                return
            self._token = ""
