"""CEL texts, compiled once and worked out over a case's variables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from contracts.policies.cel_engine import cel

_BARE_FIELD = re.compile(r"\Afields\.(\w+)\Z")


class PolicyFaultError(RuntimeError):
    """An expression of an active policy failed at run time: a mistake the checks should have found."""


class Scope:
    """The variables of one moment of a case, made ready for many expressions."""

    __slots__ = ("_context", "given", "variables")

    def __init__(self, variables: Mapping[str, Any], given: frozenset[str] = frozenset()) -> None:
        self.variables = variables
        self.given = given
        """Names of the action's fields that were really given."""
        self._context = cel.Context(dict(variables))

    def value(self, program: Any) -> Any:
        return program.execute(self._context)

    def at(self, item: Any) -> Scope:
        """The same moment, looking at one item of a list: `each`."""
        return Scope({**self.variables, "each": item}, self.given)


class Expression:
    """One condition or expression of a policy."""

    __slots__ = ("_field", "_program", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._program = cel.compile(text)
        bare = _BARE_FIELD.match(text)
        self._field = bare.group(1) if bare else None

    @property
    def field(self) -> str | None:
        """The action's field this expression hands on unchanged, or None."""
        return self._field

    def __call__(self, scope: Scope) -> Any:
        try:
            return scope.value(self._program)
        except Exception as error:
            raise PolicyFaultError(f"`{self.text}`: {error}") from error

    def holds(self, scope: Scope) -> bool:
        return bool(self(scope))

    def silent(self, scope: Scope) -> bool:
        """Whether it only hands on a field that was not given: then nothing is to be changed by it."""
        return self._field is not None and self._field not in scope.given

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"


def maybe(text: str | None) -> Expression | None:
    """The expression, or None for an absent one."""
    return None if text is None else Expression(text)


def holds(condition: Expression | None, scope: Scope) -> bool:
    """An absent condition always holds."""
    return condition is None or condition.holds(scope)
