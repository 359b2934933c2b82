"""What a worker that applies events answers its door."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from chassis.db import DatabaseUnavailable
from chassis.events import WAITS, on
from contracts.tenants import TENANT_CHANGED


@on(TENANT_CHANGED)
def handler(_service: object, _delivery: object) -> None: ...


def _delivering(error: Exception | None) -> SimpleNamespace:
    def deliver(_service: object) -> None:
        if error is not None:
            raise error

    return SimpleNamespace(deliver=deliver)


def test_a_database_that_is_away_is_no_error_of_the_worker() -> None:
    assert handler(None, _delivering(DatabaseUnavailable("gone"))) is WAITS  # type: ignore[arg-type, func-returns-value]


def test_anything_else_is() -> None:
    assert handler(None, _delivering(None)) is None  # type: ignore[arg-type, func-returns-value]
    with pytest.raises(RuntimeError):
        handler(None, _delivering(RuntimeError()))  # type: ignore[arg-type]
