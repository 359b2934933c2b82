"""What must hold in a complaints policy beyond its JSON Schema. `vocabulary` lists what its conditions may read."""

from __future__ import annotations

from collections.abc import Iterator

from contracts.policies.complaints import authority, conditions, flows, references, staffing, terms
from contracts.policies.findings import Finding, Locate

_CHECKS = (
    references.check,
    flows.check,
    terms.check,
    authority.check,
    staffing.check,
    conditions.check,
)


def check(document: dict[str, object], locate: Locate) -> Iterator[Finding]:
    """Every mistake in the meaning of `document`, whose form is right already.

    The later checks read what the earlier ones vouch for, so they run only on a document that has no mistake so far.
    """
    for one in _CHECKS:
        findings = list(one(document, locate))
        yield from findings
        if findings:
            return
