"""How commands call a running platform: by the public REST calls, with a key, like any partner."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, TypeVar

import click
import httpx

Command = TypeVar("Command", bound=Callable[..., Any])
DEFAULT_URL = "http://127.0.0.1:8080"


class Rest:
    """The platform at `url`, called with `key`. A problem ends the command with its text."""

    def __init__(self, url: str, key: str, locale: str = "en") -> None:
        self.locale = locale
        headers = {"Authorization": f"Bearer {key}", "Accept-Language": locale}
        self._client = httpx.Client(base_url=url.rstrip("/"), headers=headers, timeout=30.0)

    def close(self) -> None:
        self._client.close()

    def get(self, path: str, **options: Any) -> Any:
        return self._call("GET", path, **options)

    def post(self, path: str, **options: Any) -> Any:
        return self._call("POST", path, **options)

    def put(self, path: str, **options: Any) -> Any:
        return self._call("PUT", path, **options)

    def patch(self, path: str, **options: Any) -> Any:
        return self._call("PATCH", path, **options)

    def delete(self, path: str, **options: Any) -> Any:
        return self._call("DELETE", path, **options)

    def _call(self, verb: str, path: str, **options: Any) -> Any:
        try:
            reply = self._client.request(verb, path, **options)
        except httpx.HTTPError as error:
            raise click.ClickException(f"{self._client.base_url} does not answer: {error}") from error
        if reply.is_error:
            raise click.ClickException(_problem(reply))
        return reply.json() if reply.content else None


def all_items(rest: Rest, path: str, **query: Any) -> Iterator[dict[str, Any]]:
    """Everything a list holds, page by page."""
    cursor: str | None = None
    while True:
        page = rest.get(path, params={**query, "limit": 100, **({"cursor": cursor} if cursor else {})})
        yield from page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return


def _problem(reply: httpx.Response) -> str:
    """A problem document as lines: what is wrong, then field by field."""
    try:
        body = reply.json()
        lines = [f"{body['detail']} ({body['code']}, request {body.get('request_id', '-')})"]
        lines += [
            f"  {error.get('field', '-')}: {error.get('message') or error['code']}" for error in body.get("errors", [])
        ]
    except (ValueError, KeyError, TypeError):
        return f"{reply.request.url} answered {reply.status_code}: {reply.text[:200]}"
    return "\n".join(lines)


def rest_options(command: Command) -> Command:
    """Give a click command `--url`, `--key` and `--locale`, and hand it `rest`."""

    @click.option("--url", envvar="KEFU_URL", default=DEFAULT_URL, show_default=True, help="The gateway; KEFU_URL.")
    @click.option("--key", envvar="KEFU_KEY", required=True, help="API key or access token; better given as KEFU_KEY.")
    @click.option("--locale", type=click.Choice(["en", "zh-CN"]), default="en", show_default=True)
    @wraps(command)
    def with_rest(*arguments: Any, url: str, key: str, locale: str, **options: Any) -> Any:
        rest = Rest(url, key, locale)
        try:
            return command(*arguments, rest=rest, **options)
        finally:
            rest.close()

    return with_rest  # type: ignore[return-value]
