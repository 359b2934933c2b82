"""What a service knows of its tenants without asking anybody: its own copy of their settings, policies and directory.

The copy is fed by the tenants service's events and by its snapshot call, and guarded by versions, so that an old event
never undoes a newer one. Services go on working by it while the tenants service is down.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from cachetools import LRUCache
from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.calendar import WorkingCalendar
from chassis.db import REVISION
from chassis.tables import StaffEntry, TenantPolicy, TenantSetting, UnitEntry

MAX_CACHED_TENANTS = 2_000
"""Tenants whose settings a process keeps."""
MAX_CACHED_DIGESTS = 10_000
"""Of policies: each tenant has one of every service."""
MAX_CACHED_POLICIES = 300
"""Policies a process keeps parsed; one may be some hundred kilobytes in memory."""


@dataclass(frozen=True)
class PolicyDocument:
    """A resolved policy of one service and its version. Companies with the same document share one in memory: it is
    only ever read."""

    service: str
    version: int
    digest: str
    document: dict[str, Any]


@dataclass(frozen=True)
class TenantSettings:
    """One tenant as this service knows it."""

    tenant_id: UUID
    document: Mapping[str, Any]
    revision: int
    versions: Mapping[str, int] = field(default_factory=dict)
    """The newest version of each service's policy that came here."""

    @property
    def code(self) -> str:
        return str(self.document["code"])

    @property
    def name(self) -> str:
        return str(self.document["name"])

    @property
    def locale(self) -> str:
        return str(self.document["locale"])

    @cached_property
    def timezone(self) -> ZoneInfo:
        return ZoneInfo(self.document["timezone"])

    @cached_property
    def services(self) -> frozenset[str]:
        """Enabled services; none while the tenant is suspended."""
        return frozenset(self.document["services"]) if self.document["status"] == "active" else frozenset()

    @cached_property
    def calendar(self) -> WorkingCalendar:
        """The tenant's working calendar (SPEC UX-4)."""
        return WorkingCalendar.from_data(self.document["calendar"], timezone=self.document["timezone"])


class TenantCache:
    """Settings in memory, trusted only while the revision read at the start of the transaction is the same."""

    def __init__(self) -> None:
        self._held: LRUCache[UUID, TenantSettings] = LRUCache(MAX_CACHED_TENANTS)
        self._digests: LRUCache[tuple[UUID, str, int], str] = LRUCache(MAX_CACHED_DIGESTS)
        self._documents: LRUCache[str, dict[str, Any]] = LRUCache(MAX_CACHED_POLICIES)

    def settings(self, session: Session, tenant_id: UUID) -> TenantSettings | None:
        """The tenant's settings, or None when this service has not heard of it yet."""
        revision = session.connection().info.get(REVISION)
        if revision is None:
            revision = session.scalar(select(TenantSetting.revision).where(TenantSetting.tenant_id == tenant_id))
        if revision is None:
            return None
        held = self._held.get(tenant_id)
        if held is None or held.revision != revision:
            held = self._held[tenant_id] = self._read(session, tenant_id)
        return held

    def policy(self, session: Session, tenant_id: UUID, service: str, version: int) -> PolicyDocument | None:
        """One version of a policy: the active one, or that of a case which began with it. None when this service never
        got it."""
        key = (tenant_id, service, version)
        digest = self._digests.get(key)
        document = self._documents.get(digest) if digest else None
        if document is None:
            row = session.get(TenantPolicy, key)
            if row is None:
                return None
            document, digest = row.document, row.digest or digest_of(row.document)
            document = self._documents.setdefault(digest, document)
        assert digest is not None, "a document is found by its digest"
        self._digests[key] = digest
        return PolicyDocument(service, version, digest, document)

    def _read(self, session: Session, tenant_id: UUID) -> TenantSettings:
        """The settings and which policies there are; the policies themselves are read when somebody asks for them."""
        row = session.scalars(select(TenantSetting).where(TenantSetting.tenant_id == tenant_id)).one()
        kept = select(TenantPolicy.service, TenantPolicy.version, TenantPolicy.digest).where(
            TenantPolicy.tenant_id == tenant_id
        )
        versions: dict[str, int] = {}
        for service, version, digest in session.execute(kept.order_by(TenantPolicy.version)):
            versions[service] = version
            if digest is not None:
                self._digests[tenant_id, service, version] = digest
        return TenantSettings(tenant_id, row.document, row.revision, versions)


def digest_of(document: Mapping[str, Any]) -> str:
    """The same for documents that say the same, in whatever order of keys."""
    return sha256(orjson.dumps(document, option=orjson.OPT_SORT_KEYS)).hexdigest()


def store_tenant(session: Session, tenant_id: UUID, data: Mapping[str, Any]) -> None:
    """Keep a `tenant.changed` document unless a newer one is here.

    Like every `store_…`, it holds the row it looks at: event and snapshot may bring two versions at once. When both
    bring the first, the second one's transaction fails and must be tried again.
    """
    session.connection().info.pop(REVISION, None)  # what was read at the start no longer holds
    row = _held(session, tenant_id)
    if row is None:
        session.add(TenantSetting(tenant_id=tenant_id, version=data["version"], revision=1, document=dict(data)))
    elif row.version < data["version"]:
        row.version, row.document, row.revision = data["version"], dict(data), row.revision + 1


def _held(session: Session, tenant_id: UUID) -> TenantSetting | None:
    return session.get(TenantSetting, tenant_id, with_for_update=True, populate_existing=True)


def calendar_of(session: Session, tenant_id: UUID) -> Any:
    """The calendar as it stands in the copy; None before the tenant is known."""
    row = session.get(TenantSetting, tenant_id)
    return row.document["calendar"] if row else None


def store_policy(session: Session, tenant_id: UUID, data: Mapping[str, Any]) -> None:
    """Keep a `policy.activated` document; each version is kept once and for ever."""
    session.connection().info.pop(REVISION, None)
    if session.get(TenantPolicy, (tenant_id, data["service"], data["version"])) is not None:
        return
    session.add(
        TenantPolicy(
            tenant_id=tenant_id,
            service=data["service"],
            version=data["version"],
            document=data["document"],
            digest=digest_of(data["document"]),
        )
    )
    row = _held(session, tenant_id)
    if row is not None:
        row.revision += 1


def store_staff(session: Session, tenant_id: UUID, data: Mapping[str, Any]) -> None:
    """Keep a `staff.changed` document unless a newer one is here."""
    _store_entry(session, StaffEntry, tenant_id, data)


def store_unit(session: Session, tenant_id: UUID, data: Mapping[str, Any]) -> None:
    """Keep an `org_unit.changed` document unless a newer one is here."""
    _store_entry(session, UnitEntry, tenant_id, data)


Entry = StaffEntry | UnitEntry


def _store_entry(session: Session, model: type[Entry], tenant_id: UUID, data: Mapping[str, Any]) -> None:
    values = _columns_of(model, data)
    entry_id = UUID(str(data["id"]))
    row = session.get(model, (tenant_id, entry_id), with_for_update=True, populate_existing=True)
    if not isinstance(row, Entry):
        session.add(model(tenant_id=tenant_id, id=entry_id, **values))
    elif row.version < data["version"]:
        for name, value in values.items():
            setattr(row, name, value)


def _columns_of(model: type[Entry], data: Mapping[str, Any]) -> dict[str, Any]:
    columns = {c.key for c in model.__table__.columns} - {"tenant_id", "id"}
    values = {name: value for name, value in data.items() if name in columns}
    if values.get("parent_id"):
        values["parent_id"] = UUID(str(values["parent_id"]))
    for name in {"org_unit_ids", "path"} & values.keys():
        values[name] = [str(v) for v in values[name] or []]
    return values
