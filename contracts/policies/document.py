"""Packs, overrides and resolved policy documents: load, resolve, check, diff.

A tenant's policy for one service = the service's files of its packs, merged in order, and the tenant's overrides on
top. The result is plain JSON data (the *resolved document*): it needs no pack to be read, carries the roles it names,
and is stored with a version by whoever owns policies.

    packs = [load_pack(root, "dealership")]
    resolved = resolve("complaints", packs, {"reopen": {"within": {"amount": 10}}})
    document = resolved.require()          # PolicyError with findings when it must not be used
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from contracts.policies import shapes
from contracts.policies.findings import Finding, KeyPath, PolicyError, dotted
from contracts.policies.sources import Source, plain_source, read_source

Document = dict[str, Any]
SemanticCheck = Callable[[Document, shapes.Locate], Iterator[Finding]]

SEMANTICS = {"complaints": "contracts.policies.complaints", "notifications": "contracts.policies.notifications"}
"""Service -> module with `check(document, locate)`: what a JSON Schema cannot say."""


@dataclass(frozen=True, slots=True)
class Pack:
    """An industry's policies as data: one folder, `pack.yaml` and one file per service."""

    name: str
    labels: dict[str, str]
    services: tuple[str, ...]
    """The services this industry usually enables; a suggestion, not a limit."""
    roles: dict[str, dict[str, Any]]
    """Role name -> `{labels, permissions}`."""
    org_kinds: dict[str, dict[str, Any]]
    """Kind of org unit -> `{labels, site}`; `site: true` where customers are served."""
    layers: dict[str, tuple[Source, ...]]
    """Service -> its policy texts, the shared base's first."""


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


def pack_names(root: Path) -> list[str]:
    """The packs that stand in `root`."""
    return sorted(path.parent.name for path in root.glob("*/pack.yaml") if not path.parent.name.startswith("_"))


def load_pack(root: Path, name: str) -> Pack:
    """The pack `name` of the folder `root`; PolicyError when there is none or its texts cannot be read."""
    if name not in pack_names(root):
        raise PolicyError(
            [
                Finding(
                    file=str(root),
                    key=name,
                    problem="is not a pack",
                    remedy=f"Choose from: {', '.join(pack_names(root))}.",
                )
            ]
        )
    sources = _texts(root, name)
    head = sources.pop("pack")
    findings = list(shapes.misfits("pack", _ordered("pack", head.data), _locator([head])))
    if findings:
        raise PolicyError(findings)
    data = head.data
    base = _texts(root, data["extends"]) if "extends" in data else {}
    services = [*base, *(s for s in sources if s not in base)]
    layers = {s: tuple(texts[s] for texts in (base, sources) if s in texts) for s in services}
    return Pack(name, data["labels"], tuple(data["services"]), data["roles"], data["org_kinds"], layers)


def _texts(root: Path, name: str) -> dict[str, Source]:
    return {path.stem: read_source(path, f"{name}/{path.name}") for path in sorted((root / name).glob("*.yaml"))}


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
    layers = list({layer.name: layer for pack in packs for layer in pack.layers.get(service, ())}.values())
    own = overrides if isinstance(overrides, Source) else plain_source(overrides or {}, "overrides")
    locate = _locator([*layers, own])
    if schema is None:
        return Resolved(
            {}, [locate((key,), f"the service {service} keeps no policy", "Take it out.") for key in own.data]
        )
    merged: Document = {}
    for layer in layers:
        merged = shapes.merge(merged, shapes.by_key(layer.data, schema, schema))
    wished = shapes.by_key(own.data, schema, schema)
    findings = list(shapes.strangers(merged, wished, schema, schema, locate))
    if not findings:
        merged = shapes.merge(merged, wished)
    document = shapes.in_order(merged, schema, schema)
    if "roles" in schema["properties"]:
        document["roles"] = [{"key": key, **role} for key, role in (merge_roles(packs) | dict(roles or {})).items()]
    return Resolved(document, findings or check(service, document, locate))


def check(service: str, document: Document, locate: shapes.Locate | None = None) -> list[Finding]:
    """What is wrong with a resolved document: its form first; its meaning once the form is right."""
    locate = locate or _locator([])
    findings = list(shapes.misfits(service, document, locate))
    if findings or service not in SEMANTICS:
        return findings
    semantic: SemanticCheck = import_module(SEMANTICS[service]).check
    return list(semantic(document, locate))


def diff(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """What changes from `old` to `new`, by path; items of keyed lists go by key, so that a moved item is no change."""
    return list(_changes((), _named(old), _named(new)))


def merge_roles(packs: Iterable[Pack]) -> dict[str, dict[str, Any]]:
    """All roles of the packs; one that several name has the permissions of all and the last one's labels."""
    merged: dict[str, dict[str, Any]] = {}
    for pack in packs:
        for name, role in pack.roles.items():
            before = merged.get(name, {}).get("permissions", [])
            merged[name] = {**role, "permissions": [*before, *(p for p in role["permissions"] if p not in before)]}
    return merged


def _ordered(name: str, data: Mapping[str, Any]) -> Any:
    schema = shapes.schema_for(name) or {}
    return shapes.in_order(data, schema, schema)


def _locator(layers: Sequence[Source]) -> shapes.Locate:
    """Finds a path's place in the layer that set it last, or its nearest parent's."""

    def locate(path: KeyPath, problem: str, remedy: str) -> Finding:
        for length in range(len(path), 0, -1):
            for layer in reversed(layers):
                if path[:length] in layer.lines:
                    return Finding(
                        file=layer.name,
                        line=layer.lines[path[:length]],
                        key=dotted(path),
                        problem=problem,
                        remedy=remedy,
                    )
        return Finding(file=layers[0].name if layers else "", key=dotted(path), problem=problem, remedy=remedy)

    return locate


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
