"""The tenants service's tables. `tenants` is the register of companies: its row's own id is its tenant_id."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, LargeBinary, String, Text, Uuid, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from chassis.db import ServiceBase, TenantOwned, TenantRow, Versioned, service_metadata


class Base(ServiceBase):
    __abstract__ = True
    metadata = service_metadata()


class Tenant(Versioned, TenantOwned, Base):
    """A company. `version` counts every change of what `tenant.changed` tells."""

    __tablename__ = "tenants"
    code: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    status: Mapped[str] = mapped_column(String(10), default="active")
    locale: Mapped[str] = mapped_column(String(10))
    timezone: Mapped[str] = mapped_column(String(64))
    rate: Mapped[str | None] = mapped_column(String(20))
    packs: Mapped[list[str]]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    @property
    def id(self) -> UUID:
        return self.tenant_id


class EnabledService(TenantOwned, Base):
    """Whether a tenant uses a service, and since when (PL-2)."""

    __tablename__ = "enabled_services"
    service: Mapped[str] = mapped_column(String(40), primary_key=True)
    enabled: Mapped[bool]
    enabled_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]


class Calendar(Versioned, TenantOwned, Base):
    """A tenant's working days and hours, as the contract's CalendarBody dumps them."""

    __tablename__ = "calendars"
    document: Mapped[dict[str, Any]]
    updated_at: Mapped[datetime]


class OrgUnit(Versioned, TenantRow, Base):
    """A node of a tenant's tree. Never deleted: what happened there keeps its name."""

    __tablename__ = "org_units"
    code: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(64))
    parent_id: Mapped[UUID | None] = mapped_column(Uuid)
    path: Mapped[list[str]]
    active: Mapped[bool] = mapped_column(default=True)
    updated_at: Mapped[datetime]
    __table_args__ = (
        Index("uq_org_units_tenant_id_code", "tenant_id", "code", unique=True),
        Index("ix_org_units_tenant_id_parent_id", "tenant_id", "parent_id"),
        ForeignKeyConstraint(["tenant_id", "parent_id"], ["org_units.tenant_id", "org_units.id"]),
    )


class Role(Versioned, TenantRow, Base):
    """What its holders may do."""

    __tablename__ = "roles"
    name: Mapped[str] = mapped_column(String(64))
    labels: Mapped[dict[str, Any]]
    permissions: Mapped[list[str]]
    second_factor: Mapped[str] = mapped_column(String(10), default="optional", server_default="optional")
    """optional, or required: its holders must have one."""
    from_pack: Mapped[bool] = mapped_column(default=False)
    updated_at: Mapped[datetime]
    __table_args__ = (Index("uq_roles_tenant_id_name", "tenant_id", "name", unique=True),)


class StaffRole(TenantOwned, Base):
    __tablename__ = "staff_roles"
    staff_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    role_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    role: Mapped[Role] = relationship(viewonly=True, lazy="joined")
    __table_args__ = (
        Index("ix_staff_roles_tenant_id_role_id", "tenant_id", "role_id"),
        ForeignKeyConstraint(["tenant_id", "staff_id"], ["staff.tenant_id", "staff.id"]),
        ForeignKeyConstraint(["tenant_id", "role_id"], ["roles.tenant_id", "roles.id"]),
    )


class StaffUnit(TenantOwned, Base):
    __tablename__ = "staff_units"
    staff_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    org_unit_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    __table_args__ = (
        Index("ix_staff_units_tenant_id_org_unit_id", "tenant_id", "org_unit_id"),
        ForeignKeyConstraint(["tenant_id", "staff_id"], ["staff.tenant_id", "staff.id"]),
        ForeignKeyConstraint(["tenant_id", "org_unit_id"], ["org_units.tenant_id", "org_units.id"]),
    )


class Staff(Versioned, TenantRow, Base):
    """A person who works for the tenant. How they sign in stands in `StaffLogin`, so that a failed sign-in is no change
    of the person."""

    __tablename__ = "staff"
    username: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(200))
    whole_company: Mapped[bool]
    email: Mapped[str | None] = mapped_column(String(200))
    phone: Mapped[str | None] = mapped_column(String(32))
    locale: Mapped[str | None] = mapped_column(String(10))
    active: Mapped[bool] = mapped_column(default=True)
    left_at: Mapped[datetime | None]
    updated_at: Mapped[datetime]
    role_links: Mapped[list[StaffRole]] = relationship(cascade="all, delete-orphan", lazy="selectin")
    unit_links: Mapped[list[StaffUnit]] = relationship(cascade="all, delete-orphan", lazy="selectin")
    login: Mapped[StaffLogin] = relationship(cascade="all, delete-orphan", lazy="selectin", uselist=False)
    __table_args__ = (Index("uq_staff_tenant_id_username", "tenant_id", "username", unique=True),)

    @property
    def roles(self) -> list[str]:
        """The names of the person's roles, sorted."""
        return sorted(link.role.name for link in self.role_links)

    @property
    def org_unit_ids(self) -> list[UUID] | None:
        """The units the person may act in, with all below; None: the whole company."""
        return None if self.whole_company else sorted(link.org_unit_id for link in self.unit_links)

    @property
    def can_sign_in(self) -> bool:
        return self.active and self.login.password_hash is not None

    @property
    def has_second_factor(self) -> bool:
        return self.login.factor_sealed is not None

    @property
    def needs_second_factor(self) -> bool:
        """Whether one of the person's roles wants one."""
        return any(link.role.second_factor == "required" for link in self.role_links)

    @property
    def locked_until(self) -> datetime | None:
        return self.login.locked_until


class StaffLogin(TenantOwned, Base):
    """A staff member's password, second factor, and the failed sign-ins that count."""

    __tablename__ = "staff_logins"
    staff_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    password_hash: Mapped[str | None] = mapped_column(String(200))
    failures: Mapped[int] = mapped_column(default=0)
    failing_since: Mapped[datetime | None]
    locked_until: Mapped[datetime | None]
    factor_sealed: Mapped[str | None] = mapped_column(Text)
    """The app's secret; None: there is no second factor."""
    factor_since: Mapped[datetime | None]
    factor_step: Mapped[int | None]
    """The last step of time whose code was used: each is good once."""
    pending_sealed: Mapped[str | None] = mapped_column(Text)
    """A secret that waits for its first code, until `pending_until`."""
    pending_until: Mapped[datetime | None]
    recovery_digests: Mapped[list[str] | None]
    """Those of the recovery codes that are not used yet."""
    __table_args__ = (ForeignKeyConstraint(["tenant_id", "staff_id"], ["staff.tenant_id", "staff.id"]),)


class StaffSession(TenantRow, Base):
    """A sign-in. `generation` counts its refresh tokens: only the last one is good."""

    __tablename__ = "sessions"
    staff_id: Mapped[UUID] = mapped_column(Uuid)
    generation: Mapped[int] = mapped_column(default=1)
    rotated_by: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    enrolling: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Opened without the second factor that the person must have: good for setting one up."""
    __table_args__ = (
        Index("ix_sessions_tenant_id_staff_id", "tenant_id", "staff_id"),
        Index("ix_sessions_tenant_id_expires_at", "tenant_id", "expires_at"),
        ForeignKeyConstraint(["tenant_id", "staff_id"], ["staff.tenant_id", "staff.id"]),
    )


class ApiKey(TenantRow, Base):
    """A partner's or an administrator's key; of tenant NIL: the platform operator's."""

    __tablename__ = "api_keys"
    name: Mapped[str] = mapped_column(String(100))
    prefix: Mapped[str] = mapped_column(String(12), unique=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    permissions: Mapped[list[str]]
    services: Mapped[list[str] | None]
    org_unit_ids: Mapped[list[str] | None]
    locale: Mapped[str | None] = mapped_column(String(10))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class PolicyVersion(TenantOwned, Base):
    """A policy that is or was in force; never changed afterwards."""

    __tablename__ = "policy_versions"
    service: Mapped[str] = mapped_column(String(40), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    packs: Mapped[list[str]]
    overrides: Mapped[dict[str, Any]]
    document: Mapped[dict[str, Any]]
    note: Mapped[str] = mapped_column(Text)
    activated_at: Mapped[datetime]
    activated_by: Mapped[str] = mapped_column(String(200))


class PolicyDraft(TenantRow, Base):
    """A checked change of policy that waits for its activation."""

    __tablename__ = "policy_drafts"
    service: Mapped[str] = mapped_column(String(40))
    base_version: Mapped[int]
    activated_version: Mapped[int | None]
    packs: Mapped[list[str]]
    overrides: Mapped[dict[str, Any]]
    document: Mapped[dict[str, Any]]
    note: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(200))
    __table_args__ = (Index("ix_policy_drafts_tenant_id_service", "tenant_id", "service"),)

    @property
    def state(self) -> str:
        return "draft" if self.activated_version is None else "activated"
