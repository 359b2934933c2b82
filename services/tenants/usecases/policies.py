"""Policy moves by drafts: checked when made, compared, then brought into force as the next version (PL-5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from chassis.ids import new_id
from chassis.work import Transaction
from contracts.policies import Source, plain_source
from contracts.tenants import DRAFT_OUTDATED
from services.tenants import events, policy
from services.tenants.models import PolicyDraft, PolicyVersion
from services.tenants.queries import policies as queries
from services.tenants.usecases.common import caller_name, locked_tenant, require_whole_company
from services.tenants.usecases.roles import add_pack_roles


def create_draft(tx: Transaction, data: dict[str, Any], packs_dir: Path) -> PolicyDraft:
    """Resolve and check a change of policy; keep it when it holds together.

    Problems: `policy_invalid` with file, key and line of each mistake, `unknown_pack`.
    """
    require_whole_company(tx)
    active = queries.active_policy(tx.session, data["service"])
    names = data["packs"] or (active.packs if active else locked_tenant(tx).packs)
    overrides = _overrides(data, active)
    packs = policy.packs_named(packs_dir, names)
    draft = PolicyDraft(
        id=new_id(),
        service=data["service"],
        base_version=active.version if active else 0,
        packs=list(names),
        overrides=overrides.data,
        document=policy.document_of(data["service"], packs, overrides, queries.own_roles(tx.session)),
        note=data["note"],
        created_at=tx.now,
        created_by=caller_name(tx),
    )
    tx.session.add(draft)
    after = {"service": draft.service, "packs": draft.packs, "overrides": draft.overrides}
    tx.audit("policy.drafted", "policy", events.policy_id(tx.tenant_id, draft.service), after=after, note=draft.note)
    return draft


def activate_draft(tx: Transaction, data: dict[str, Any], packs_dir: Path) -> PolicyVersion:
    """Bring the draft into force for what begins from now on. A second time answers the version it became.

    Problems: `not_found`, `draft_outdated` when another version came into force since the draft was made.
    """
    require_whole_company(tx)
    locked_tenant(tx)
    draft = queries.draft(tx, data)
    if draft.activated_version is not None:
        return tx.session.get_one(PolicyVersion, (tx.tenant_id, draft.service, draft.activated_version))
    active = queries.active_policy(tx.session, draft.service)
    version = active.version if active else 0
    if version != draft.base_version:
        raise DRAFT_OUTDATED(version=version, base_version=draft.base_version)
    add_pack_roles(tx, policy.packs_named(packs_dir, draft.packs))
    draft.activated_version = version + 1
    return put_in_force(
        tx,
        draft.service,
        version=draft.activated_version,
        packs=draft.packs,
        overrides=draft.overrides,
        document=draft.document,
        note=draft.note,
    )


def put_in_force(
    tx: Transaction,
    service: str,
    *,
    packs: Sequence[str],
    overrides: Mapping[str, Any],
    document: dict[str, Any],
    version: int = 1,
    note: str = "",
) -> PolicyVersion:
    """Store the version and tell everybody. The caller has checked `document` and chosen the next `version`."""
    row = PolicyVersion(
        tenant_id=tx.tenant_id,
        service=service,
        version=version,
        packs=list(packs),
        overrides=dict(overrides),
        document=document,
        note=note,
        activated_at=tx.now,
        activated_by=caller_name(tx),
    )
    tx.session.add(row)
    tx.session.flush()
    after = {"service": service, "version": version, "packs": row.packs, "overrides": row.overrides}
    tx.audit("policy.activated", "policy", events.policy_id(tx.tenant_id, service), after=after, note=note)
    events.policy_activated(tx, row)
    return row


def _overrides(data: dict[str, Any], active: PolicyVersion | None) -> Source:
    """What the caller wants beyond the packs: YAML text, data, or what is in force."""
    if data["source"] is not None:
        return policy.overrides_from(data["source"], "overrides")
    wished = data["overrides"]
    return plain_source(wished if wished is not None else active.overrides if active else {}, "overrides")
