"""A table that is too long for memory, on its way to the press: a file of one JSON line a row, the head first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import orjson

from chassis.press.sheets import Cell, tagged


class Spool:
    """The file being written; a new one each time.

    with Spool(path, title="投诉", header=("编号",), widths=(20,)) as spool:
        spool.add([("KS-1",)])
    """

    def __init__(
        self, path: Path, *, title: str, header: Sequence[str], widths: Sequence[float], preface: Sequence[str] = ()
    ) -> None:
        """`widths`: of all columns, in characters; nothing can be measured before it is all there."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("wb")
        self._write({"title": title, "header": list(header), "widths": list(widths), "preface": list(preface)})

    def add(self, rows: Iterable[Sequence[Cell]]) -> None:
        """Further rows."""
        for row in rows:
            self._write([tagged(cell) for cell in row])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._file.close()

    def _write(self, line: object) -> None:
        self._file.write(orjson.dumps(line) + b"\n")
