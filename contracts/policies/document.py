"""Packs, overrides and resolved policy documents: resolve, check, diff.

A tenant's policy for one service = the service's files of its packs, merged in order, and the tenant's overrides on
top. The result is plain JSON data (the *resolved document*): it needs no pack to be read, carries the roles it names,
and is stored with a version by whoever owns policies.

    packs = [load_pack(root, "dealership")]
    resolved = resolve("complaints", packs, {"reopen": {"within": {"amount": 10}}})
    document = resolved.require()          # PolicyError with findings when it must not be used
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from contracts.policies import shapes
from contracts.policies.findings import Finding, KeyPath, Locate, PolicyError, dotted
from contracts.policies.packs import Pack, grounded, merge_roles
from contracts.policies.sources import Source, locator, plain_source

Document = dict[str, Any]
SemanticCheck = Callable[[Document, Locate], Iterator[Finding]]

SEMANTICS = {"complaints": "contracts.policies.complaints", "notifications": "contracts.policies.notifications"}
"""Service -> module with `check(document, locate)`: what a JSON Schema cannot say."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """A resolved document and what is wrong with it."""

    document: Document
    findings: list[Finding] = field(default_factory=list)

    def require(self) -> Document:
        """The document when nothing is wrong with it; PolicyError otherwise."""
        if self.findings:
            raise PolicyError(self.findings)
        return self.document


@dataclass(frozen=True, slots=True)
class Change:
    """One difference of two documents. `before` None: added; `after` None: taken out."""

    path: str
    before: Any
    after: Any

    def __str__(self) -> str:
        return f"{self.path}: {self.before!r} -> {self.after!r}"


def resolve(
    service: str,
    packs: Sequence[Pack],
    overrides: Source | Mapping[str, Any] | None = None,
    *,
    roles: Mapping[str, Mapping[str, Any]] | None = None,
) -> Resolved:
    """The tenant's policy document for `service`: packs in order, then `overrides`, then checks.

    `roles` are the tenant's own roles (name -> `{labels, permissions}`), beside those the packs name. A service without
    a policy schema resolves to an empty document. Never raises on bad content: the findings say it.
    """
    schema = shapes.schema_for(service)
    texts = (layer for pack in grounded(packs) for layer in pack.layers.get(service, ()))
    layers = list({layer.name: layer for layer in texts}.values())
    own = overrides if isinstance(overrides, Source) else plain_source(overrides or {}, "overrides")
    locate = locator([*layers, own])
    if schema is None:
        return Resolved(
            {}, [locate((key,), f"the service {service} keeps no policy", "Take it out.") for key in own.data]
        )
    merged: Document = {}
    for layer in layers:
        below = shapes.without(merged, layer.replaces)
        merged = shapes.merge(below, shapes.by_key(layer.data, schema, schema))
    wished = shapes.by_key(own.data, schema, schema)
    findings = list(shapes.strangers(merged, wished, schema, schema, locate))
    if not findings:
        merged = shapes.merge(merged, wished)
    document = shapes.in_order(merged, schema, schema)
    if "roles" in schema["properties"]:
        document["roles"] = [_role(key, role) for key, role in (merge_roles(packs) | dict(roles or {})).items()]
    return Resolved(document, findings or check(service, document, locate))


def _role(key: str, role: Mapping[str, Any]) -> dict[str, Any]:
    """What a policy has to know of a role; how its holders sign in is no matter of it."""
    return {"key": key, "labels": role["labels"], "permissions": role["permissions"]}


def check(service: str, document: Document, locate: Locate | None = None) -> list[Finding]:
    """What is wrong with a resolved document: its form first; its meaning once the form is right."""
    locate = locate or locator([])
    findings = list(shapes.misfits(service, document, locate))
    if findings or service not in SEMANTICS:
        return findings
    semantic: SemanticCheck = import_module(SEMANTICS[service]).check
    return list(semantic(document, locate))


def diff(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """What changes from `old` to `new`, by path; items of keyed lists go by key, so that a moved item is no change."""
    return list(_changes((), _named(old), _named(new)))


def _named(value: Any) -> Any:
    """Lists of keyed objects as mappings by key, all the way down."""
    if isinstance(value, Mapping):
        return {key: _named(item) for key, item in value.items()}
    if isinstance(value, list) and value and all(isinstance(item, Mapping) and "key" in item for item in value):
        return {str(item["key"]): _named({k: v for k, v in item.items() if k != "key"}) for item in value}
    return value


def _changes(path: KeyPath, old: Any, new: Any) -> Iterator[Change]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in [*old, *(k for k in new if k not in old)]:
            yield from _changes((*path, str(key)), old.get(key), new.get(key))
    elif old != new:
        yield Change(dotted(path), old, new)
