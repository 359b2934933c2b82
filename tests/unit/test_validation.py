"""Faults of fields: code, dotted path and text in both languages."""

from __future__ import annotations

import pytest
from marshmallow import ValidationError, fields, validate

from contracts.fields import Body, Flag, Id, Labels, Line, Moment, MoneyField, Slug, Text, Whole
from contracts.validation import MAX_ERRORS, check, described, errors_of


class Part(Body):
    amount = MoneyField(required=True)


class Thing(Body):
    name = Line(max=5)
    text = Text(max=5)
    slug = Slug()
    id = Id()
    at = Moment()
    size = Whole(min=1, max=3)
    flag = Flag()
    labels = Labels()
    kind = fields.String(validate=validate.OneOf(["a", "b"]))
    parts = fields.List(fields.Nested(Part))
    day = fields.Date()
    mail = fields.Email()


@pytest.mark.parametrize(
    ("data", "field", "code", "english"),
    [
        ({"nmae": "x"}, "nmae", "unknown_field", "is not a field here; remove it or check its spelling"),
        ({"name": None}, "name", "null", "must not be null; leave it out or give a value"),
        ({"name": "abcdef"}, "name", "length", "must have 0 to 5"),
        ({"name": "a\nb"}, "name", "not_one_line", "must be one line; remove line breaks and tabs"),
        ({"name": 3}, "name", "not_text", "must be text"),
        ({"text": "a\x07"}, "text", "control_character", "has a control character or broken text; remove it"),
        ({"slug": "A B"}, "slug", "not_a_name", "use 1-64 of a-z, 0-9, `_`, `-`, `.`"),
        ({"id": "7"}, "id", "not_uuid", "must be a UUID such as 0199e1a0-3c1e-7bb2-9f0e-2d6a4f3e9c11"),
        ({"at": "2026-02-30T09:00:00Z"}, "at", "not_moment", None),
        ({"at": "2026-02-20T09:00:00"}, "at", "zone_missing", "must carry a zone, such as 2026-11-22T09:00:00+08:00"),
        ({"size": 1.5}, "size", "not_whole_number", "must be a whole number"),
        ({"size": 9}, "size", "out_of_range", "must be 1 to 3"),
        ({"flag": "maybe"}, "flag", "not_boolean", "must be true or false"),
        ({"labels": {"fr": "x"}}, "labels.fr.key", "not_a_choice", "must be one of: zh-CN, en"),
        ({"kind": "c"}, "kind", "not_a_choice", "must be one of: a, b"),
        ({"parts": [{"amount": {"amount": 1}}, {}]}, "parts.1.amount", "required", "is required"),
        ({"parts": [{"amount": 5}]}, "parts.0.amount", "not_money", None),
        ({"parts": [{"amount": {"amount": -1}}]}, "parts.0.amount.amount", "out_of_range", "must be at least 0 fen"),
        ({"parts": {}}, "parts", "not_list", "must be a list"),
        ({"parts": [7]}, "parts.0", "not_object", "must be an object"),
        ({"day": "2026-02-30"}, "day", "not_date", "must be a date that exists, such as 2026-11-22"),
        ({"mail": "nobody"}, "mail", "not_email", "must be an e-mail address"),
    ],
)
def test_a_fault_has_place_code_and_both_languages(data: object, field: str, code: str, english: str | None) -> None:
    (fault,) = check(Thing(), data, "en")  # type: ignore[arg-type]
    assert (fault["field"], fault["code"]) == (field, code)
    assert english in {None, fault["message"]}
    (chinese,) = check(Thing(), data, "zh-CN")  # type: ignore[arg-type]
    assert chinese["code"] == code
    assert re_chinese(chinese["message"])


def re_chinese(text: str) -> bool:
    return any("\u4e00" <= character <= "\u9fff" for character in text)


def test_good_data_has_no_faults() -> None:
    assert check(Thing(), {"name": "abc", "parts": [{"amount": {"amount": 3}}]}, "en") == []


def test_a_fault_of_the_whole_names_what_holds_it() -> None:
    error = ValidationError({"_schema": ["needs dedupe_key or subject_id"], "part": {"_schema": ["spans overlap"]}})
    assert [fault["field"] for fault in errors_of(error, "en")] == ["", "part"]


def test_an_unknown_sentence_passes_as_it_is() -> None:
    assert described("must be blue", "zh-CN") == {"code": "invalid", "message": "must be blue"}


def test_not_more_faults_than_anybody_mends_at_once() -> None:
    assert len(check(Thing(), {f"x{n}": 1 for n in range(500)}, "en")) == MAX_ERRORS
