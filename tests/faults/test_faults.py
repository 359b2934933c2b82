"""Every fault of the table, under load (SPEC PL-12, NX-10)."""

from __future__ import annotations

import pytest

from tests.faults.runs import SOAK, WHOLE, under_load
from tests.faults.site import Site
from tests.faults.table import FAULTS, Fault

pytestmark = [pytest.mark.faults, pytest.mark.clause("PL-12", "NX-10"), pytest.mark.timeout(3600 if SOAK else 900)]


def _survives(site: Site, fault: Fault) -> None:
    with under_load(site, fault.name, fault.mix) as run, fault.breaking(run):
        run.watch(fault.seconds, down=fault.down, answering=fault.answering)


def _name(fault: Fault) -> str:
    return fault.name.replace(" ", "_")


@pytest.mark.parametrize("site", ["postgresql"], indirect=True)
@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault.fast or WHOLE], ids=_name)
def test_on_postgresql(site: Site, fault: Fault) -> None:
    _survives(site, fault)


@pytest.mark.skipif(not WHOLE, reason="a part of the whole: make faults")
@pytest.mark.parametrize("site", ["sqlite"], indirect=True)
@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault.on_sqlite], ids=_name)
def test_on_sqlite(site: Site, fault: Fault) -> None:
    _survives(site, fault)
