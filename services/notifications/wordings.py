"""The tenant's policy with its own wordings, read inside a transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select

from chassis.wordings import Reader
from chassis.work import Transaction
from contracts.notifications import SERVICE
from contracts.policies.wording import WordingError, placeholders
from contracts.problems import INVALID
from services.notifications.mistakes import mistake
from services.notifications.models import OwnWording
from services.notifications.policy import FALLBACK_LANGUAGE, UNKNOWN, Policy, Wording

LANGUAGES = ("zh-CN", "en")


def policy_of(tx: Transaction, key: str | None = None) -> Policy:
    """The tenant's policy; with `key`, only that template's own wordings are read."""
    statement = select(OwnWording)
    if key is not None:
        statement = statement.where(OwnWording.key == key)
    given = tx.policy(SERVICE).document if SERVICE in tx.tenant.versions else None
    return Policy(given, _by_key(tx.session.scalars(statement)))


def reader(tx: Transaction, locale: str | None) -> Reader:
    """Who reads in `locale`, or in the tenant's: in one of the languages there are wordings in."""
    return Reader(language(locale or tx.tenant.locale), tx.tenant.timezone)


def language(locale: str) -> str:
    """The language that serves `locale`: `en-GB` is served by `en`."""
    start = locale[:2].lower()
    return next((spoken for spoken in LANGUAGES if spoken[:2] == start), FALLBACK_LANGUAGE)


def wording_or_plain(policy: Policy, key: str, spoken: str, channel: str) -> Wording:
    """The wording in force; for a key that nobody gave one, the platform's plain one: a message always goes out."""
    wording = policy.wording(key, spoken, channel) or policy.wording(UNKNOWN, spoken, channel)
    assert wording is not None, "defaults.yaml lacks the plain wording"
    return wording


def require_sound(tx: Transaction, wording: Wording, texts: Mapping[str, Any]) -> None:
    """The texts use the template's variables only. Problem: `invalid_request`, per text and mistake."""
    errors = [error for part in ("title", "body") for error in _faults(tx, part, texts.get(part) or "", wording)]
    if errors:
        raise INVALID(errors)


def _faults(tx: Transaction, part: str, text: str, wording: Wording) -> list[dict[str, Any]]:
    try:
        names = placeholders(text)
    except WordingError as error:
        return [mistake(tx, part, "stray_brace", piece=error.piece, position=error.position)]
    known = ", ".join(wording.variables) or "-"
    unknown = [name for name in names if name not in wording.variables]
    return [mistake(tx, part, "unknown_variable", name=name, known=known) for name in unknown]


def _by_key(rows: Iterable[OwnWording]) -> dict[str, dict[str, dict[str, dict[str, str]]]]:
    own: dict[str, dict[str, dict[str, dict[str, str]]]] = {}
    for row in rows:
        texts = own.setdefault(row.key, {}).setdefault(row.language, {})
        texts[row.channel] = {"title": row.title, "body": row.body}
    return own
