"""What the audit's chain is made of: per row a keyed digest of what may be erased, and a link over the rest.

A row's *content* (the actor's name and address, before, after, the note) may speak of people, and has to go when their
file is destroyed. So the chain does not hold it but its digest under a salt of the row's own: the salt goes together
with the content, and no guess at a short text can be tried on what stays. The *envelope* (who by id, when, what was
done to which record) names nobody and stays for ever.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from chassis.tables import AuditRow, AuditSeal

ENVELOPE = ("tenant_id", "id", "at", "actor_kind", "actor_id", "request_id", "action", "subject_kind", "subject_id")
CONTENT = ("actor_name", "source", "before", "after", "note")
WHOLE, DIGESTS = 1, 2
"""Versions of a link: over the whole row, as releases before this one sealed it; over envelope and digest."""
_SALT_BYTES = 16


def new_salt() -> bytes:
    """For one row, and never for another."""
    return secrets.token_bytes(_SALT_BYTES)


def digest_of(row: AuditRow) -> str | None:
    """The keyed digest of the row's content; None without a salt: it was erased, or written by an earlier release."""
    return None if row.salt is None else hmac.new(row.salt, _packed(row, CONTENT), hashlib.sha256).hexdigest()


def envelope_of(row: AuditRow) -> str:
    """The digest of what stays of a row; nothing of it is secret."""
    return hashlib.sha256(_packed(row, ENVELOPE)).hexdigest()


def seal_of(previous: str, row: AuditRow) -> tuple[int, str | None, str]:
    """(version, digest, hash) of the row's seal after the link `previous`."""
    digest = digest_of(row)
    return (WHOLE, None, _whole(previous, row)) if digest is None else (DIGESTS, digest, _link(previous, row, digest))


def holds(previous: str, row: AuditRow, sealed: AuditSeal) -> bool:
    """Whether the row is what was sealed, with its content."""
    if sealed.version == WHOLE:
        return _whole(previous, row) == sealed.hash
    return digest_of(row) == sealed.digest and envelope_holds(previous, row, sealed)


def envelope_holds(previous: str, row: AuditRow, sealed: AuditSeal) -> bool:
    """Whether what stays of an erased row is what was sealed. A link over the whole row cannot tell: there the record
    of the erasure does."""
    return sealed.version == WHOLE or _link(previous, row, sealed.digest or "") == sealed.hash


def is_empty(row: AuditRow) -> bool:
    """Whether nothing that may be erased is left in the row."""
    return row.salt is None and not any(getattr(row, name) for name in CONTENT)


def _link(previous: str, row: AuditRow, digest: str) -> str:
    return hashlib.sha256(previous.encode() + digest.encode() + _packed(row, ENVELOPE)).hexdigest()


def _whole(previous: str, row: AuditRow) -> str:
    return hashlib.sha256(previous.encode() + _packed(row, (*ENVELOPE, *CONTENT))).hexdigest()


def _packed(row: AuditRow, names: Iterable[str]) -> bytes:
    return orjson.dumps({name: _plain(getattr(row, name)) for name in names}, option=orjson.OPT_SORT_KEYS)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
