"""Wordings with variables: `Dear {name}, your complaint {number} was received.`

Only names stand in braces: no attribute, no index, no format directive, nothing that runs. `{{` and `}}` are braces.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_PIECE = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")

MISSING = "—"
"""Stands where a message that must go out has no value for a variable."""


class WordingError(ValueError):
    """A wording that cannot be read; the text says where and what to write."""


def placeholders(wording: str) -> list[str]:
    """The names that stand in `wording`, in order, each once. WordingError for a stray brace or anything but a name."""
    names: dict[str, None] = {}
    for piece in _PIECE.finditer(wording):
        if piece[0] in {"{{", "}}"}:
            continue
        name, place = piece[1], f"has `{piece[0]}` at character {piece.start() + 1}"
        if name is None:
            raise WordingError(f"{place}; write `{piece[0] * 2}` for a brace")
        if not _NAME.fullmatch(name):
            raise WordingError(f"{place}; only a variable's name may stand in braces, as in `{{number}}`")
        names[name] = None
    return list(names)


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
