"""Processes and sheets as graphs: every stage can be reached, has somebody to wait for and a way to the end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from contracts.policies.complaints.vocabulary import flow_actions, flow_effects, flows, keyed
from contracts.policies.findings import Finding, KeyPath, Locate, suggestion

Edges = dict[str, set[str]]


def check(document: Mapping[str, Any], locate: Locate) -> Iterator[Finding]:
    """Every mistake in the shape of a process or sheet."""
    yield from _choice_of_process(document, locate)
    for path, flow in flows(document):
        missing = list(_targets(path, flow, locate))
        yield from missing
        if not missing:
            yield from _stages(path, flow, locate)
            yield from _graph(path, flow, locate)
            yield from _endings(path, flow, locate)


def _choice_of_process(document: Mapping[str, Any], locate: Locate) -> Iterator[Finding]:
    processes = document["processes"]
    for process in processes[:-1]:
        if "when" not in process:
            yield locate(
                ("processes", process["key"]),
                "has no `when`, so those after it are never taken",
                "Add `when`, or put it last.",
            )
    if "when" in processes[-1]:
        yield locate(
            ("processes", processes[-1]["key"], "when"),
            "a case that fits no `when` would have no process",
            "Let the last process have no `when`.",
        )


def _named_targets(flow: Mapping[str, Any]) -> Iterator[tuple[KeyPath, str]]:
    yield ("start",), flow["start"]
    for stage in flow["stages"]:
        for index, skip in enumerate(stage.get("skip", ())):
            yield ("stages", stage["key"], "skip", str(index), "to"), skip["to"]
    for here, action, _ in flow_actions(flow):
        for index, step in enumerate(action.get("next", ())):
            yield (*here, "next", str(index), "to"), step["to"]
    for hook in flow.get("hooks", ()):
        if "to" in hook:
            yield ("hooks", hook["key"], "to"), hook["to"]


def _targets(path: KeyPath, flow: Mapping[str, Any], locate: Locate) -> Iterator[Finding]:
    stages = keyed(flow["stages"])
    for here, target in _named_targets(flow):
        if target not in stages:
            yield locate((*path, *here), f"`{target}` is not a stage of {path[-1]}", suggestion(target, stages))


def _stages(path: KeyPath, flow: Mapping[str, Any], locate: Locate) -> Iterator[Finding]:
    for stage in flow["stages"]:
        here = (*path, "stages", stage["key"])
        if not stage.get("final"):
            if "holder" not in stage:
                yield locate(here, "waits for nobody", "Add `holder`: the role or part the case waits for here.")
            if not stage.get("actions"):
                yield locate(here, "has no action, so nobody can move the case on", "Add `actions`, or `final: true`.")
        for action in stage.get("actions", ()):
            yield from _steps((*here, "actions", action["key"]), action, locate)
    for action in flow.get("actions", ()):
        yield from _steps((*path, "actions", action["key"]), action, locate)


def _steps(path: KeyPath, action: Mapping[str, Any], locate: Locate) -> Iterator[Finding]:
    steps = action.get("next", ())
    for index, step in enumerate(steps[:-1]):
        if "when" not in step:
            yield locate(
                (*path, "next", str(index)),
                "has no `when`, so the steps after it are never taken",
                "Add `when`, or put it last.",
            )
    if steps and "when" in steps[-1] and any("when" not in s for s in steps[:-1]):
        yield locate(
            (*path, "next"), "the last step has a `when` after one without", "Put the step without `when` last."
        )


def _edges(flow: Mapping[str, Any], *, onward: bool = False) -> Edges:
    """Stage -> stages one step away. Common actions and hooks start from every stage that is not final.

    `onward`: only the steps one can count on for coming to the end: not those that go back or break off, nor hooks.
    """
    open_stages = [s["key"] for s in flow["stages"] if not s.get("final")]
    edges: Edges = {s["key"]: {skip["to"] for skip in s.get("skip", ())} for s in flow["stages"]}
    for _, action, stage in flow_actions(flow):
        targets = {step["to"] for step in action.get("next", ()) if not (onward and action.get("back"))}
        for key in [stage["key"]] if stage else open_stages:
            edges[key] |= targets
    for hook in () if onward else flow.get("hooks", ()):
        for key in open_stages if "to" in hook else ():
            edges[key].add(hook["to"])
    return edges


def _graph(path: KeyPath, flow: Mapping[str, Any], locate: Locate) -> Iterator[Finding]:
    edges, onward = _edges(flow), _edges(flow, onward=True)
    finals = {s["key"] for s in flow["stages"] if s.get("final")}
    if not finals:
        yield locate((*path, "stages"), "has no end", "Give one stage `final: true`.")
    backward: Edges = {key: {k for k in onward if key in onward[k]} for key in onward}
    reached, ending = _closure({flow["start"]}, edges), _closure(finals, backward)
    for key in edges:
        here = (*path, "stages", key)
        if key not in reached:
            yield locate(here, "is never reached", "Let an action or a hook go `to` it, or take it out.")
        elif key not in ending and finals:
            yield locate(
                here, "has no way to the end", "Give one of its actions a `next` that leads on to a final stage."
            )
    yield from _rings(path, flow, locate)


def _closure(start: set[str], edges: Edges) -> set[str]:
    seen, fresh = set(start), list(start)
    while fresh:
        for key in edges[fresh.pop()] - seen:
            seen.add(key)
            fresh.append(key)
    return seen


def _rings(path: KeyPath, flow: Mapping[str, Any], locate: Locate) -> Iterator[Finding]:
    """Stages that skip to each other in a ring would never let go of the case."""
    skips: Edges = {s["key"]: {skip["to"] for skip in s.get("skip", ())} for s in flow["stages"]}
    for key, targets in skips.items():
        if targets and key in _closure(set(targets), skips):
            yield locate(
                (*path, "stages", key, "skip"),
                "can come back here with no human act between",
                "Let one of the stages in the ring have no `skip`.",
            )


def _endings(path: KeyPath, flow: Mapping[str, Any], locate: Locate) -> Iterator[Finding]:
    """A case is closed by coming to a final stage, so such a stage closes; nothing closes elsewhere."""
    if path[0] != "processes":
        return
    closing = {here[:2] for here, effect in flow_effects(flow) if "close" in effect}
    for stage in flow["stages"]:
        entered = any("close" in effect for effect in stage.get("enter", ()))
        if stage.get("final") and not entered:
            yield locate(
                (*path, "stages", stage["key"]),
                "is final but does not close the case",
                "Add `enter: [{close: \"'<outcome>'\"}]`.",
            )
        elif not stage.get("final") and ("stages", stage["key"]) in closing:
            yield locate(
                (*path, "stages", stage["key"]),
                "closes the case though it is not final",
                "Close on entering a final stage.",
            )
