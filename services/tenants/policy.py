"""From packs and a tenant's overrides to one checked policy document, with mistakes as problems of the contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from marshmallow import ValidationError

from contracts.policies import (
    Finding,
    Pack,
    PolicyError,
    Source,
    load_pack,
    merge_roles,
    pack_names,
    parse_source,
    resolve,
)
from contracts.problems import Problem
from contracts.tenants import POLICY_INVALID, UNKNOWN_PACK
from contracts.tenants.common import MAX_DEPTH, check_storable

Roles = Mapping[str, Mapping[str, Any]]
_OPENING = (
    yaml.BlockMappingStartToken,
    yaml.BlockSequenceStartToken,
    yaml.FlowMappingStartToken,
    yaml.FlowSequenceStartToken,
)
_CLOSING = (yaml.BlockEndToken, yaml.FlowMappingEndToken, yaml.FlowSequenceEndToken)


def packs_named(root: Path, names: Sequence[str]) -> list[Pack]:
    """The packs of those names; the problem `unknown_pack` names one that is not there."""
    available = pack_names(root)
    for name in names:
        if name not in available:
            raise UNKNOWN_PACK(pack=name, available=", ".join(available))
    stamp = max(path.stat().st_mtime_ns for path in root.rglob("*.yaml"))
    try:
        return [_loaded(root, name, stamp) for name in names]
    except PolicyError as error:
        raise invalid(error) from error


@lru_cache(maxsize=100)
def _loaded(root: Path, name: str, _stamp: int) -> Pack:
    """The pack, read again only when a file of the packs' folder has changed: reading takes a tenth of a second."""
    return load_pack(root, name)


def overrides_from(text: str, name: str) -> Source:
    """The overrides a YAML text of a tenant holds; the problem `policy_invalid` when it cannot be read."""
    try:
        _refuse_harmful(text, name)
        source = parse_source(text, name)
        check_storable(source.data)
    except PolicyError as error:
        raise invalid(error) from error
    except ValidationError as error:
        finding = Finding(file=name, key="", problem=str(error.messages[0]), remedy="Write it plainly.")
        raise invalid(PolicyError([finding])) from error
    return source


def _refuse_harmful(text: str, name: str) -> None:
    """A few lines of aliases to aliases would unfold to gigabytes, a few thousand brackets take the reader minutes."""
    depth = 0
    try:
        for token in yaml.scan(text):
            depth += isinstance(token, _OPENING) - isinstance(token, _CLOSING)
            if depth > MAX_DEPTH:
                raise _refused(name, token, problem=f"has more than {MAX_DEPTH} levels", remedy="Write it plainly.")
            if isinstance(token, yaml.AliasToken):
                raise _refused(name, token, problem="is an alias", remedy="Write the value out.")
    except yaml.YAMLError:
        return  # parse_source says what is wrong


def _refused(name: str, token: yaml.Token, *, problem: str, remedy: str) -> PolicyError:
    key = f"*{token.value}" if isinstance(token, yaml.AliasToken) else ""
    return PolicyError([Finding(file=name, line=token.start_mark.line + 1, key=key, problem=problem, remedy=remedy)])


def document_of(
    service: str, packs: Sequence[Pack], overrides: Source | Mapping[str, Any] | None, roles: Roles | None = None
) -> dict[str, Any]:
    """The resolved document of `service`; the problem `policy_invalid` lists what is wrong with it.

    `roles` are those the tenant has beside or instead of the packs'.
    """
    try:
        return resolve(service, packs, overrides, roles=roles).require()
    except PolicyError as error:
        raise invalid(error) from error


def roles_of(packs: Sequence[Pack]) -> dict[str, dict[str, Any]]:
    """Role name -> labels and permissions, of all packs together."""
    return merge_roles(packs)


def _place(finding: Finding) -> str:
    return f" ({finding.file}, line {finding.line})" if finding.line else ""


def invalid(error: PolicyError) -> Problem:
    """The findings as the problem `policy_invalid`, one error each with `field`, `file`, `line` and what to do."""
    return POLICY_INVALID(
        [
            {
                "field": f.key,
                "code": "policy",
                "message": f"{f.problem}. {f.remedy}{_place(f)}",
                "params": {"file": f.file, "line": f.line},
            }
            for f in error.findings
        ]
    )
