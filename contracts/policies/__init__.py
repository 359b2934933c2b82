"""Policy as data: the published form of policy documents, and how packs and overrides become one."""

from contracts.policies.document import Change, Pack, Resolved, check, diff, load_pack, merge_roles, pack_names, resolve
from contracts.policies.findings import Finding, PolicyError
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
    "load_pack",
    "merge_roles",
    "pack_names",
    "parse_source",
    "plain_source",
    "read_source",
    "resolve",
]
