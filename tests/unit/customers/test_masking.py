"""Masked personal data gives nothing away (PL-11)."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.customers.domain import masking


@pytest.mark.clause("PL-11")
@pytest.mark.parametrize(
    ("kind", "value", "masked"),
    [
        ("phone", "+8613812345678", "138****5678"),
        ("phone", "+14155550123", "+14****0123"),
        ("phone", "+8612345", "****45"),
        ("email", "wangfang@example.com", "w****@example.com"),
        ("email", "@00", "****"),
        ("wechat", "wang_fang", "wa****"),
        ("wechat", "wf", "****"),
        ("address", "深圳市南山区科技园路1号3栋1204", "深圳市南山区****"),
        ("address", "科技园路", "科技****"),
    ],
)
def test_contacts_are_masked(kind: str, value: str, masked: str) -> None:
    assert masking.mask_contact(kind, value) == masked


@pytest.mark.clause("PL-11")
def test_identity_is_masked() -> None:
    assert masking.mask_id_number("440301198504301234") == "440****1234"
    assert masking.mask_id_number("E1234567") == "****"
    assert masking.mask_birthday(date(1985, 4, 30)) == "1985-**-**"


@given(st.sampled_from(sorted(masking.CONTACT_MASKS)), st.text(min_size=3, max_size=60))
def test_a_mask_never_shows_the_whole_value(kind: str, value: str) -> None:
    assert value not in masking.mask_contact(kind, value) or set(value) <= {"*"}
