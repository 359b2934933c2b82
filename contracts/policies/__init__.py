"""Policy as data: the published form of policy documents, and how packs and overrides become one."""

from contracts.policies.document import Change, Resolved, check, diff, resolve
from contracts.policies.findings import Finding, PolicyError
from contracts.policies.packs import Pack, grounded, load_pack, merge_roles, pack_names
from contracts.policies.sources import Source, parse_source, plain_source, read_source

__all__ = [
    "Change",
    "Finding",
    "Pack",
    "PolicyError",
    "Resolved",
    "Source",
    "check",
    "diff",
    "grounded",
    "load_pack",
    "merge_roles",
    "pack_names",
    "parse_source",
    "plain_source",
    "read_source",
    "resolve",
]
