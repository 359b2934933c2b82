"""The field kinds all contracts share, strict by default: unknown fields, control characters and fractions of a fen are
refused with a text that says what to send instead."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any, NamedTuple

from marshmallow import RAISE, Schema, ValidationError, fields, validate

MAX_FEN = 10**15
"""Ten trillion yuan: far beyond any claim, well inside 64 bits."""


class Money(NamedTuple):
    """An amount in the currency's minor unit (fen for CNY). Never a float."""

    amount: int
    currency: str = "CNY"


class Body(Schema):
    """Base of every schema: unknown fields are refused by name."""

    class Meta:
        unknown = RAISE


class Reply(Schema):
    """Base of every reply and event payload: extra keys of the source object are left out, unknown ones are ignored on
    load, so that a producer may add fields."""

    class Meta:
        unknown = "exclude"


def _no_control(value: str) -> None:
    for character in value:
        if unicodedata.category(character) in {"Cc", "Cs"} and character not in "\n\t\r":
            raise ValidationError("has a control character or broken text; remove it")


class Text(fields.String):
    """Free text of at most `max` characters; line breaks allowed. `min=1` by default when required: surrounding blanks
    are stripped and what is then empty counts as missing."""

    def __init__(self, *, max: int = 4000, min: int | None = None, **kwargs: Any) -> None:
        if min is None:
            min = 1 if kwargs.get("required") else 0
        checks: list[Callable[[Any], Any]] = [validate.Length(min=min, max=max), _no_control]
        super().__init__(validate=[*checks, *_listed(kwargs.pop("validate", None))], **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        return super()._deserialize(value, attr, data, **kwargs).strip()


class Line(Text):
    """One line of text, at most `max` characters, no line breaks."""

    def __init__(self, *, max: int = 200, **kwargs: Any) -> None:
        super().__init__(max=max, validate=[_one_line, *_listed(kwargs.pop("validate", None))], **kwargs)


def _one_line(value: str) -> None:
    if any(c in value for c in "\r\n\t"):
        raise ValidationError("must be one line; remove line breaks and tabs")


def _listed(value: Any) -> list[Callable[[Any], Any]]:
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple)) else [value]


class Slug(fields.String):
    """A name in the code's language: lower-case letters, digits, `_`, `-`, `.`; at most 64."""

    def __init__(self, **kwargs: Any) -> None:
        check = validate.Regexp(r"\A[a-z0-9][a-z0-9_.-]{0,63}\Z", error="use 1-64 of a-z, 0-9, `_`, `-`, `.`")
        super().__init__(validate=check, **kwargs)


class PackName(fields.String):
    """A pack's name: a `Slug`, or two joined by `/` for a variant or addition: `property/appeals`."""

    def __init__(self, **kwargs: Any) -> None:
        part = r"[a-z0-9][a-z0-9_.-]{0,63}"
        check = validate.Regexp(
            rf"\A{part}(/{part})?\Z", error="use 1-64 of a-z, 0-9, `_`, `-`, `.`, or two such with `/` between"
        )
        super().__init__(validate=check, **kwargs)


class Id(fields.UUID):
    """A UUID."""

    default_error_messages = {"invalid_uuid": "must be a UUID such as 0199e1a0-3c1e-7bb2-9f0e-2d6a4f3e9c11"}


class IdOrMe(Id):
    """The id of a staff member, or `me`: whoever calls."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"metadata": {"description": "An id, or `me`.", "format": "uuid-or-me"}, **kwargs})

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        return value if value == "me" else super()._deserialize(value, attr, data, **kwargs)


class Moment(fields.AwareDateTime):
    """A moment with its zone, RFC 3339: `2026-11-22T09:00:00+08:00`. Answered in UTC."""

    default_error_messages = {
        "invalid": "must be a moment with zone that exists, such as 2026-11-22T09:00:00+08:00",
        "invalid_awareness": "must carry a zone, such as 2026-11-22T09:00:00+08:00",
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="iso", **kwargs)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        if isinstance(value, datetime):
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        return value


class Whole(fields.Integer):
    """A whole number, given as a JSON number (no fraction, no text, no boolean)."""

    def __init__(self, *, min: int = 0, max: int = 2**31 - 1, **kwargs: Any) -> None:
        super().__init__(strict=True, validate=validate.Range(min=min, max=max), **kwargs)

    def _validated(self, value: Any) -> Any:
        if isinstance(value, (bool, str)):
            raise self.make_error("invalid", input=value)
        return super()._validated(value)


class Flag(fields.Boolean):
    """true or false; nothing else counts as one in a body."""

    truthy = {True, "true", "1"}
    falsy = {False, "false", "0"}


class _MoneySchema(Body):
    amount = Whole(required=True, min=-MAX_FEN, max=MAX_FEN, metadata={"description": "In fen, whole."})
    currency = fields.String(load_default="CNY", validate=validate.OneOf(["CNY"], error="only CNY is kept"))


class MoneyField(fields.Field[Money]):
    """`{"amount": 12345, "currency": "CNY"}`, in fen; loads to `Money`. `minimum` in fen."""

    def __init__(self, *, minimum: int = 0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.minimum = minimum
        self.schema = _MoneySchema()

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        if value is None:
            return None
        if isinstance(value, Mapping):
            return dict(value)
        return {"amount": value[0], "currency": value[1]}

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if not isinstance(value, Mapping):
            raise ValidationError('must be {"amount": <whole fen>, "currency": "CNY"}')
        loaded = self.schema.load(value)
        if loaded["amount"] < self.minimum:
            raise ValidationError({"amount": [f"must be at least {self.minimum} fen"]})
        return Money(loaded["amount"], loaded["currency"])


class Labels(fields.Dict):
    """A text per language: `{"zh-CN": "...", "en": "..."}`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(keys=fields.String(validate=validate.OneOf(["zh-CN", "en"])), values=Line(max=200), **kwargs)


class Download(Reply):
    """A file as a service answers it; the gateway makes a file of it again."""

    filename = fields.String(required=True)
    media_type = fields.String(required=True)
    content = fields.String(required=True, metadata={"description": "base64"})


class PageQuery(Body):
    """Query of every list: keyset cursor and page size."""

    limit = fields.Integer(load_default=20, validate=validate.Range(1, 100, error="must be 1 to 100"))
    cursor = fields.String(
        validate=validate.Length(max=500), metadata={"description": "`next_cursor` of the page before."}
    )


@cache
def page_of(item: type[Schema]) -> type[Schema]:
    """The reply schema of a list: `items` and `next_cursor` (null on the last page)."""
    page = Reply.from_dict(
        {"items": fields.List(fields.Nested(item), required=True), "next_cursor": fields.String(allow_none=True)},
        name=item.__name__ + "Page",
    )
    page.__module__ = item.__module__  # so that two services' pages of one name stay apart in the published schemas
    return page
