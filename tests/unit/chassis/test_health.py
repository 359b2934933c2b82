"""/metrics, /healthz and /readyz over real sockets."""

import json
from collections.abc import Iterator

import httpx
import pytest

from chassis import metrics
from chassis.health import Serving, app, serve_thread

pytestmark = pytest.mark.enable_socket


class Switch:
    """A check that can be turned off."""

    def __init__(self) -> None:
        self.error: Exception | None = None

    def __call__(self) -> None:
        if self.error:
            raise self.error


@pytest.fixture
def broker() -> Switch:
    return Switch()


@pytest.fixture
def database() -> Switch:
    return Switch()


@pytest.fixture
def served(broker: Switch, database: Switch) -> Iterator[Serving]:
    with serve_thread("127.0.0.1", 0, app({"broker": broker}, {"database": database})) as serving:
        yield serving


def get(served: Serving, path: str, method: str = "GET") -> httpx.Response:
    return httpx.request(method, f"http://127.0.0.1:{served.port}{path}", timeout=5)


def test_all_is_well(served: Serving) -> None:
    assert get(served, "/healthz").json() == {"status": "ok", "checks": {"broker": "ok"}}
    assert get(served, "/readyz").json()["checks"] == {"broker": "ok", "database": "ok"}


def test_alive_but_not_ready(served: Serving, database: Switch) -> None:
    database.error = ConnectionError("postgresql://kefu:secret@db refused")
    assert get(served, "/healthz").status_code == 200
    answer = get(served, "/readyz")
    assert answer.status_code == 503
    assert answer.json() == {
        "status": "failing",
        "checks": {"broker": "ok", "database": "ConnectionError: postgresql://kefu:***@db refused"},
    }


def test_dead_is_not_ready_either(served: Serving, broker: Switch) -> None:
    broker.error = TimeoutError("no ping for 15 s")
    assert get(served, "/healthz").status_code == get(served, "/readyz").status_code == 503


def test_metrics_are_in_prometheus_form(served: Serving) -> None:
    answer = get(served, "/metrics")
    assert answer.headers["content-type"] == metrics.CONTENT_TYPE
    assert "# TYPE kefu_rpc_requests_total counter" in answer.text


def test_head_has_no_body(served: Serving) -> None:
    answer = get(served, "/healthz", "HEAD")
    assert (answer.status_code, answer.content) == (200, b"")


def test_other_pages_and_methods_are_refused(served: Serving) -> None:
    lost = get(served, "/")
    assert lost.status_code == 404
    assert "/metrics" in json.loads(lost.text)["error"]
    posted = get(served, "/metrics", "POST")
    assert (posted.status_code, posted.headers["allow"]) == (405, "GET, HEAD")


def test_a_taken_port_is_told(served: Serving) -> None:
    with pytest.raises(OSError, match=f"port {served.port} on 127.0.0.1 is taken; set KEFU_METRICS_PORT"):
        serve_thread("127.0.0.1", served.port, app({}))


def test_stopping_frees_the_port() -> None:
    first = serve_thread("127.0.0.1", 0, app({}))
    first.stop()
    serve_thread("127.0.0.1", first.port, app({})).stop()
