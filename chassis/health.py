"""Every process's own small web page: /metrics, /healthz (alive), /readyz (may get work).

`app` makes a WSGI application; services run it on eventlet's server, the relay and other processes with real threads by
`serve_thread`.
"""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from socketserver import ThreadingMixIn
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import orjson

from chassis import logs, metrics

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_log = logs.get(__name__)
_JSON = "application/json"

Check = Callable[[], object]
"""Raises when something is wrong; the exception's text is for the ops team. Must answer within a second."""


def app(
    live: Mapping[str, Check],
    ready: Mapping[str, Check] | None = None,
    *,
    exposition: Callable[[], bytes] = metrics.exposition,
) -> WSGIApplication:
    """The WSGI application. `live`: what must hold, or the process is to be restarted (/healthz). `ready`: what must
    hold besides, or it is to get no work (/readyz). `exposition` gives what /metrics shows."""
    pages: dict[str, Callable[[], _Answer]] = {
        "/metrics": lambda: _Answer("200 OK", metrics.CONTENT_TYPE, exposition()),
        "/healthz": lambda: _report(live),
        "/readyz": lambda: _report({**live, **(ready or {})}),
    }

    def serve(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return _answer(pages, environ).send(environ, start_response)

    return serve


@dataclass(frozen=True, slots=True)
class _Answer:
    status: str
    content_type: str
    body: bytes
    more: tuple[tuple[str, str], ...] = ()

    def send(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        headers = [("Content-Type", self.content_type), ("Content-Length", str(len(self.body)))]
        start_response(self.status, [*headers, ("Cache-Control", "no-store"), *self.more])
        return [b"" if environ["REQUEST_METHOD"] == "HEAD" else self.body]


def _answer(pages: Mapping[str, Callable[[], _Answer]], environ: WSGIEnvironment) -> _Answer:
    page = pages.get(environ.get("PATH_INFO", ""))
    if page is None:
        return _json("404 Not Found", {"error": f"nothing here; see {' '.join(pages)}"})
    if environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
        return _json("405 Method Not Allowed", {"error": "only GET and HEAD"}, ("Allow", "GET, HEAD"))
    return page()


def _report(checks: Mapping[str, Check]) -> _Answer:
    results = {name: _outcome(name, check) for name, check in checks.items()}
    good = all(result == "ok" for result in results.values())
    status = "200 OK" if good else "503 Service Unavailable"
    return _json(status, {"status": "ok" if good else "failing", "checks": results})


def _outcome(name: str, check: Check) -> str:
    try:
        check()
    except Exception as error:  # noqa: BLE001  (whatever is wrong is the answer)
        _log.warning("health check failed", check=name, error=repr(error))
        return str(logs.masked("error", f"{type(error).__name__}: {error}"))
    return "ok"


def _json(status: str, content: Mapping[str, Any], *more: tuple[str, str]) -> _Answer:
    return _Answer(status, _JSON, orjson.dumps(content), more)


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Handler(WSGIRequestHandler):
    timeout = 10
    """Seconds after which a silent client is let go."""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the base class's name)
        """Scrapes are not worth a line."""


class Serving:
    """A running page; stops at the end of its `with` block or by `stop`."""

    def __init__(self, server: _Server) -> None:
        self._server = server
        self.port = server.server_port
        self._thread = threading.Thread(target=server.serve_forever, args=(0.1,), name="health", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop listening; returns when the port is free again."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def serve_thread(host: str, port: int, application: WSGIApplication) -> Serving:
    """Serve `application` in threads of this process (never under eventlet). Port 0 takes a free one, see `.port`.
    OSError says which setting to change when the port is taken."""
    try:
        return Serving(make_server(host, port, application, _Server, _Handler))
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise OSError(error.errno, f"port {port} on {host} is taken; set KEFU_METRICS_PORT to a free one") from None
