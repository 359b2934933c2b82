"""Packs: an industry's policies as data, from the folders they stand in.

A pack can extend another (a variant: `property/appeals`), or be an addition, laid over whatever the company picked
before it (`developer/risk` over `property/appeals`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from contracts.policies import shapes
from contracts.policies.findings import Finding, PolicyError, suggestion
from contracts.policies.sources import Source, locator, plain_source, read_source


@dataclass(frozen=True, slots=True)
class Pack:
    """An industry's policies as data: one folder, `pack.yaml` and one file per service."""

    name: str
    labels: dict[str, str]
    services: tuple[str, ...]
    """The services this industry usually enables; a suggestion, not a limit."""
    roles: dict[str, dict[str, Any]]
    """Role name -> `{labels, permissions}` and perhaps `second_factor`."""
    org_kinds: dict[str, dict[str, Any]]
    """Kind of org unit -> `{labels, site}`; `site: true` where customers are served."""
    layers: dict[str, tuple[Source, ...]]
    """Service -> its policy texts, those of what it extends first."""
    ground: Pack | None = None
    """Of an addition: the pack beneath it while the company picks no other before it."""


def pack_names(root: Path) -> list[str]:
    """The packs that stand in `root`: `industry`, and its variants and additions as `industry/variant`."""
    folders = (path.parent.relative_to(root) for pattern in _PACKS for path in root.glob(pattern))
    return sorted(folder.as_posix() for folder in folders if not folder.name.startswith("_"))


_PACKS = ("*/pack.yaml", "*/*/pack.yaml")


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
    return _whole(name, _Chain(root, name))


class _Chain:
    """The folders a pack is made of, the lowest first: what it extends, and itself."""

    def __init__(self, root: Path, name: str) -> None:
        self.heads: list[Source] = []
        self.layers: dict[str, tuple[Source, ...]] = {}
        self._add(root, name, ())
        onto = self.own.data.get("onto")
        self.ground = load_pack(root, onto) if onto else None

    @property
    def own(self) -> Source:
        """The pack's own head."""
        return self.heads[-1]

    def _add(self, root: Path, name: str, above: tuple[str, ...]) -> None:
        texts = _texts(root, name)
        head = texts.pop("pack", None)
        if head is not None:
            findings = list(shapes.misfits("pack", _ordered("pack", head.data), locator([head])))
            findings = findings or list(_unfounded(root, head, (name, *above)))
            if findings:
                raise PolicyError(findings)
            if "extends" in head.data:
                self._add(root, head.data["extends"], (name, *above))
            self.heads.append(head)
        for service, text in texts.items():
            replaced = tuple(head.data.get("replaces", {}).get(service, ())) if head else ()
            self.layers[service] = (*self.layers.get(service, ()), replace(text, replaces=replaced))

    def together(self, part: str) -> dict[str, Any]:
        """The keys of `part` of all heads; an upper one's stands."""
        return {key: value for head in self.heads for key, value in head.data.get(part, {}).items()}


def _unfounded(root: Path, head: Source, built: tuple[str, ...]) -> Iterator[Finding]:
    """Why `head` cannot be built on what it names; `built` are the packs on their way to it."""
    for word in ("extends", "onto"):
        below = head.data.get(word)
        if below is None:
            continue
        texts = _texts(root, below)
        if not texts:
            yield locator([head])((word,), f"`{below}` is not a pack", suggestion(below, pack_names(root)))
        elif below in built:
            yield locator([head])((word,), "leads back to this pack", "Name one that does not build on it.")
        elif word == "onto" and "onto" in texts.get("pack", plain_source({}, below)).data:
            yield locator([head])((word,), f"`{below}` is an addition itself", "Name a pack that is whole.")


def _whole(name: str, chain: _Chain) -> Pack:
    own = chain.own
    missing = [part for part in ("roles", "org_kinds") if not chain.together(part) and chain.ground is None]
    if missing:
        remedy = f"Add {', '.join(f'`{part}: ...`' for part in missing)}."
        raise PolicyError([locator([own])((), f"lacks {', '.join(f'`{part}`' for part in missing)}", remedy)])
    named = (head.data["services"] for head in reversed(chain.heads) if "services" in head.data)
    services: Sequence[str] = next(named, chain.ground.services if chain.ground else ())
    return Pack(
        name,
        own.data["labels"],
        tuple(services),
        chain.together("roles"),
        chain.together("org_kinds"),
        chain.layers,
        chain.ground,
    )


def _texts(root: Path, name: str) -> dict[str, Source]:
    return {path.stem: read_source(path, f"{name}/{path.name}") for path in sorted((root / name).glob("*.yaml"))}


def grounded(packs: Sequence[Pack]) -> list[Pack]:
    """The packs with what the first of them stands on, when that is an addition."""
    first = packs[0].ground if packs else None
    return [*([first] if first else []), *packs]


def merge_roles(packs: Iterable[Pack]) -> dict[str, dict[str, Any]]:
    """All roles of the packs; one that several name has the permissions of all, the last one's labels, and wants a
    second factor when one of them says so."""
    merged: dict[str, dict[str, Any]] = {}
    for pack in grounded(list(packs)):
        for name, role in pack.roles.items():
            below = merged.get(name, {})
            before = below.get("permissions", [])
            permissions = [*before, *(p for p in role["permissions"] if p not in before)]
            strictest = "required" if "required" in {r.get("second_factor") for r in (below, role)} else "optional"
            merged[name] = {**role, "permissions": permissions, "second_factor": strictest}
    return merged


def _ordered(name: str, data: Mapping[str, Any]) -> Any:
    schema = shapes.schema_for(name) or {}
    return shapes.in_order(data, schema, schema)
