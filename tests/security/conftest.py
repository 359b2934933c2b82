"""Two companies full of data on the shared platform."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import pytest

from kefu.waiting import wait_until
from tests.platform.running import Platform
from tests.security.sides import Side, furnish
from tests.security.stores import Stores

QUIET_WITHIN = 20.0


@dataclass(frozen=True)
class Sides:
    """`ours` is attacked by `theirs`."""

    platform: Platform
    stores: Stores
    ours: Side
    theirs: Side

    def await_quiet(self) -> None:
        """Wait until nothing is on its way between the services."""
        wait_until(
            lambda: not any(self.stores.waiting(side.id) for side in (self.ours, self.theirs)),
            limit=QUIET_WITHIN, what="the events of both companies are applied",
        )  # fmt: skip


@contextmanager
def furnished(platform: Platform) -> Iterator[Sides]:
    """Two new companies with the same data, told to all services."""
    with ExitStack() as stack:
        ours, theirs = furnish(platform, stack), furnish(platform, stack)
        made = Sides(platform, Stores(platform.installation.database_url), ours, theirs)
        made.await_quiet()
        yield made


@pytest.fixture(scope="session")
def sides(platform: Platform) -> Iterator[Sides]:
    """Shared by all modules whose tests leave the records in place."""
    with furnished(platform) as made:
        yield made
