"""The authority table: no amount that nobody may decide, and what is proposed is decided somewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from contracts.policies.complaints.vocabulary import flow_actions, flow_effects, flows
from contracts.policies.findings import Finding, KeyPath, Locate


def check(document: Mapping[str, Any], locate: Locate) -> Iterator[Finding]:
    """Every gap in who may decide what."""
    for kind in document.get("authority", ()):
        yield from _themselves(kind, locate)
        yield from _steps(("authority", kind["key"], "steps"), kind["steps"], locate)
    for path, flow in flows(document):
        yield from _decided(path, flow, locate)


def _themselves(kind: Mapping[str, Any], locate: Locate) -> Iterator[Finding]:
    for index, step in enumerate(kind["steps"]):
        if any("$decider" in group for group in step["chain"]):
            yield locate(
                ("authority", kind["key"], "steps", str(index), "chain"),
                "`$decider` is whoever this table names, so it names nobody",
                "Name a role, a part, or $head.",
            )


def _steps(path: KeyPath, steps: list[dict[str, Any]], locate: Locate) -> Iterator[Finding]:
    limit = -1
    for index, step in enumerate(steps[:-1]):
        here = (*path, str(index))
        if "when" not in step and "up_to" not in step:
            yield locate(
                here,
                "covers everything, so the steps after it are never taken",
                "Add `up_to` or `when`, or put it last.",
            )
        if "when" not in step and "up_to" in step:
            if step["up_to"] <= limit:
                yield locate((*here, "up_to"), "is not above the step before", "Let the limits rise from step to step.")
            limit = step["up_to"]
    if "when" in steps[-1] or "up_to" in steps[-1]:
        yield locate(
            (*path, str(len(steps) - 1)),
            "leaves amounts that nobody may approve",
            "Let the last step have neither `up_to` nor `when`.",
        )


def _decided(path: KeyPath, flow: Mapping[str, Any], locate: Locate) -> Iterator[Finding]:
    """What is proposed in a flow can be approved and rejected in it."""
    verdicts: dict[str, set[str]] = {"approve": set(), "reject": set()}
    proposed: dict[str, KeyPath] = {}
    for here, effect in flow_effects(flow):
        for verdict, kinds in verdicts.items():
            if verdict in effect:
                kinds.add(effect[verdict]["kind"])
        if "propose" in effect:
            proposed.setdefault(effect["propose"]["kind"], here)
    for kind, here in proposed.items():
        for verdict, kinds in verdicts.items():
            if kind not in kinds:
                yield locate(
                    (*path, *here),
                    f"`{kind}` is proposed, but no action can {verdict} it",
                    f"Add an action with the effect `{verdict}: {{kind: {kind}}}`.",
                )
    yield from _erased(path, flow, verdicts["approve"], locate)
    for here, action, _ in flow_actions(flow):
        deciding = [e for e in action.get("effects", ()) if e.keys() & {"approve", "reject", "delegate"}]
        if deciding and "by" in action:
            yield locate(
                (*path, *here, "by"),
                "who decides is the authority table's matter",
                "Take `by` out of an action that approves, rejects or delegates.",
            )


def _erased(path: KeyPath, flow: Mapping[str, Any], approved: set[str], locate: Locate) -> Iterator[Finding]:
    """Nothing is destroyed that nobody approved: on a sheet, by a proposal approved on that very sheet (DC-6)."""
    for here, effect in flow_effects(flow):
        if "erase" not in effect:
            continue
        kind = effect["erase"]["approved"]
        if path[0] != "sheets":
            yield locate((*path, *here), "destroys a file without a paper", "Let an action of a sheet do it.")
        elif kind not in approved:
            yield locate(
                (*path, *here), f"nothing on this sheet approves `{kind}`",
                f"Add an action with the effect `approve: {{kind: {kind}}}`.",
            )  # fmt: skip
