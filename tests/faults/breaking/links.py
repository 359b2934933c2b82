"""The network between the processes and the broker, or the databases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.faults.proxy import Proxy
from tests.faults.runs import Run

RESETS = 3


def _link(run: Run, to: str) -> Proxy:
    link = run.site.broker_link if to == "broker" else run.site.database_link
    assert link is not None
    return link


@contextmanager
def cut(run: Run, *, to: str) -> Iterator[None]:
    """Every connection ends, and none can be made."""
    link = _link(run, to)
    link.cut()
    try:
        yield
    finally:
        link.mend()


@contextmanager
def half_open(run: Run, *, to: str) -> Iterator[None]:
    """Everything sent is swallowed, and nobody is told."""
    link = _link(run, to)
    link.silence()
    try:
        yield
    finally:
        link.mend()


@contextmanager
def late(run: Run, *, to: str, seconds: float) -> Iterator[None]:
    link = _link(run, to)
    link.delay(seconds)
    try:
        run.load.flow(3)
        yield
    finally:
        link.mend()


@contextmanager
def reset(run: Run, *, to: str) -> Iterator[None]:
    """Every connection is reset, time and again; new ones can be made."""
    yield
    for _ in range(RESETS):
        _link(run, to).reset()
        run.load.flow()
