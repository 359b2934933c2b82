"""Settings come from the environment only, are declared once, and are checked whole before a process does anything.

    @settings
    class ServiceSettings(BrokerSettings):
        database_url: str = setting("KEFU_DATABASE_URL", text="...", example="postgresql://...", secret=True)

    config = ServiceSettings.load()     # SettingsError names every mistake at once

A value may also come from a file: `KEFU_AMQP_URI_FILE=/run/secrets/amqp` (Docker and Kubernetes secrets). An empty
variable counts as not set. Secrets never show in `repr`, in errors or in `describe`.
"""

from __future__ import annotations

import dataclasses
import os
import re
import typing
from collections.abc import Callable, Mapping
from pathlib import Path
from types import NoneType
from typing import Any, ClassVar, NamedTuple, Self, TypeVar, dataclass_transform

from environs import EnvValidationError, FileAwareEnv

_S = TypeVar("_S")
_META = "kefu.setting"
_READERS: dict[type, str] = {str: "str", int: "int", float: "float", bool: "bool", Path: "path", tuple: "list"}
_KINDS = {str: "text", int: "a whole number", float: "a number", bool: "true or false", Path: "a path", tuple: "a,b,c"}
_PASSWORD = re.compile(r"(://[^:/@]*):.*@")


class SettingsError(Exception):
    """The environment does not make a working process; the text lists every mistake and what to write."""


class SettingInfo(NamedTuple):
    """One setting as the documentation shows it. `default` is None when the variable must be set."""

    name: str
    kind: str
    default: str | None
    text: str
    example: str
    secret: bool


@dataclasses.dataclass(frozen=True, slots=True)
class _Declared:
    name: str
    text: str
    example: str
    secret: bool
    check: Callable[[Any], None] | None


def setting(
    name: str,
    *,
    text: str,
    default: Any = dataclasses.MISSING,
    example: str = "",
    secret: bool = False,
    check: Callable[[Any], None] | None = None,
) -> Any:
    """Declare the environment variable `name`; its type is the field's annotation. Without `default` it must be set;
    `text` says in one sentence what it is for, `example` shows a value. `check` gets the
    parsed value and raises ValueError with a text that says what is wanted."""
    return dataclasses.field(default=default, metadata={_META: _Declared(name, text, example, secret, check)})


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(setting,))
def settings(cls: type[_S]) -> type[_S]:
    """Class decorator: a frozen class of settings."""
    return dataclasses.dataclass(frozen=True, kw_only=True, repr=False)(cls)


class Settings:
    """Base of every class of settings."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @classmethod
    def load(cls) -> Self:
        """The settings as the environment has them; SettingsError with all mistakes."""
        values: dict[str, Any] = {}
        mistakes: list[str] = []
        for field, declared, kind in _fields(cls):
            try:
                values[field.name] = _read(field, declared, kind)
            except ValueError as error:
                mistakes.append(_mistake(declared, str(error)))
        if mistakes:
            raise SettingsError("Mend these settings and start again:\n" + "\n".join(mistakes))
        return cls(**values)

    @classmethod
    def describe(cls) -> list[SettingInfo]:
        """Every setting in the order of declaration, for the documentation and `kefu settings`."""
        return [_describe(*declared) for declared in _fields(cls)]

    def __repr__(self) -> str:
        shown = (f"{f.name}={_shown(d, getattr(self, f.name))!r}" for f, d, _ in _fields(type(self)))
        return f"{type(self).__name__}({', '.join(shown)})"


def _fields(cls: type[Settings]) -> list[tuple[dataclasses.Field[Any], _Declared, type]]:
    hints = typing.get_type_hints(cls)
    declared = (f for f in dataclasses.fields(typing.cast("Any", cls)) if _META in f.metadata)
    return [(f, f.metadata[_META], _plain(hints[f.name])) for f in declared]


def _plain(annotation: Any) -> type:
    """`Path | None` -> Path, `tuple[str, ...]` -> tuple, `int` -> int."""
    arguments = [a for a in typing.get_args(annotation) if a is not NoneType]
    if NoneType in typing.get_args(annotation):
        annotation = arguments[0]
    plain: type = typing.get_origin(annotation) or annotation
    return plain


def _read(field: dataclasses.Field[Any], declared: _Declared, kind: type) -> Any:
    """The field's value; ValueError says what is wrong with the variable."""
    if not _is_set(declared.name, os.environ):
        if field.default is dataclasses.MISSING:
            raise ValueError("is not set")
        return field.default
    env = FileAwareEnv(eager=False, strip_whitespace=True)
    value = getattr(env, _READERS[kind])(declared.name)
    _raise_first(env, declared)
    if kind is tuple:
        value = tuple(item.strip() for item in value if item.strip())
    if declared.check:
        declared.check(value)
    return value


def _is_set(name: str, environ: Mapping[str, str]) -> bool:
    return bool(environ.get(name, "").strip() or environ.get(f"{name}_FILE", "").strip())


def _raise_first(env: FileAwareEnv, declared: _Declared) -> None:
    try:
        env.seal()
    except EnvValidationError as error:
        got = "" if declared.secret else f", got {os.environ.get(declared.name)!r}"
        reason = str(error.error_messages[declared.name][0]).rstrip(".").lower()  # type: ignore[call-overload]
        raise ValueError(f"{reason}{got}") from None


def _mistake(declared: _Declared, reason: str) -> str:
    example = f" Example: {declared.name}={declared.example}" if declared.example else ""
    return f"  {declared.name}: {reason}. {declared.text}{example}"


def _describe(field: dataclasses.Field[Any], declared: _Declared, kind: type) -> SettingInfo:
    default = None if field.default is dataclasses.MISSING else _text(field.default)
    return SettingInfo(declared.name, _KINDS[kind], default, declared.text, declared.example, declared.secret)


def _text(default: Any) -> str:
    if default is None:
        return ""
    return ",".join(default) if isinstance(default, tuple) else str(default)


def _shown(declared: _Declared, value: Any) -> Any:
    if not declared.secret or not value:
        return value
    return without_password(value) if "://" in str(value) else "***"


def without_password(uri: str) -> str:
    """The address with its password hidden and its parameters left out, fit for a log line."""
    return _PASSWORD.sub(r"\1:***@", uri.partition("?")[0])


def one_of(*choices: str) -> Callable[[str], None]:
    """A check: the value is one of `choices`."""

    def check(value: str) -> None:
        if value not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}, got {value!r}")

    return check


def between(low: float, high: float) -> Callable[[float], None]:
    """A check: `low` ≤ value ≤ `high`."""

    def check(value: float) -> None:
        if not low <= value <= high:
            raise ValueError(f"must be from {low} to {high}, got {value}")

    return check
