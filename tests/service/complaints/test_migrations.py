"""The migrations go up, down and up again, whatever else the models say."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import create_engine, inspect

from chassis import migrate
from tests.platform.fixtures import DATABASES, Databases


@pytest.mark.parametrize("kind", DATABASES)
def test_up_down_and_up_again_makes_every_table(kind: str, new_databases: Callable[[str], Databases]) -> None:
    databases, models = new_databases(kind), migrate.metadata_of("complaints")
    engine = create_engine(databases.migration_of("complaints"))
    migrate.migrate("complaints", databases.url, databases.migration_url)
    migrate.undo("complaints", databases.migration_url)
    assert not set(models.tables) & set(inspect(engine).get_table_names())
    migrate.migrate("complaints", databases.url, databases.migration_url)
    for name, table in models.tables.items():
        found = {column["name"] for column in inspect(engine).get_columns(name)}
        assert found == {column.name for column in table.columns}, name
    engine.dispose()
