"""SPEC DC-7 ... DC-13: terminated contracts, to the fen."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.customers.domain.settlement import Fault, Progress, Rates, Settlement, Termination, Works, settle, share

RATES = Rates(Decimal(10), Decimal(1), Decimal(32))
fen = st.integers(0, 10**12)
terminations = st.builds(
    Termination,
    contract=fen,
    paid=fen,
    measuring=fen,
    progress=st.sampled_from(Progress),
    fault=st.sampled_from(Fault),
    works=st.builds(Works, labour=fen, material=fen, management=fen),
)


def settled(progress: Progress, fault: Fault, paid: int = 50_000_00, **more: Any) -> Settlement:
    """Of a contract of 100,000.05 yuan with a measuring fee of 500 yuan."""
    works = Works(labour=12_000_00, material=20_000_33, management=3_000_00)
    figures = {"contract": 100_000_05, "measuring": 500_00, "works": works, **more}
    return settle(Termination(progress=progress, fault=fault, paid=paid, **figures), RATES)


@pytest.mark.clause("DC-7")
@pytest.mark.parametrize(("amount", "percent", "expected"), [
    (5, "10", 1), (4, "10", 0), (15, "10", 2), (50, "1", 1), (49, "1", 0), (100_000_05, "10", 10_000_01),
    (1, "32", 0), (2, "32", 1), (333, "0.15", 0), (334, "0.15", 1),
])  # fmt: skip
def test_a_share_is_rounded_half_up_to_the_fen(amount: int, percent: str, expected: int) -> None:
    assert share(amount, Decimal(percent)) == expected


@pytest.mark.clause("DC-7")
def test_items_are_rounded_before_they_are_added() -> None:
    rates = Rates(Decimal(10), Decimal("10.5"), Decimal(32))
    ended = Termination(
        contract=5, paid=0, measuring=0, progress=Progress.NOT_BEGUN, fault=Fault.CUSTOMER, works=Works()
    )
    assert [item.amount for item in settle(ended, rates).items] == [1, 1, 0], "0.5 and 0.525, not 1.025 together"
    assert settle(ended, rates).owed == 2


@pytest.mark.clause("DC-8", "DC-9", "DC-10", "DC-11", "DC-12")
@pytest.mark.parametrize(("progress", "fault", "clause", "owed", "crew"), [
    (Progress.NOT_BEGUN, Fault.CUSTOMER, "DC-8", 10_000_01 + 1_000_00 + 500_00, 0),
    (Progress.UNDER_WAY, Fault.CUSTOMER, "DC-9", 35_000_33 + 10_000_01 + 1_000_00 + 500_00, 0),
    (Progress.MATERIALS_ON_SITE, Fault.CUSTOMER, "DC-9", 35_000_33 + 10_000_01 + 1_000_00 + 500_00, 0),
    (Progress.NOT_BEGUN, Fault.COMPANY, "DC-10", 500_00, 0),
    (Progress.NOT_BEGUN, Fault.CREW, "DC-10", 500_00, 0),
    (Progress.UNDER_WAY, Fault.COMPANY, "DC-11", 35_000_33, 0),
    (Progress.MATERIALS_ON_SITE, Fault.COMPANY, "DC-11", 35_000_33, 0),
    (Progress.UNDER_WAY, Fault.CREW, "DC-12", 35_000_33, 32_000_02),
])  # fmt: skip
def test_each_case_owes_its_items(progress: Progress, fault: Fault, clause: str, owed: int, crew: int) -> None:
    found = settled(progress, fault)
    assert (found.clause, found.owed, found.crew_owes) == (clause, owed, crew)
    assert found.refund == 50_000_00 - owed


@pytest.mark.clause("DC-9", "DC-10")
def test_who_paid_less_than_is_owed_pays_the_difference_before_the_papers_go_back() -> None:
    for found in (
        settled(Progress.UNDER_WAY, Fault.CUSTOMER, paid=40_000_00),
        settled(Progress.NOT_BEGUN, Fault.COMPANY, paid=0),
    ):
        assert (found.refund, found.to_pay) == (0, found.owed - (40_000_00 if found.clause == "DC-9" else 0))
        assert found.steps.index("collect_difference") < found.steps.index("take_back_papers")


@pytest.mark.clause("DC-10", "DC-11", "DC-13")
def test_each_ends_with_an_agreement_the_papers_and_the_termination() -> None:
    even = settled(Progress.NOT_BEGUN, Fault.COMPANY, paid=500_00)
    assert even.steps == ("offer_change", "sign_agreement", "take_back_papers", "terminate")
    assert settled(Progress.UNDER_WAY, Fault.COMPANY).steps == (
        "mediate", "sign_agreement", "take_back_papers", "refund", "terminate",
    )  # fmt: skip
    assert settled(Progress.NOT_BEGUN, Fault.CUSTOMER).steps[0] == "sign_agreement"


@given(terminations)
def test_the_parts_always_add_up(ended: Termination) -> None:
    found = settle(ended, RATES)
    assert sum(item.amount for item in found.items) == found.owed
    assert ended.paid + found.to_pay == found.owed + found.refund
    assert min(found.refund, found.to_pay) == 0
    assert found.steps[-1] == "terminate"
    assert (found.crew_owes > 0) <= (ended.fault is Fault.CREW)


@given(terminations, st.sampled_from(Progress))
def test_our_fault_never_costs_the_customer_more_than_their_own(ended: Termination, progress: Progress) -> None:
    def owed(fault: Fault) -> int:
        fields = {name: getattr(ended, name) for name in ("contract", "paid", "measuring", "works")}
        return settle(Termination(**fields, progress=progress, fault=fault), RATES).owed

    assert owed(Fault.COMPANY) == owed(Fault.CREW) <= owed(Fault.CUSTOMER)
