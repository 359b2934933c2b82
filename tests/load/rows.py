"""Which rows one case leaves in the complaints database: `floor` writes them again, `seeding` multiplies them."""

from __future__ import annotations

from typing import Any

CASE_COLUMN = {
    "complaints": "id",
    "history": "complaint_id",
    "case_tokens": "complaint_id",
    "deadlines": "subject_id",
    "audit": "subject_id",
}
"""Tables with rows of a case, the case itself first, and the column that says of which."""


def columns_of(cursor: Any, table: str) -> list[str]:
    """The table's columns in order, without those the database fills in."""
    cursor.execute(
        "SELECT column_name FROM information_schema.columns "
        "WHERE table_schema = 'public' AND table_name = %s AND is_generated = 'NEVER' ORDER BY ordinal_position",
        (table,),
    )
    return [name for (name,) in cursor.fetchall()]
