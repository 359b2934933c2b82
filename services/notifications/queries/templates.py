"""Wordings in force, and what they look like with variables put in (NT-2)."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

from sqlalchemy import select

from chassis.wordings import Reader, Unusable, show
from chassis.work import Transaction
from contracts.problems import INVALID, NOT_FOUND
from services.notifications.mistakes import mistake
from services.notifications.models import OwnWording
from services.notifications.policy import Policy, Wording
from services.notifications.rendering import render, sms_parts
from services.notifications.wordings import policy_of, require_sound


def wording_in_force(tx: Transaction, data: Mapping[str, Any]) -> Wording:
    """The wording of a key, language and channel. Problem: `not_found`, when no pack or default knows the key."""
    wording = policy_of(tx, data["key"]).wording(data["key"], data["language"], data["channel"])
    if wording is None:
        raise NOT_FOUND(kind="template")
    return wording


def template(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """One wording in force."""
    wording_in_force(tx, data)
    row = tx.session.get(OwnWording, (tx.tenant_id, data["key"], data["language"], data["channel"]))
    return shown(policy_of(tx, data["key"]), data, row.version if row else 0)


def templates(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """Every wording there is, by key, language and channel."""
    policy = policy_of(tx)
    versions = {(row.key, row.language, row.channel): row.version for row in tx.session.scalars(select(OwnWording))}
    after = tuple(data["cursor"].split(" ")) if data.get("cursor") else ("",)
    wanted = (place for place in policy.wordings() if place > after and _matches(place, data))
    chosen = list(islice(wanted, data["limit"] + 1))
    page = chosen[: data["limit"]]
    return {
        "items": [shown(policy, _place(*place), versions.get(place, 0)) for place in page],
        "next_cursor": " ".join(page[-1]) if len(chosen) > len(page) else None,
    }


def preview(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """A wording, in force or given, with variables put in.

    Problem: `invalid_request`, per variable that is missing, not of its kind, or not the template's.
    """
    stored = wording_in_force(tx, data)
    wording = Wording(data.get("title", stored.title), data.get("body", stored.body), stored.variables, stored.origin)
    require_sound(tx, wording, {"title": wording.title, "body": wording.body})
    who = Reader(data["language"], tx.tenant.timezone)
    text = render(wording, data["variables"], who)
    errors = [_unusable(tx, name, wording, data["variables"], who) for name in text.missing]
    known = ", ".join(wording.variables) or "-"
    strangers = data["variables"].keys() - wording.variables.keys()
    errors += [mistake(tx, f"variables.{name}", "unknown_variable", name=name, known=known) for name in strangers]
    if errors:
        raise INVALID(errors)
    return {"title": text.title, "body": text.body, "length": len(text.body), "sms_parts": sms_parts(text.body)}


def shown(policy: Policy, place: Mapping[str, Any], version: int) -> dict[str, Any]:
    """A wording as replies show it."""
    wording = policy.wording(place["key"], place["language"], place["channel"])
    assert wording is not None
    return {
        **{name: place[name] for name in ("key", "language", "channel")},
        "title": wording.title, "body": wording.body, "variables": dict(wording.variables), "origin": wording.origin,
        "version": version,
    }  # fmt: skip


def _matches(place: tuple[str, str, str], data: Mapping[str, Any]) -> bool:
    return all(data.get(name) in (None, value) for name, value in _place(*place).items())


def _place(key: str, language: str, channel: str) -> dict[str, str]:
    return {"key": key, "language": language, "channel": channel}


def _unusable(
    tx: Transaction, name: str, wording: Wording, variables: Mapping[str, Any], who: Reader
) -> dict[str, Any]:
    try:
        show(wording.variables[name], variables.get(name), who)
    except Unusable as error:
        return mistake(tx, f"variables.{name}", str(error))
    raise AssertionError("render reports what show refuses")
