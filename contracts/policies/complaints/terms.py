"""Deadlines: each is started somewhere, can end, and its last span covers every case."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from contracts.policies.complaints.vocabulary import flow_effects, flows
from contracts.policies.findings import Finding, Locate

_AMOUNTS: Mapping[str, tuple[int, int]] = {"same_day": (1, 1), "nth_of_next_month": (1, 31), "weekday": (1, 7)}
"""Units that name a day, and the amounts they take."""
LONGEST = {
    "minutes": 10_512_000,
    "hours": 175_200,
    "business_hours": 40_000,
    "days": 7_300,
    "business_days": 5_000,
    "weeks": 1_040,
    "months": 240,
    "same_day": 1,
    "nth_of_next_month": 31,
    "weekday": 7,
}
"""Greatest amount of each unit: twenty years where it is a length; the calendar takes no more."""


def check(document: Mapping[str, Any], locate: Locate) -> Iterator[Finding]:
    """Every deadline that could run for ever, never runs, or has no length for some case."""
    by_stage, by_effect, stopped = _uses(document)
    for deadline in document["deadlines"]:
        key, path = deadline["key"], ("deadlines", deadline["key"])
        if key not in by_stage | by_effect:
            yield locate(path, "is never started", "Name it in a stage's `deadlines` or in a `start` effect.")
        if deadline["until"] == "action" and key not in stopped:
            yield locate(
                (*path, "until"),
                "can never end: nothing stops it",
                f"Add the effect `stop: {key}` to an action, or write `until: stage`.",
            )
        if deadline["until"] == "stage" and key not in by_stage:
            yield locate(
                (*path, "until"),
                "ends with the stage that starts it, but no stage does",
                "Name it in a stage's `deadlines`, or write `until: action` or `closed`.",
            )
        yield from _spans(deadline, locate)
    yield from _time_rules(document, locate)


def _uses(document: Mapping[str, Any]) -> tuple[set[str], set[str], set[str]]:
    """Deadlines started by stages, started by effects, stopped by effects."""
    by_stage: set[str] = set()
    by_effect: set[str] = set()
    stopped: set[str] = set()
    for _, flow in flows(document):
        for stage in flow["stages"]:
            by_stage.update(stage.get("deadlines", ()))
        for _, effect in flow_effects(flow):
            by_effect.update(v for k, v in effect.items() if k in {"start", "renew"})
            by_effect.update(v["deadline"] for k, v in effect.items() if k == "start_at")
            stopped.update(v for k, v in effect.items() if k == "stop")
    return by_stage, by_effect, stopped


def _spans(deadline: Mapping[str, Any], locate: Locate) -> Iterator[Finding]:
    path = ("deadlines", deadline["key"], "spans")
    for index, span in enumerate(deadline["spans"]):
        last = index == len(deadline["spans"]) - 1
        if last and "when" in span:
            yield locate(
                (*path, str(index)),
                "a case that fits no `when` would have no term",
                "Let the last span have no `when`.",
            )
        if not last and "when" not in span:
            yield locate(
                (*path, str(index)),
                "has no `when`, so the spans after it are never taken",
                "Add `when`, or put it last.",
            )
        if (least_most := _AMOUNTS.get(span["unit"])) and not least_most[0] <= span["amount"] <= least_most[1]:
            yield locate(
                (*path, str(index), "amount"),
                f"is no amount for `{span['unit']}`",
                f"Write {' to '.join(map(str, dict.fromkeys(least_most)))}.",
            )
        elif span["amount"] == 0:
            yield locate((*path, str(index), "amount"), "is over before it begins", "Write 1 or more.")
        elif span["amount"] > LONGEST[span["unit"]]:
            yield locate(
                (*path, str(index), "amount"), "is longer than any term", f"Write at most {LONGEST[span['unit']]}."
            )


def _time_rules(document: Mapping[str, Any], locate: Locate) -> Iterator[Finding]:
    """A level that depends on time is judged only when somebody looks at the clock."""
    judging = document["judging"]
    for part in ("rules", "raises"):
        for rule in judging.get(part, ()):
            read = next((name for name in ("days_open", "months_open") if name in rule["when"]), None)
            if read and not judging.get("again_after"):
                yield locate(
                    ("judging", part, rule["key"]),
                    f"depends on `{read}`, but no moment to judge again is set",
                    "Add `again_after: [{amount: ..., unit: days}]` to `judging`.",
                )
