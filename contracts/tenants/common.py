"""Names and field kinds that several parts of the tenants contract share."""

from __future__ import annotations

import re
import unicodedata
import zoneinfo
from typing import Any

from marshmallow import ValidationError, fields, validate

from contracts.core import Operation
from contracts.problems import LOCALES

TENANTS = "tenants"
MAX_DEPTH = 20

OPTIONAL_SERVICES = (
    "customers",
    "complaints",
    "repairs",
    "followups",
    "loyalty",
    "performance",
    "registers",
    "notifications",
)
"""What a tenant may enable or leave out (PL-2). The tenants service itself always works."""

PERMISSIONS = {
    "tenants.read": "See org units, staff, roles, the calendar and the policy",
    "tenants.admin": "Change org units and roles, give any role",
    "tenants.staff": "Take on staff, change them, let them go, set their passwords",
    "tenants.keys": "Make and revoke API keys",
    "tenants.calendar": "Change working days and hours",
    "tenants.policy": "Draft and activate policy",
}

_PERMISSION = re.compile(r"(\*|[a-z][a-z0-9_]*\.(\*|[a-z][a-z0-9_]*))\Z")
_RATE = re.compile(r"[1-9][0-9]{0,6}/(second|minute|hour|day)\Z")


def operation(name: str, summary: str, **rest: Any) -> Operation:
    """An operation of this service; it works whatever the tenant enabled."""
    return Operation(service=TENANTS, name=name, summary=summary, always_enabled=True, **rest)


class Locale(fields.String):
    """A language the platform speaks."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(validate=validate.OneOf(LOCALES, error="must be one of {choices}"), **kwargs)


class Timezone(fields.String):
    """A zone of the IANA database: `Asia/Shanghai`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(validate=_is_timezone, **kwargs)


def _is_timezone(value: str) -> None:
    if value not in zoneinfo.available_timezones():
        raise ValidationError("must be a time zone name such as Asia/Shanghai")


class ServiceName(fields.String):
    """A service a tenant can enable."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(validate=validate.OneOf(OPTIONAL_SERVICES, error="must be one of {choices}"), **kwargs)


class PermissionPattern(fields.String):
    """`complaints.read`, `complaints.*` or `*`."""

    def __init__(self, **kwargs: Any) -> None:
        error = "must be <service>.<verb>, <service>.* or *"
        super().__init__(validate=[validate.Length(max=100), validate.Regexp(_PERMISSION, error=error)], **kwargs)


class Rate(fields.String):
    """How many requests in which period: `600/minute`."""

    def __init__(self, **kwargs: Any) -> None:
        error = "must be <number>/second, /minute, /hour or /day, such as 600/minute"
        super().__init__(validate=validate.Regexp(_RATE, error=error), **kwargs)


class Password(fields.String):
    """A password: 10 to 200 characters of any kind, kept as typed."""

    def __init__(self, **kwargs: Any) -> None:
        error = "must have 10 to 200 characters"
        super().__init__(validate=validate.Length(min=10, max=200, error=error), load_only=True, **kwargs)


class JsonObject(fields.Dict):
    """A JSON object that any store keeps as it is: text keys, no control characters, at most 20 levels."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(keys=fields.String(), validate=check_storable, **kwargs)


def check_storable(value: Any, path: tuple[str, ...] = ()) -> None:
    """ValidationError for JSON data that a store would not keep as it is."""
    if len(path) > MAX_DEPTH:
        raise ValidationError(f"has more than {MAX_DEPTH} levels")
    if isinstance(value, dict):
        for key, item in value.items():
            check_storable(key, path)
            check_storable(item, (*path, str(key)))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            check_storable(item, (*path, str(index)))
    elif isinstance(value, str) and any(unicodedata.category(c) in {"Cc", "Cs"} and c not in "\n\t\r" for c in value):
        raise ValidationError(f"{'.'.join(path) or 'a key'} has a control character or broken text; remove it")


def distinct(values: list[Any]) -> None:
    """Refuses a list that names something twice."""
    if len(set(values)) != len(values):
        raise ValidationError("names something twice; list each once")
