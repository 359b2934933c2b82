"""Every message that a pack's policies ask for has words in every language."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from contracts.policies import load_pack, pack_names, resolve
from services.notifications.policy import Policy

PACKS = Path(__file__).parents[3] / "packs"
ASKED = re.compile(r"^(?:template|reminder|notice|decided)$")


def asked_for(value: object) -> set[str]:
    """Template keys anywhere in a policy."""
    if isinstance(value, dict):
        own = {v for k, v in value.items() if ASKED.match(str(k)) and isinstance(v, str)}
        return own.union(*(asked_for(v) for v in value.values()))
    return set().union(*(asked_for(v) for v in value)) if isinstance(value, list) else set()


@pytest.mark.clause("NT-2")
@pytest.mark.parametrize("name", pack_names(PACKS))
def test_no_message_is_without_words(name: str) -> None:
    pack = load_pack(PACKS, name)
    policy = Policy(resolve("notifications", [pack]).require())
    wanted = asked_for(resolve("complaints", [pack]).document)
    assert wanted
    for key in wanted:
        for language in ("zh-CN", "en"):
            wording = policy.wording(key, language, "sms")
            assert wording is not None, key
            assert wording.origin == "policy"
