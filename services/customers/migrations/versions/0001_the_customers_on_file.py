"""The customers on file, their contacts and assets, their timeline, imports."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from chassis import db

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "asset_keys",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "kind", "key", "asset_id", name=op.f("pk_asset_keys")),
    )
    op.create_table(
        "customers",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("name_key", sa.String(length=300), nullable=False),
        sa.Column("external_ref", sa.String(length=64), nullable=True),
        sa.Column("org_unit_id", sa.Uuid(), nullable=True),
        sa.Column("household_id", sa.Uuid(), nullable=True),
        sa.Column("relation", sa.String(length=50), nullable=False),
        sa.Column("member_since", db.UtcDateTime(), nullable=True),
        sa.Column("id_number", sa.String(length=40), nullable=True),
        sa.Column("birthday", sa.Date(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("updated_at", db.UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "household_id"],
            ["customers.tenant_id", "customers.id"],
            name=op.f("fk_customers_tenant_id_household_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_customers")),
        sa.UniqueConstraint("tenant_id", "external_ref", name=op.f("uq_customers_tenant_id_external_ref")),
    )
    op.create_index("ix_customers_household", "customers", ["tenant_id", "household_id", "id"], unique=False)
    op.create_index("ix_customers_name", "customers", ["tenant_id", "name_key"], unique=False)
    op.create_index("ix_customers_unit", "customers", ["tenant_id", "org_unit_id", "id"], unique=False)
    op.create_table(
        "imports",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("mode", sa.String(length=20), nullable=False),
        sa.Column("filename", sa.String(length=200), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("rows_total", sa.Integer(), nullable=False),
        sa.Column("rows_done", sa.Integer(), nullable=False),
        sa.Column("rows_created", sa.Integer(), nullable=False),
        sa.Column("rows_updated", sa.Integer(), nullable=False),
        sa.Column("rows_unchanged", sa.Integer(), nullable=False),
        sa.Column("rows_bad", sa.Integer(), nullable=False),
        sa.Column("context", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_until", db.UtcDateTime(), nullable=True),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("finished_at", db.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_imports")),
    )
    op.create_index("ix_imports_state", "imports", ["tenant_id", "state"], unique=False)
    op.create_table(
        "name_tokens",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "token", "customer_id", name=op.f("pk_name_tokens")),
    )
    op.create_table(
        "assets",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("label", sa.String(length=250), nullable=False),
        sa.Column("plate", sa.String(length=20), nullable=True),
        sa.Column("vin", sa.String(length=32), nullable=True),
        sa.Column("model", sa.String(length=100), nullable=True),
        sa.Column("project", sa.String(length=100), nullable=True),
        sa.Column("building", sa.String(length=50), nullable=True),
        sa.Column("unit", sa.String(length=50), nullable=True),
        sa.Column("contract_no", sa.String(length=100), nullable=True),
        sa.Column("lot", sa.String(length=100), nullable=True),
        sa.Column("order_no", sa.String(length=100), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("household_key", sa.String(length=300), nullable=True),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customers.tenant_id", "customers.id"],
            name=op.f("fk_assets_tenant_id_customer_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_assets")),
        sa.UniqueConstraint("tenant_id", "household_key", name=op.f("uq_assets_tenant_id_household_key")),
    )
    op.create_index("ix_assets_customer", "assets", ["tenant_id", "customer_id", "id"], unique=False)
    op.create_table(
        "case_links",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("asset_id", sa.Uuid(), nullable=True),
        sa.Column("plate_key", sa.String(length=300), nullable=True),
        sa.Column("unit_key", sa.String(length=300), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customers.tenant_id", "customers.id"],
            name=op.f("fk_case_links_tenant_id_customer_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "case_id", name=op.f("pk_case_links")),
    )
    op.create_index("ix_case_links_plate", "case_links", ["tenant_id", "plate_key"], unique=False)
    op.create_index("ix_case_links_unit", "case_links", ["tenant_id", "unit_key"], unique=False)
    op.create_table(
        "contacts",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("value", sa.String(length=300), nullable=False),
        sa.Column("last4", sa.String(length=4), nullable=True),
        sa.Column("label", sa.String(length=50), nullable=False),
        sa.Column("primary", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customers.tenant_id", "customers.id"],
            name=op.f("fk_contacts_tenant_id_customer_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_contacts")),
    )
    op.create_index("ix_contacts_customer", "contacts", ["tenant_id", "customer_id", "id"], unique=False)
    op.create_index("ix_contacts_last4", "contacts", ["tenant_id", "last4", "customer_id"], unique=False)
    op.create_index("ix_contacts_value", "contacts", ["tenant_id", "kind", "value", "customer_id"], unique=False)
    op.create_table(
        "import_errors",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("column", sa.String(length=100), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("params", db.JsonDict, nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "import_id"],
            ["imports.tenant_id", "imports.id"],
            name=op.f("fk_import_errors_tenant_id_import_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_import_errors")),
    )
    op.create_index("ix_import_errors_import", "import_errors", ["tenant_id", "import_id", "row", "id"], unique=False)
    op.create_table(
        "import_files",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "import_id"],
            ["imports.tenant_id", "imports.id"],
            name=op.f("fk_import_files_tenant_id_import_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "import_id", name=op.f("pk_import_files")),
    )
    op.create_table(
        "imported_rows",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("row_key", sa.String(length=64), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customers.tenant_id", "customers.id"],
            name=op.f("fk_imported_rows_tenant_id_customer_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "row_key", name=op.f("pk_imported_rows")),
    )
    op.create_table(
        "timeline",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.Column("service", sa.String(length=40), nullable=False),
        sa.Column("event", sa.String(length=80), nullable=False),
        sa.Column("subject_kind", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("subject_number", sa.String(length=80), nullable=True),
        sa.Column("asset_id", sa.Uuid(), nullable=True),
        sa.Column("data", db.JsonDict, nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customers.tenant_id", "customers.id"],
            name=op.f("fk_timeline_tenant_id_customer_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_timeline")),
    )
    op.create_index("ix_timeline_customer", "timeline", ["tenant_id", "customer_id", "at", "id"], unique=False)
    op.create_index("ix_timeline_subject", "timeline", ["tenant_id", "subject_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_timeline_subject", table_name="timeline")
    op.drop_index("ix_timeline_customer", table_name="timeline")
    op.drop_table("timeline")
    op.drop_table("imported_rows")
    op.drop_table("import_files")
    op.drop_index("ix_import_errors_import", table_name="import_errors")
    op.drop_table("import_errors")
    op.drop_index("ix_contacts_value", table_name="contacts")
    op.drop_index("ix_contacts_last4", table_name="contacts")
    op.drop_index("ix_contacts_customer", table_name="contacts")
    op.drop_table("contacts")
    op.drop_index("ix_case_links_unit", table_name="case_links")
    op.drop_index("ix_case_links_plate", table_name="case_links")
    op.drop_table("case_links")
    op.drop_index("ix_assets_customer", table_name="assets")
    op.drop_table("assets")
    op.drop_table("name_tokens")
    op.drop_index("ix_imports_state", table_name="imports")
    op.drop_table("imports")
    op.drop_index("ix_customers_unit", table_name="customers")
    op.drop_index("ix_customers_name", table_name="customers")
    op.drop_index("ix_customers_household", table_name="customers")
    op.drop_table("customers")
    op.drop_table("asset_keys")
