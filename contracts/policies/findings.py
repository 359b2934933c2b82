"""What is wrong with a policy document, said so that its writer can mend it: file, key, line, problem and remedy."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

KeyPath = tuple[str, ...]
"""Where a value stands: `("processes", "ordinary", "stages", "judge")`. Items of keyed lists go by their key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One mistake in a policy document."""

    key: str
    """Dotted path of the offending key."""
    problem: str
    remedy: str
    """What to write instead."""
    file: str = ""
    line: int | None = None
    """1-based; None when the document did not come from a text file."""

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line) if part)
        return f"{place or 'document'}: {self.key or '(top)'}: {self.problem}. {self.remedy}"

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


Locate = Callable[[KeyPath, str, str], Finding]
"""Makes a finding of a path, a problem and a remedy: knows file and line."""


class PolicyError(Exception):
    """A policy document that must not be used; `findings` says why."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__("\n".join(map(str, findings)))
        self.findings = list(findings)


def dotted(path: Iterable[object]) -> str:
    return ".".join(map(str, path))


def suggestion(wrong: str, known: Iterable[str]) -> str:
    """`Did you mean `x`?` when one is near, else the known names."""
    names = sorted(set(known))
    near = difflib.get_close_matches(wrong, names, n=1)
    if near:
        return f"Did you mean `{near[0]}`?"
    return f"Write one of: {', '.join(names)}." if names else "None is declared here yet: declare it first."
