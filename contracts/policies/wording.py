"""Wordings with variables: `Dear {name}, your complaint {number} was received.`

Only names stand in braces: no attribute, no index, no format directive, nothing that runs. `{{` and `}}` are braces.
What stands between `[[` and `]]` is left out when a variable in it has no value: `[[ Follow it here: {status_url}]]`.
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping

_PIECE = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_OPTIONAL = re.compile(r"\[\[(.*?)\]\]", re.DOTALL)

MISSING = "—"
"""Stands where a message that must go out has no value for a variable."""


class WordingError(ValueError):
    """A wording that cannot be read: `piece` at character `position` (from 1) is not a variable's name in braces."""

    def __init__(self, piece: str, position: int) -> None:
        super().__init__(
            f"has `{piece}` at character {position}; only a variable's name stands in braces, `{{{{` is one"
        )
        self.piece = piece
        self.position = position


def placeholders(wording: str) -> list[str]:
    """The names that stand in `wording`, in order, each once. WordingError for a stray brace or anything but a name."""
    names: dict[str, None] = {}
    for piece in _PIECE.finditer(wording):
        if piece[0] in {"{{", "}}"}:
            continue
        name = piece[1]
        if name is None or not _NAME.fullmatch(name):
            raise WordingError(piece[0], piece.start() + 1)
        names[name] = None
    return list(names)


def settled(wording: str, given: Container[str]) -> str:
    """`wording` without its optional parts that need a variable which is not `given`, and without the brackets of the
    others. Values are put in afterwards, so brackets in them mean nothing."""

    def keep(part: re.Match[str]) -> str:
        names = [piece[1] for piece in _PIECE.finditer(part[1]) if piece[1] is not None]
        return part[1] if all(name in given for name in names) else ""

    return _OPTIONAL.sub(keep, wording)


def fill(wording: str, values: Mapping[str, str]) -> str:
    """`wording` with each name replaced by its value; a name without one shows as `MISSING`.

    A value is put in as it is: braces in it stay braces. What `placeholders` would refuse is left as written: a message
    that must go out goes out.
    """

    def put(piece: re.Match[str]) -> str:
        if piece[0] in {"{{", "}}"}:
            return piece[0][0]
        name = piece[1]
        return piece[0] if name is None or not _NAME.fullmatch(name) else values.get(name, MISSING)

    return _PIECE.sub(put, wording)
