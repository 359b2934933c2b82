"""One platform with a moving clock for the property, developer and group companies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.clauses.driver import Company
from tests.clauses.moving import Clockwork
from tests.platform.running import Platform

Found = Callable[..., Company]


@pytest.fixture(scope="package")
def clockwork(new_platform: Callable[..., Platform]) -> Iterator[Clockwork]:
    """Shared by all tests of this folder; each module makes its own company."""
    platform = new_platform("postgresql")
    yield Clockwork(platform)
    platform.close()


@pytest.fixture(scope="module")
def found(clockwork: Clockwork) -> Iterator[Found]:
    """Makes companies: `found("property/appeals")`, `found("property/appeals", "developer/risk")`."""
    with ExitStack() as stack:
        yield lambda *packs, **more: Company.found(clockwork.platform, stack, packs[0], packs=packs, **more)
