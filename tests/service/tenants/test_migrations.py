"""The migrations go up, down and up again, and make exactly what the models say."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect

from chassis import migrate
from tests.platform.fixtures import DATABASES, Databases


@pytest.mark.parametrize("kind", DATABASES)
def test_up_down_and_up_again_makes_what_the_models_say(kind: str, new_databases: Callable[[str], Databases]) -> None:
    databases = new_databases(kind)
    engine = create_engine(databases.migration_of("tenants"))
    models = migrate.metadata_of("tenants")
    migrate.migrate("tenants", databases.url, databases.migration_url)
    migrate.undo("tenants", databases.migration_url)
    assert not set(models.tables) & set(inspect(engine).get_table_names())
    migrate.migrate("tenants", databases.url, databases.migration_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": _is_ours})
        assert compare_metadata(context, models) == []
    engine.dispose()


def _is_ours(_thing: object, name: str, kind: str, reflected: bool, compared: object) -> bool:
    """Leave out the chassis's tables, which the service's models do not name."""
    return not (kind == "table" and reflected and compared is None)
