"""The tables of the customers service."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Date, ForeignKeyConstraint, Index, LargeBinary, String, Text, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column, relationship

from chassis.db import ServiceBase, TenantOwned, TenantRow, Versioned, service_metadata


class Base(ServiceBase):
    __abstract__ = True
    metadata = service_metadata()


def _of_customer(column: str = "customer_id") -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["tenant_id", column], ["customers.tenant_id", "customers.id"])


class Customer(TenantRow, Versioned, Base):
    """A person, an organisation or a household. A person is in one household at most (RE-2, RF-13)."""

    __tablename__ = "customers"
    kind: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(100))
    name_key: Mapped[str] = mapped_column(String(300))
    external_ref: Mapped[str | None] = mapped_column(String(64))
    org_unit_id: Mapped[UUID | None] = mapped_column(Uuid)
    household_id: Mapped[UUID | None] = mapped_column(Uuid)
    relation: Mapped[str] = mapped_column(String(50), default="")
    member_since: Mapped[datetime | None]
    id_number: Mapped[str | None] = mapped_column(String(40))
    birthday: Mapped[date | None] = mapped_column(Date)
    grade: Mapped[str | None] = mapped_column(String(10))
    note: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    contacts: Mapped[list[Contact]] = relationship(
        order_by="Contact.id", cascade="all, delete-orphan", lazy="selectin", passive_deletes=True
    )
    __table_args__ = (
        UniqueConstraint("tenant_id", "external_ref"),
        _of_customer("household_id"),
        Index("ix_customers_name", "tenant_id", "name_key"),
        Index("ix_customers_household", "tenant_id", "household_id", "id"),
        Index("ix_customers_unit", "tenant_id", "org_unit_id", "id"),
        Index("ix_customers_grade", "tenant_id", "grade", "id"),
    )


class Contact(TenantRow, Base):
    """A way to reach a customer. A phone is kept in E.164; `last4` finds it by its end."""

    __tablename__ = "contacts"
    customer_id: Mapped[UUID] = mapped_column(Uuid)
    kind: Mapped[str] = mapped_column(String(10))
    value: Mapped[str] = mapped_column(String(300))
    last4: Mapped[str | None] = mapped_column(String(4))
    label: Mapped[str] = mapped_column(String(50), default="")
    primary: Mapped[bool] = mapped_column(default=False)
    __table_args__ = (
        _of_customer(),
        Index("ix_contacts_customer", "tenant_id", "customer_id", "id"),
        Index("ix_contacts_value", "tenant_id", "kind", "value", "customer_id"),
        Index("ix_contacts_last4", "tenant_id", "last4", "customer_id"),
    )


class NameToken(TenantOwned, Base):
    """Search index: a piece of a customer's name. Not by an extension of one database: row level security switches
    those indexes off, and they miss words of two Chinese characters. Derived, so without foreign key; its one index
    leaves the planner no wrong choice."""

    __tablename__ = "name_tokens"
    token: Mapped[str] = mapped_column(String(64), primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)


class Asset(TenantRow, Versioned, Base):
    """Something of a customer's that a complaint or a repair can point to."""

    __tablename__ = "assets"
    customer_id: Mapped[UUID] = mapped_column(Uuid)
    kind: Mapped[str] = mapped_column(String(20))
    label: Mapped[str] = mapped_column(String(250))
    plate: Mapped[str | None] = mapped_column(String(20))
    vin: Mapped[str | None] = mapped_column(String(32))
    model: Mapped[str | None] = mapped_column(String(100))
    project: Mapped[str | None] = mapped_column(String(100))
    building: Mapped[str | None] = mapped_column(String(50))
    unit: Mapped[str | None] = mapped_column(String(50))
    contract_no: Mapped[str | None] = mapped_column(String(100))
    lot: Mapped[str | None] = mapped_column(String(100))
    order_no: Mapped[str | None] = mapped_column(String(100))
    active: Mapped[bool] = mapped_column(default=True)
    household_key: Mapped[str | None] = mapped_column(String(300))
    """The unit's key while it is a household's: unique, so that one household has one file under concurrency too."""
    created_at: Mapped[datetime]
    __table_args__ = (
        _of_customer(),
        UniqueConstraint("tenant_id", "household_key"),
        Index("ix_assets_customer", "tenant_id", "customer_id", "id"),
    )


class AssetKey(TenantOwned, Base):
    """Search index: a normalised form under which an active asset is found. Derived, like `NameToken`."""

    __tablename__ = "asset_keys"
    kind: Mapped[str] = mapped_column(String(12), primary_key=True)
    key: Mapped[str] = mapped_column(String(300), primary_key=True)
    asset_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(Uuid)


class TimelineEntry(TenantRow, Base):
    """Something another service told. It waits without customer until its subject is linked to one."""

    __tablename__ = "timeline"
    customer_id: Mapped[UUID | None] = mapped_column(Uuid)
    at: Mapped[datetime]
    service: Mapped[str] = mapped_column(String(40))
    event: Mapped[str] = mapped_column(String(80))
    subject_kind: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[UUID] = mapped_column(Uuid)
    subject_number: Mapped[str | None] = mapped_column(String(80))
    asset_id: Mapped[UUID | None] = mapped_column(Uuid)
    data: Mapped[dict[str, Any]]
    __table_args__ = (
        _of_customer(),
        Index("ix_timeline_customer", "tenant_id", "customer_id", "at", "id"),
        Index("ix_timeline_subject", "tenant_id", "subject_id"),
    )


class CaseLink(TenantOwned, Base):
    """Whose complaint it is. Without a customer the keys wait for the asset to be put on file (AD-2)."""

    __tablename__ = "case_links"
    case_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    customer_id: Mapped[UUID | None] = mapped_column(Uuid)
    asset_id: Mapped[UUID | None] = mapped_column(Uuid)
    plate_key: Mapped[str | None] = mapped_column(String(300))
    unit_key: Mapped[str | None] = mapped_column(String(300))
    __table_args__ = (
        _of_customer(),
        Index("ix_case_links_plate", "tenant_id", "plate_key"),
        Index("ix_case_links_unit", "tenant_id", "unit_key"),
    )


class Import(TenantRow, Base):
    """An uploaded file and how far it is. `context` is on whose behalf it runs, `made_by` their id."""

    __tablename__ = "imports"
    kind: Mapped[str] = mapped_column(String(20))
    mode: Mapped[str] = mapped_column(String(20))
    filename: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(10))
    rows_total: Mapped[int] = mapped_column(default=0)
    rows_done: Mapped[int] = mapped_column(default=0)
    rows_created: Mapped[int] = mapped_column(default=0)
    rows_updated: Mapped[int] = mapped_column(default=0)
    rows_unchanged: Mapped[int] = mapped_column(default=0)
    rows_bad: Mapped[int] = mapped_column(default=0)
    context: Mapped[str] = mapped_column(Text)
    made_by: Mapped[str | None] = mapped_column(String(64))
    attempts: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None]
    """While it lies ahead, one process works on it; when that dies, another takes over where it stood."""
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    __table_args__ = (Index("ix_imports_state", "tenant_id", "state"),)


class ImportFile(TenantOwned, Base):
    """The file itself, kept only until the import ended: it is full of personal data."""

    __tablename__ = "import_files"
    import_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    __table_args__ = (ForeignKeyConstraint(["tenant_id", "import_id"], ["imports.tenant_id", "imports.id"]),)


class RowError(TenantRow, Base):
    """One unacceptable cell of an import, without the value that stood in it."""

    __tablename__ = "import_errors"
    import_id: Mapped[UUID] = mapped_column(Uuid)
    row: Mapped[int]
    column: Mapped[str] = mapped_column(String(100))
    code: Mapped[str] = mapped_column(String(40))
    params: Mapped[dict[str, Any]]
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "import_id"], ["imports.tenant_id", "imports.id"]),
        Index("ix_import_errors_import", "tenant_id", "import_id", "row", "id"),
    )


class ImportedRow(TenantOwned, Base):
    """What a row once made: the same row again changes nothing (PL-14)."""

    __tablename__ = "imported_rows"
    row_key: Mapped[str] = mapped_column(String(64), primary_key=True)
    content_hash: Mapped[str] = mapped_column(String(64))
    customer_id: Mapped[UUID] = mapped_column(Uuid)
    __table_args__ = (_of_customer(),)
