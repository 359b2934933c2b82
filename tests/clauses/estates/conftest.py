"""One platform with a moving clock for the property, developer and group companies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from kefu.waiting import wait_until
from tests.clauses.driver import Company
from tests.clauses.moving import SECONDS, Clockwork
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

        def make(*packs: str, **more: Any) -> Company:
            company = Company.found(clockwork.platform, stack, packs[0], packs=packs, **more)
            admin = company.admin.client
            wait_until(
                lambda: admin.get("/v1/complaint-intake").is_success, limit=SECONDS, what="the company's policy arrives"
            )
            return company

        yield make
