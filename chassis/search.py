"""Search keys: what a text is found by, the same for every service (SPEC UX-10).

Texts are stored as tokens in `(tenant_id, token, entity)` rows. Chinese runs become overlapping pairs, so that a word
of two characters is found inside a longer one; a single character is a token only where it stands alone. Latin words
are whole, and a mixed word also by its letters and its digits (`a12345` -> a12345, a, 12345). A query finds what has
*all* of its tokens.
"""

from __future__ import annotations

import re
import unicodedata

import phonenumbers

MAX_TOKEN = 64
"""Longer words are cut to that many characters, in texts and queries alike."""

_CJK = "\u3005\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
_RUNS = re.compile(f"([{_CJK}]+)|((?:(?![{_CJK}])[^\\W_])+)")
_PIECES = re.compile(r"\d+|\D+")
_PLATE_NOISE = re.compile(r"[^\w]|_")
_DIGITS = re.compile(r"\d")


def tokens(text: str) -> set[str]:
    """The tokens to store for `text`; empty when it has neither letters nor digits."""
    found: set[str] = set()
    for chinese, latin in _runs(text):
        found |= _pairs(chinese) if chinese else {latin[:MAX_TOKEN], *_pieces(latin)}
    return found


def query_tokens(text: str) -> set[str]:
    """The tokens a record must all have to match the query `text`; empty means: search for nothing."""
    found: set[str] = set()
    for chinese, latin in _runs(text):
        found |= _pairs(chinese) if chinese else {latin[:MAX_TOKEN]}
    return found


def _runs(text: str) -> list[tuple[str, str]]:
    return _RUNS.findall(unicodedata.normalize("NFKC", text).casefold())


def _pairs(run: str) -> set[str]:
    return {run[n : n + 2] for n in range(len(run) - 1)} or {run}


def _pieces(word: str) -> list[str]:
    return [piece[:MAX_TOKEN] for piece in _PIECES.findall(word)]


def normalise_phone(text: str, region: str = "CN") -> str | None:
    """The number in E.164 (`+8613800138000`), extension dropped; None when it cannot be a telephone number there."""
    try:
        number = phonenumbers.parse(unicodedata.normalize("NFKC", text), region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def last_four(text: str) -> str | None:
    """The last four digits, by which people name a telephone number; None when there are fewer."""
    digits = "".join(_DIGITS.findall(unicodedata.normalize("NFKC", text)))
    return digits[-4:] if len(digits) >= 4 else None


def normalise_plate(text: str) -> str:
    """A licence plate or unit code as one word: `浙A·12345` and `浙a 12345` are `浙A12345`."""
    return _PLATE_NOISE.sub("", unicodedata.normalize("NFKC", text)).upper()
