"""A tenant's notifications policy: wordings, quiet hours, cap, channels, retries. Pure functions over policy data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from functools import cache
from pathlib import Path
from typing import Any

from contracts.policies.shapes import by_key, merge, schema_for
from contracts.policies.sources import read_source

FALLBACK_LANGUAGE = "zh-CN"
UNKNOWN = "system.unknown"

Texts = Mapping[str, Mapping[str, Mapping[str, str]]]
"""Language -> channel (or `default`) -> `{title, body}`."""


@dataclass(frozen=True, slots=True)
class Wording:
    """What a message says in one language over one channel, before its variables are put in."""

    title: str
    body: str
    variables: Mapping[str, str]
    """Variable -> kind."""
    origin: str
    """tenant, policy or built_in."""


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `messages` ordinary messages to one person within `window`; 0: no cap."""

    messages: int
    window: timedelta


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From `start` to `end`, by the tenant's wall clock; over midnight when `end` is not after `start`."""

    start: time
    end: time

    def until(self, moment: datetime, zone: tzinfo) -> datetime | None:
        """The end of the quiet hours that `moment` falls into; None when it falls into none."""
        local = moment.astimezone(zone)
        at = local.time()
        over_midnight = self.end <= self.start
        quiet = (at >= self.start or at < self.end) if over_midnight else self.start <= at < self.end
        if not quiet:
            return None
        day = local.date() + timedelta(days=1 if over_midnight and at >= self.start else 0)
        return datetime.combine(day, self.end, zone)


@dataclass(frozen=True, slots=True)
class WebhookRule:
    """How long to try a partner's endpoint."""

    waits: Sequence[timedelta]
    """Between one delivery's attempts."""
    disable_after: timedelta
    """An endpoint that fails for so long without one success is disabled."""
    tell: Sequence[str]
    """Roles that hear of it."""


class Policy:
    """A tenant's resolved policy document over the platform's defaults, and the tenant's own wordings over both."""

    def __init__(self, document: Mapping[str, Any] | None = None, own: Mapping[str, Texts] | None = None) -> None:
        schema = schema_for("notifications") or {}
        self._given: dict[str, Any] = by_key(document or {}, schema, schema)
        self._merged = merge(defaults(), self._given)
        self._own = own or {}

    @property
    def quiet_hours(self) -> QuietHours | None:
        """None when switched off."""
        rule = self._merged["quiet_hours"]
        return QuietHours(time.fromisoformat(rule["from"]), time.fromisoformat(rule["to"])) if rule["enabled"] else None

    @property
    def cap(self) -> Cap:
        rule = self._merged["frequency_cap"]
        return Cap(rule["messages"], timedelta(hours=rule["hours"]))

    def channels(self, recipient_kind: str, *, urgent: bool) -> tuple[str, ...]:
        """External channels to try, in order. `recipient_kind`: staff or person."""
        return tuple(self._merged["channels"][recipient_kind]["urgent" if urgent else "ordinary"])

    def retry_after(self, attempts: int) -> timedelta | None:
        """The wait after that many failed attempts; None: no more attempts, park it."""
        waits = self._merged["retry_after_seconds"]
        return timedelta(seconds=waits[attempts - 1]) if attempts <= len(waits) else None

    @property
    def webhooks(self) -> WebhookRule:
        rule = self._merged["webhooks"]
        waits = [timedelta(seconds=seconds) for seconds in rule["retry_after_seconds"]]
        return WebhookRule(waits, timedelta(hours=rule["disable_after_hours"]), rule["tell"])

    def wording(self, key: str, language: str, channel: str) -> Wording | None:
        """The wording in force; None when nobody gave that key one. A channel without its own takes the language's
        default, a language that is missing takes the other one."""
        template = self._merged["templates"].get(key)
        if template is None:
            return None
        variables = template.get("variables", {})
        for spoken in (language, *(other for other in template["texts"] if other != language)):
            for place in (channel, "default"):
                own = self._own.get(key, {}).get(spoken, {}).get(place)
                text = own or template["texts"].get(spoken, {}).get(place)
                if text:
                    return Wording(
                        text.get("title", ""), text["body"], variables, "tenant" if own else self._origin(key)
                    )
        return None

    def wordings(self) -> Iterator[tuple[str, str, str]]:
        """Key, language and channel of every wording there is, sorted."""
        for key, template in sorted(self._merged["templates"].items()):
            texts = merge(template["texts"], self._own.get(key, {}))
            for language, by_channel in sorted(texts.items()):
                for channel in sorted(by_channel):
                    yield key, language, channel

    def _origin(self, key: str) -> str:
        return "policy" if key in self._given.get("templates", {}) else "built_in"


@cache
def defaults() -> dict[str, Any]:
    """The platform's own policy, which every tenant's lies over."""
    return read_source(Path(__file__).with_name("defaults.yaml")).data
