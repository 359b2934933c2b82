"""A company's complaints policy, compiled once from its resolved document and cached by version."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cachetools import LRUCache

from contracts.policies.complaints.vocabulary import FACT_OPTIONS, NEWS, STANDARD_FACTS, fact_kinds, keyed
from services.complaints.policy import compiling
from services.complaints.policy.expressions import Scope, holds, maybe
from services.complaints.policy.judging import SeverityTable
from services.complaints.policy.specs import AuthorityStep, FieldSpec, FlowSpec, SpanSpec, Who

MAX_CACHED = 300
"""Compiled policies kept in memory; one is some hundred kilobytes."""


class Policy:
    """What a case is worked by. Read-only; everything in it is looked up by key."""

    def __init__(self, document: Mapping[str, Any], version: int) -> None:
        self.document = document
        self.version = version
        for part in ("roles", "channels", "complainant_kinds", "departments", "categories", "validities", "levels"):
            setattr(self, part, keyed(document.get(part)))
        self.ticks = keyed(document.get("ticks"))
        self.parties = keyed(document["parties"])
        self.outcomes = keyed(document["outcomes"])
        self.satisfaction = keyed(document["satisfaction"])
        self.pause_reasons = keyed(document["pause_reasons"])
        self.reports = keyed(document.get("reports"))
        self.fact_kinds = fact_kinds(document)
        self.facts = {f.key: f for f in compiling.fields(document, list(document.get("facts", ())))}
        self.intake_facts = [self.facts[f["key"]] for f in document.get("facts", ()) if f.get("intake")]
        self.scripts = compiling.scripts(document)
        self.forms = compiling.forms(document)
        self.processes = compiling.processes(document)
        self.sheets = compiling.sheets(document)
        self.dossiers = compiling.dossiers(document)
        self.deadlines = compiling.deadlines(document)
        self.authority = compiling.authority(document)
        self.ladder: tuple[Who, ...] = tuple(document["ladders"][0]["roles"])
        self.severity = _severity(document)
        self.again_after: tuple[SpanSpec, ...] = tuple(
            compiling.span(s) for s in document["judging"].get("again_after", ())
        )
        self.like_cases: Mapping[str, Any] | None = document.get("like_cases")
        self.priorities = [(p["points"], maybe(p["when"])) for p in document.get("priorities", ())]
        self.intake = document.get("intake", {})
        self.required_at_intake = [(r, maybe(r.get("when"))) for r in self.intake.get("required", ())]
        self.closing_needs = compiling.needs(document.get("closing", {}))
        """What must hold before any case is closed."""
        self.reopen_within: Mapping[str, Any] = document["reopen"]["within"]
        self.status_page: Mapping[str, Any] = document.get("status_page", {})
        self.figures: dict[str, int] = {f["key"]: f["value"] for f in document.get("figures", ())}
        self.case_number: str = document["numbers"]["case"]
        self.own_numbers: dict[str, str] = {p["key"]: p["number"] for p in document["processes"] if "number" in p}
        """Process -> pattern of its cases, where they are numbered apart."""
        self.watching = frozenset(document.get("watching", {}).get("tell", NEWS))
        """Kinds of news that a case's watchers are told."""
        self.uncounted = [p["key"] for p in document["processes"] if not p.get("counts", True)]
        """Processes whose cases stand in no figures."""

    roles: dict[str, Any]
    channels: dict[str, Any]
    complainant_kinds: dict[str, Any]
    departments: dict[str, Any]
    categories: dict[str, Any]
    validities: dict[str, Any]
    levels: dict[str, Any]

    def process_for(self, scope: Scope) -> FlowSpec:
        """The process a case takes: the first whose condition holds; the last has none."""
        return next(process for process in self.processes.values() if holds(process.when, scope))

    def authority_for(self, kind: str, amount: int, scope: Scope) -> AuthorityStep:
        """The step of the authority table that covers `amount` fen."""
        steps = self.authority[kind]
        return next(s for s in steps if (s.up_to is None or amount <= s.up_to) and holds(s.when, scope))

    def span_for(self, deadline: str, scope: Scope) -> SpanSpec:
        """How long the deadline is for this case."""
        return next(span for span in self.deadlines[deadline].spans if holds(span.when, scope))

    def priority(self, scope: Scope) -> int:
        """Points by which the case stands ahead of others."""
        return sum(points for points, when in self.priorities if holds(when, scope))

    def options(self, fact: str) -> Iterable[str] | None:
        """The values a standard fact may have, or None for a free one."""
        return [o["key"] for o in self.document.get(FACT_OPTIONS[fact], ())] if fact in FACT_OPTIONS else None

    def label(self, part: str, key: str | None, locale: str) -> str | None:
        """The text of a key in one of the policy's lists; the key itself when the list does not have it."""
        found = getattr(self, part).get(key) if key else None
        if found is None:
            return key
        return text(found["labels"] if isinstance(found, Mapping) else found.labels, locale)


def text(labels: Mapping[str, str], locale: str) -> str:
    """The label in `locale`; every policy has both languages."""
    return labels.get(locale) or labels["zh-CN"]


def _severity(document: Mapping[str, Any]) -> SeverityTable:
    judging = document["judging"]
    return SeverityTable(
        start=judging["start"],
        first_hit=judging["hit"] == "first",
        rules=compiling.rules(judging["rules"]),
        raises=compiling.rules(judging.get("raises", [])),
        ranks={level["key"]: level["rank"] for level in document["levels"]},
    )


class PolicyCache:
    """Compiled policies. Companies whose documents and versions are the same share one."""

    def __init__(self, limit: int = MAX_CACHED) -> None:
        self._held: LRUCache[tuple[str, int], Policy] = LRUCache(limit)

    def get(self, digest: str, version: int, document: Mapping[str, Any]) -> Policy:
        """The compiled policy; the document is read only when its digest is new here."""
        policy = self._held.get((digest, version))
        if policy is None:
            policy = self._held[digest, version] = Policy(document, version)
        return policy


__all__ = ["STANDARD_FACTS", "FieldSpec", "Policy", "PolicyCache", "text"]
