"""The register of tenants."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from chassis import db
from chassis.migrate import open_across_tenants

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Read before the tenant is known: to find it by code or by key prefix, or all for the operator. Runs on every
# `kefu migrate`, because Alembic loads every migration.
open_across_tenants("tenants", "enabled_services", "api_keys")


def upgrade() -> None:
    op.create_table(
        "api_keys",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("prefix", sa.String(length=12), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("permissions", db.JsonDict, nullable=False),
        sa.Column("services", db.JsonDict, nullable=True),
        sa.Column("org_unit_ids", db.JsonDict, nullable=True),
        sa.Column("locale", sa.String(length=10), nullable=True),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("expires_at", db.UtcDateTime(), nullable=True),
        sa.Column("revoked_at", db.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("prefix", name=op.f("uq_api_keys_prefix")),
    )
    op.create_table(
        "calendars",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("document", db.JsonDict, nullable=False),
        sa.Column("updated_at", db.UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_calendars")),
    )
    op.create_table(
        "enabled_services",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("service", sa.String(length=40), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("enabled_at", db.UtcDateTime(), nullable=True),
        sa.Column("disabled_at", db.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "service", name=op.f("pk_enabled_services")),
    )
    op.create_table(
        "org_units",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("path", db.JsonDict, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("updated_at", db.UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "parent_id"],
            ["org_units.tenant_id", "org_units.id"],
            name=op.f("fk_org_units_tenant_id_parent_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_org_units")),
    )
    op.create_index("ix_org_units_tenant_id_parent_id", "org_units", ["tenant_id", "parent_id"], unique=False)
    op.create_index("uq_org_units_tenant_id_code", "org_units", ["tenant_id", "code"], unique=True)
    op.create_table(
        "policy_drafts",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("service", sa.String(length=40), nullable=False),
        sa.Column("base_version", sa.Integer(), nullable=False),
        sa.Column("activated_version", sa.Integer(), nullable=True),
        sa.Column("packs", db.JsonDict, nullable=False),
        sa.Column("overrides", db.JsonDict, nullable=False),
        sa.Column("document", db.JsonDict, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_policy_drafts")),
    )
    op.create_index("ix_policy_drafts_tenant_id_service", "policy_drafts", ["tenant_id", "service"], unique=False)
    op.create_table(
        "policy_versions",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("service", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("packs", db.JsonDict, nullable=False),
        sa.Column("overrides", db.JsonDict, nullable=False),
        sa.Column("document", db.JsonDict, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("activated_at", db.UtcDateTime(), nullable=False),
        sa.Column("activated_by", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "service", "version", name=op.f("pk_policy_versions")),
    )
    op.create_table(
        "roles",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("labels", db.JsonDict, nullable=False),
        sa.Column("permissions", db.JsonDict, nullable=False),
        sa.Column("from_pack", sa.Boolean(), nullable=False),
        sa.Column("updated_at", db.UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_roles")),
    )
    op.create_index("uq_roles_tenant_id_name", "roles", ["tenant_id", "name"], unique=True)
    op.create_table(
        "staff",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("whole_company", sa.Boolean(), nullable=False),
        sa.Column("email", sa.String(length=200), nullable=True),
        sa.Column("phone", sa.String(length=32), nullable=True),
        sa.Column("locale", sa.String(length=10), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("left_at", db.UtcDateTime(), nullable=True),
        sa.Column("updated_at", db.UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_staff")),
    )
    op.create_index("uq_staff_tenant_id_username", "staff", ["tenant_id", "username"], unique=True)
    op.create_table(
        "tenants",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("locale", sa.String(length=10), nullable=False),
        sa.Column("timezone", sa.String(length=64), nullable=False),
        sa.Column("rate", sa.String(length=20), nullable=True),
        sa.Column("packs", db.JsonDict, nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("updated_at", db.UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_tenants")),
        sa.UniqueConstraint("code", name=op.f("uq_tenants_code")),
    )
    op.create_table(
        "sessions",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("rotated_by", sa.LargeBinary(length=32), nullable=True),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("expires_at", db.UtcDateTime(), nullable=False),
        sa.Column("ends_at", db.UtcDateTime(), nullable=False),
        sa.Column("revoked_at", db.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "staff_id"], ["staff.tenant_id", "staff.id"], name=op.f("fk_sessions_tenant_id_staff_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_sessions")),
    )
    op.create_index("ix_sessions_tenant_id_expires_at", "sessions", ["tenant_id", "expires_at"], unique=False)
    op.create_index("ix_sessions_tenant_id_staff_id", "sessions", ["tenant_id", "staff_id"], unique=False)
    op.create_table(
        "staff_logins",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failing_since", db.UtcDateTime(), nullable=True),
        sa.Column("locked_until", db.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "staff_id"], ["staff.tenant_id", "staff.id"], name=op.f("fk_staff_logins_tenant_id_staff_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "staff_id", name=op.f("pk_staff_logins")),
    )
    op.create_table(
        "staff_roles",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("role_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "role_id"], ["roles.tenant_id", "roles.id"], name=op.f("fk_staff_roles_tenant_id_role_id")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "staff_id"], ["staff.tenant_id", "staff.id"], name=op.f("fk_staff_roles_tenant_id_staff_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "staff_id", "role_id", name=op.f("pk_staff_roles")),
    )
    op.create_index("ix_staff_roles_tenant_id_role_id", "staff_roles", ["tenant_id", "role_id"], unique=False)
    op.create_table(
        "staff_units",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("org_unit_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "org_unit_id"],
            ["org_units.tenant_id", "org_units.id"],
            name=op.f("fk_staff_units_tenant_id_org_unit_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "staff_id"], ["staff.tenant_id", "staff.id"], name=op.f("fk_staff_units_tenant_id_staff_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "staff_id", "org_unit_id", name=op.f("pk_staff_units")),
    )
    op.create_index("ix_staff_units_tenant_id_org_unit_id", "staff_units", ["tenant_id", "org_unit_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_staff_units_tenant_id_org_unit_id", table_name="staff_units")
    op.drop_table("staff_units")
    op.drop_index("ix_staff_roles_tenant_id_role_id", table_name="staff_roles")
    op.drop_table("staff_roles")
    op.drop_table("staff_logins")
    op.drop_index("ix_sessions_tenant_id_staff_id", table_name="sessions")
    op.drop_index("ix_sessions_tenant_id_expires_at", table_name="sessions")
    op.drop_table("sessions")
    op.drop_table("tenants")
    op.drop_index("uq_staff_tenant_id_username", table_name="staff")
    op.drop_table("staff")
    op.drop_index("uq_roles_tenant_id_name", table_name="roles")
    op.drop_table("roles")
    op.drop_table("policy_versions")
    op.drop_index("ix_policy_drafts_tenant_id_service", table_name="policy_drafts")
    op.drop_table("policy_drafts")
    op.drop_index("uq_org_units_tenant_id_code", table_name="org_units")
    op.drop_index("ix_org_units_tenant_id_parent_id", table_name="org_units")
    op.drop_table("org_units")
    op.drop_table("enabled_services")
    op.drop_table("calendars")
    op.drop_table("api_keys")
