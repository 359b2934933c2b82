"""Nobody waits for somebody who cannot act: holders, deciders and named doers have the permissions they need."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from contracts.policies.complaints.vocabulary import flow_actions, flow_effects, flows, keyed
from contracts.policies.findings import Finding, KeyPath, Locate


def check(document: Mapping[str, Any], locate: Locate) -> Iterator[Finding]:
    """Every stage, action and decision for which the people named are not equipped."""
    yield from _parts(document, locate)
    for path, flow in flows(document):
        for stage in flow["stages"]:
            if not stage.get("final"):
                yield from _holder(document, (*path, "stages", stage["key"], "holder"), stage, locate)
        for here, action, stage_of in flow_actions(flow):
            yield from _doers(document, (*path, *here), action, stage_of, locate)
        yield from _deciders(document, path, flow, locate)


def roles_of(document: Mapping[str, Any], who: str) -> set[str]:
    """The roles whose holders `who` can be, as far as the policy fixes it."""
    if who == "$head":
        return {department["head"] for department in document["departments"]}
    if who.startswith("$"):
        stands_in = keyed(document["parties"]).get(who[1:], {}).get("stands_in")
        return roles_of(document, stands_in) if stands_in else set()
    return {who}


def _granted(document: Mapping[str, Any], role: str, permission: str) -> bool:
    permissions = keyed(document["roles"])[role]["permissions"]
    return bool({permission, f"{permission.split('.', 1)[0]}.*", "*"} & set(permissions))


def _can(document: Mapping[str, Any], roles: Iterable[str], permission: str) -> bool:
    return any(_granted(document, role, permission) for role in roles)


def _parts(document: Mapping[str, Any], locate: Locate) -> Iterator[Finding]:
    for party in document["parties"]:
        stands_in = party.get("stands_in", "")
        if stands_in.startswith("$") and stands_in != "$head":
            yield locate(
                ("parties", party["key"], "stands_in"), "a part cannot stand in for a part", "Name a role, or $head."
            )


def _holder(document: Mapping[str, Any], path: KeyPath, stage: Mapping[str, Any], locate: Locate) -> Iterator[Finding]:
    """The holder can be somebody, and has something to do that leads on."""
    if stage["holder"] == "$decider":
        if not any("approve" in effect for action in stage["actions"] for effect in action.get("effects", ())):
            yield locate(path, "nothing is decided here", "Add an action with the effect `approve`, or name a role.")
        return
    roles = roles_of(document, stage["holder"])
    if not roles:
        part = stage["holder"].removeprefix("$")
        yield locate(
            path, f"nobody acts for `{part}` while nobody has the part", f"Add `stands_in: <role>` to `parties.{part}`."
        )
        return
    own = [a for a in stage["actions"] if "next" in a] or list(stage["actions"])
    for role in sorted(roles):
        if not any(_granted(document, role, a["permission"]) and _named(document, a, role, stage) for a in own):
            yield locate(
                path,
                f"`{role}` can take none of the stage's actions",
                "Give the role their permission, or name another holder.",
            )


def _named(document: Mapping[str, Any], action: Mapping[str, Any], role: str, stage: Mapping[str, Any]) -> bool:
    if "by" not in action:
        return True
    named = {r for who in action["by"] for r in roles_of(document, stage["holder"] if who == "$holder" else who)}
    return role in named or stage["holder"] in action["by"]


def _doers(
    document: Mapping[str, Any],
    path: KeyPath,
    action: Mapping[str, Any],
    stage: Mapping[str, Any] | None,
    locate: Locate,
) -> Iterator[Finding]:
    """Somebody named in `by` has the action's permission."""
    if "by" not in action:
        return
    holder = stage.get("holder", "") if stage else ""
    roles = {r for who in action["by"] for r in roles_of(document, holder if who == "$holder" else who) if who}
    if roles and not _can(document, roles, action["permission"]):
        yield locate(
            (*path, "by"),
            f"none of them has `{action['permission']}`",
            "Give it to one of these roles, or name others.",
        )


def _deciders(document: Mapping[str, Any], path: KeyPath, flow: Mapping[str, Any], locate: Locate) -> Iterator[Finding]:
    """Everybody in a chain has the permission of the action by which they decide."""
    authority = keyed(document.get("authority"))
    actions = {here: action for here, action, _ in flow_actions(flow)}
    for here, effect in flow_effects(flow):
        if "approve" not in effect or here[:-2] not in actions:
            continue
        permission = actions[here[:-2]]["permission"]
        for step in authority[effect["approve"]["kind"]]["steps"]:
            for group in step["chain"]:
                whos = group if isinstance(group, list) else [group]
                if not _can(document, {r for who in whos for r in roles_of(document, who)}, permission):
                    names = ", ".join(whos)
                    yield locate(
                        (*path, *here),
                        f"{names} is to decide here without `{permission}`",
                        "Give the role that permission.",
                    )
