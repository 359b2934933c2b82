"""Companies for tests of clauses, see driver.py."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.clauses.driver import Company
from tests.platform.running import Platform

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="package")
def own_platform(new_platform: Callable[..., Platform], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """One whose providers and webhooks may stand on this machine, and which knows the documentation's example pack."""
    packs = tmp_path_factory.mktemp("trades") / "packs"
    shutil.copytree(ROOT / "packs", packs)
    shutil.copytree(ROOT / "docs" / "policies" / "example", packs, dirs_exist_ok=True)
    settings = {
        "KEFU_PACKS_DIR": str(packs), "KEFU_ALLOW_PRIVATE_TARGETS": "true", "KEFU_WEBHOOK_HTTP": "true",
        "KEFU_WEBHOOK_PORTS": "any",
    }  # fmt: skip
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
