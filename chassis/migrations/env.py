"""Alembic's environment for every tree: the connection, metadata and version table come from `chassis.migrate`."""

from __future__ import annotations

from typing import Any

from alembic import context
from sqlalchemy import JSON

from chassis.db import UtcDateTime


def _render(kind: str, item: Any, autogen: Any) -> str | bool:
    """Our own column types by our own names."""
    if kind != "type" or not isinstance(item, UtcDateTime | JSON):
        return False
    autogen.imports.add("\nfrom chassis import db")
    return "db.UtcDateTime()" if isinstance(item, UtcDateTime) else "db.JsonDict"


def _include(_object: Any, _name: str | None, kind: str, reflected: bool, compare_to: Any) -> bool:
    """Not the tables of the other tree in the same database."""
    return not (kind == "table" and reflected and compare_to is None)


_attributes = context.config.attributes
context.configure(
    connection=_attributes["connection"],
    target_metadata=_attributes.get("metadata"),
    version_table=_attributes["version_table"],
    render_item=_render,
    include_object=_include,
    transaction_per_migration=True,  # what is done stays done when the next one finds its table in use
)
with context.begin_transaction():
    context.run_migrations()
