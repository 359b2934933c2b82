"""Companies for tests of clauses, see driver.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.clauses.driver import Company
from tests.platform.running import Platform


@pytest.fixture(scope="package")
def own_platform(new_platform: Callable[..., Platform]) -> Iterator[Platform]:
    """One whose providers and webhooks may stand on this machine."""
    settings = {"KEFU_ALLOW_PRIVATE_TARGETS": "true", "KEFU_WEBHOOK_HTTP": "true", "KEFU_WEBHOOK_PORTS": "any"}
    platform = new_platform("postgresql", **settings)
    yield platform
    platform.close()


@pytest.fixture
def found_company(platform: Platform) -> Iterator[Callable[..., Company]]:
    """Makes companies on the shared platform: `found_company("dealership", overrides={...})`."""
    with ExitStack() as stack:
        yield lambda *pack, **more: Company.found(platform, stack, *pack, **more)


@pytest.fixture
def company(found_company: Callable[..., Any]) -> Company:
    """A car dealership."""
    made: Company = found_company()
    return made
