"""Calling the platform as a partner should: one Idempotency-Key a write, patience with 503, a new sign-in after 401."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import click
import httpx

Json = dict[str, Any]
PATIENCE = 60.0
"""Seconds during which a call is repeated while the platform asks to come back later."""
_COME_BACK = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT}
_WRITES = {"POST", "PUT", "PATCH", "DELETE"}


class Refused(Exception):
    """The platform refused a call; `problem` is its problem document."""

    def __init__(self, status: int, problem: Json) -> None:
        super().__init__(problem.get("detail", ""))
        self.status, self.problem = status, problem
        self.code = str(problem.get("code", status))

    def __str__(self) -> str:
        lines = [f"{self.problem.get('detail', '')} ({self.code})"]
        lines += [f"  {e.get('field', '-')}: {e.get('message', e.get('code'))}" for e in self.problem.get("errors", [])]
        return "\n".join(lines)


class Key(httpx.Auth):
    """An API key."""

    def __init__(self, key: str) -> None:
        self._key = key

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = f"Bearer {self._key}"
        yield request


class SignedIn(httpx.Auth):
    """A staff member: signs in when first needed, and again when the access token ran out."""

    requires_response_body = True

    def __init__(self, tenant: str, username: str, password: str) -> None:
        self._body = {"tenant": tenant, "username": username, "password": password}
        self._token = ""

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        if self._token:
            request.headers["Authorization"] = f"Bearer {self._token}"
            answer = yield request
            if answer.status_code != HTTPStatus.UNAUTHORIZED:
                return
        session = yield httpx.Request("POST", request.url.join("/v1/sessions"), json=self._body)
        if session.is_error:
            raise Refused(session.status_code, _problem(session))
        self._token = session.json()["access_token"]
        request.headers["Authorization"] = f"Bearer {self._token}"
        yield request


class Caller:
    """Somebody who calls the platform at `url`. Raises `Refused` for a problem, ClickException without an answer."""

    def __init__(self, url: str, auth: httpx.Auth, locale: str) -> None:
        self._client = httpx.Client(
            base_url=url.rstrip("/"), auth=auth, timeout=60.0, trust_env=False, headers={"Accept-Language": locale}
        )

    def close(self) -> None:
        self._client.close()

    def get(self, path: str, **query: Any) -> Any:
        return self._call("GET", path, params=query)

    def all(self, path: str, **query: Any) -> Iterator[Json]:
        """Everything a list holds, page by page."""
        cursor: str | None = None
        while True:
            page = self.get(path, **query, limit=100, **({"cursor": cursor} if cursor else {}))
            yield from page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def post(self, path: str, body: Json | None = None, *, version: int | None = None) -> Any:
        """`version`: refuse when the record is no longer the one that was read (If-Match)."""
        return self._call(
            "POST", path, json=body or {}, headers={} if version is None else {"If-Match": f'"{version}"'}
        )

    def put(self, path: str, body: Json) -> Any:
        return self._call("PUT", path, json=body)

    def upload(self, path: str, filename: str, content: bytes, **query: Any) -> Any:
        return self._call("POST", path, params=query, files={"file": (filename, content)})

    def _call(self, verb: str, path: str, *, headers: dict[str, str] | None = None, **options: Any) -> Any:
        sent = dict(headers or {})
        if verb in _WRITES:
            sent["Idempotency-Key"] = str(uuid4())
        end = time.monotonic() + PATIENCE
        while True:
            answer = self._ask(verb, path, headers=sent, **options)
            if answer.status_code not in _COME_BACK or time.monotonic() > end:
                break
            time.sleep(min(float(answer.headers.get("Retry-After", 1)), PATIENCE))
        if answer.is_error:
            raise Refused(answer.status_code, _problem(answer))
        return answer.json() if answer.content else None

    def _ask(self, verb: str, path: str, **options: Any) -> httpx.Response:
        try:
            return self._client.request(verb, path, **options)
        except httpx.HTTPError as error:
            raise click.ClickException(f"{self._client.base_url} does not answer: {error}") from error


def _problem(answer: httpx.Response) -> Json:
    try:
        found = answer.json()
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {"detail": f"{answer.status_code}: {answer.text[:200]}"}
