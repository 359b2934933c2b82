"""Codes of the second factor, held against the vectors of RFC 6238."""

from __future__ import annotations

from base64 import b32encode
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from services.tenants import second_factor
from services.tenants.second_factor import STEP, new_recovery_codes, new_secret, plain, step_of

SECRET = b32encode(b"12345678901234567890").decode()
"""RFC 6238, appendix B; its codes have eight digits, the last six of which are ours."""
VECTORS = {59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037"}


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


@pytest.mark.parametrize(("seconds", "code"), VECTORS.items())
def test_the_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    assert step_of(SECRET, code, at(seconds), None) == seconds // 30


@pytest.mark.parametrize(("steps", "taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_one_step_off(steps: int, taken: bool) -> None:
    seconds = 1234567890
    assert (step_of(SECRET, VECTORS[seconds], at(seconds) + steps * STEP, None) is not None) == taken


def test_a_code_that_was_used_and_those_before_it_are_worth_nothing() -> None:
    seconds = 1234567890
    used = step_of(SECRET, VECTORS[seconds], at(seconds), None)
    assert used is not None
    assert step_of(SECRET, VECTORS[seconds], at(seconds), used) is None
    assert step_of(SECRET, VECTORS[seconds], at(seconds), used + 1) is None
    assert step_of(SECRET, VECTORS[seconds], at(seconds), used - 1) == used


@pytest.mark.parametrize("typed", ["005 924", " 005924 ", "005-924"])
def test_blanks_and_hyphens_do_not_matter(typed: str) -> None:
    assert step_of(SECRET, typed, at(1234567890), None) is not None


@pytest.mark.parametrize("typed", ["005925", "00592", "0059240", "零零五九二四", "00５924", ""])
def test_anything_else_is_no_code(typed: str) -> None:
    assert step_of(SECRET, typed, at(1234567890), None) is None


def test_every_secret_has_160_bits_of_its_own() -> None:
    assert len({new_secret() for _ in range(100)}) == 100
    assert len(new_secret()) * 5 == 160


def test_the_app_is_told_who_and_where() -> None:
    uri = urlsplit(second_factor.provisioning_uri(SECRET, "li", "宏远 汽车"))
    query = {name: values[0] for name, values in parse_qs(uri.query).items()}
    assert (uri.scheme, uri.netloc) == ("otpauth", "totp")
    assert query == {"secret": SECRET, "issuer": "宏远 汽车"}


def test_recovery_codes_are_ten_long_ones_that_can_be_typed_anyhow() -> None:
    codes = new_recovery_codes()
    assert len(set(codes)) == 10
    assert {len(plain(code)) * 5 for code in codes} == {120}
    assert all(map(second_factor.is_recovery_code, codes))
    assert not second_factor.is_recovery_code("005924")
    one = codes[0]
    assert second_factor.digest(one) == second_factor.digest(f" {one.lower().replace('-', ' ')} ")
    assert second_factor.digest(one) != second_factor.digest(codes[1])


def test_a_step_is_thirty_seconds() -> None:
    assert timedelta(seconds=30) == STEP
