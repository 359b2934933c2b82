"""Customers by the file: CSV and XLSX, dry run, row errors (PL-14)."""

from __future__ import annotations

from marshmallow import fields

from contracts.customers.common import IMPORT_KINDS, IMPORT_MODES, IMPORT_STATES, one_of
from contracts.fields import Body, Id, Moment, Reply


class ImportQuery(Body):
    """What the file holds and what to do with it."""

    kind = one_of(IMPORT_KINDS, required=True)
    mode = one_of(
        IMPORT_MODES,
        load_default="dry_run",
        metadata={
            "description": "dry_run stores nothing; all_or_nothing stores all rows or none; good_rows skips bad ones."
        },
    )


class RowError(Reply):
    """One unacceptable cell, or row when `column` is empty."""

    row = fields.Integer(required=True, metadata={"description": "Line of the sheet, the header being 1."})
    column = fields.String(required=True, metadata={"description": "As the file's header writes it."})
    code = fields.String(required=True)
    message = fields.String(required=True, metadata={"description": "In the language of who reads it."})


class Import(Reply):
    """An import and how far it is; `errors` holds the first hundred, the rest are at …/errors."""

    id = Id(required=True)
    kind = one_of(IMPORT_KINDS, required=True)
    mode = one_of(IMPORT_MODES, required=True)
    filename = fields.String(required=True)
    sha256 = fields.String(required=True)
    state = one_of(IMPORT_STATES, required=True)
    rows_total = fields.Integer(required=True)
    rows_done = fields.Integer(required=True)
    rows_created = fields.Integer(required=True)
    rows_updated = fields.Integer(required=True)
    rows_unchanged = fields.Integer(required=True)
    rows_bad = fields.Integer(required=True)
    errors = fields.List(fields.Nested(RowError), required=True)
    created_at = Moment(required=True)
    finished_at = Moment(allow_none=True)
