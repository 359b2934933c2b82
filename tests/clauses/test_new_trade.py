"""SPEC NX-13: a new trade in no line of code. The example of docs/policies/writing.md, worked by its people."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.clauses.driver import Company, Json, yuan
from tests.platform.running import Platform

OFFER = {"category": "repair_failed", "cause": "压缩机未更换", "founded": True, "offer": "免费重修并退还维修费"}


class Chain:
    """An appliance repair chain with its people."""

    def __init__(self, company: Company) -> None:
        self.hotline, self.branch, self.head = company.team("hotline", "branch_manager", "head_of_service")

    def register(self, **fields: Any) -> Json:
        usual = {"content": "冰箱修好两天又不制冷", "complainant": {"name": "赵敏", "phone": "13900139000"}}
        return self.hotline.register(**{**usual, **fields})

    def offered(self, amount: float) -> Json:
        return self.hotline.act(self.register(), "make_offer", **OFFER, amount=yuan(amount))


@pytest.fixture(scope="module")
def chain(own_platform: Platform) -> Iterator[Chain]:
    with ExitStack() as stack:
        yield Chain(Company.found(own_platform, stack, "appliances"))


@pytest.mark.clause("NX-13")
def test_a_case_of_a_new_trade_goes_from_intake_to_closing(chain: Chain) -> None:
    case = chain.offered(150)
    assert (case["state"], case["stage"], case["level"]) == ("open", "approval", "ordinary")
    assert chain.hotline.refused(case, "approve")["status"] == 403
    case = chain.branch.act(case, "approve")
    assert case["stage"] == "telling"
    case = chain.hotline.act(case, "tell", accepted=True, satisfaction="satisfied")
    assert (case["state"], case["outcome"], case["satisfaction"]) == ("closed", "settled", "satisfied")


@pytest.mark.clause("NX-13")
def test_its_own_authority_asks_the_next_role_for_more_money(chain: Chain) -> None:
    case = chain.branch.act(chain.offered(200.01), "approve")
    assert case["stage"] == "approval"
    assert chain.head.act(case, "approve")["stage"] == "telling"


@pytest.mark.clause("NX-13")
def test_its_own_levels_set_its_own_deadlines(chain: Chain) -> None:
    danger = chain.register(content="修后漏电", facts={"leak": True})
    assert danger["level"] == "danger"
    assert chain.hotline.minutes_of(danger, "look") == 30
    chain.branch.await_notice(danger, "complaint.assigned")
