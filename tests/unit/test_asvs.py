"""docs/security/asvs.md is whole and names nothing that is not there."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security" / "asvs.md").read_text()
ROW = re.compile(r"^\| (\d+\.\d+\.\d+) \| ([12]) \| (.+?) \| (\S+) \| (.+) \|$", re.MULTILINE)
ROWS = ROW.findall(PAGE)
STANDS_BY = ("test", "design", "operator", "n/a", "open")
LEVELS = """
    1.1 22  1.2 1111122223  1.3 112222222223  1.4 222  1.5 123
    2.1 122  2.2 112  2.3 12223  2.4 23
    3.1 3  3.2 113  3.3 12223  3.4 11222233  3.5 11122333  3.6 3  3.7 22333
    4.1 12233  4.2 23333  4.3 22  4.4 1222
    5.1 2  5.2 112333  5.3 113  5.4 222
    6.1 122  6.2 111111112222  6.3 11223333  6.4 112233  6.5 22222333  6.6 2223  6.7 33  6.8 2222
    7.1 222  7.2 1111  7.3 22  7.4 11222  7.5 223  7.6 22
    8.1 1233  8.2 1123  8.3 133  8.4 23
    9.1 111  9.2 1222
    10.1 22  10.2 223  10.3 22223  10.4 1111122222233333  10.5 22222  10.6 22  10.7 222
    11.1 2233  11.2 22233  11.3 11233  11.4 1222  11.5 23  11.6 23  11.7 33
    12.1 12233  12.2 11  12.3 22223
    13.1 2333  13.2 222223  13.3 2233  13.4 1222233
    14.1 22  14.2 12223333  14.3 122
    15.1 12233  15.2 12233  15.3 1222222  15.4 3333
    16.1 2  16.2 22222  16.3 2222  16.4 222  16.5 2223
    17.1 23  17.2 22223333  17.3 22
"""
"""The levels of each section's requirements in their order, as ASVS 5.0.0 publishes them."""


def _asked() -> dict[str, str]:
    words = LEVELS.split()
    sections = zip(words[::2], words[1::2], strict=True)
    levels = {f"{section}.{n}": level for section, digits in sections for n, level in enumerate(digits, start=1)}
    assert len(levels) == 345
    return {number: level for number, level in levels.items() if level in "12"}


def test_every_requirement_of_levels_1_and_2_is_there_once() -> None:
    asked = _asked()
    assert Counter(asked.values()) == {"1": 70, "2": 183}
    assert [(number, level) for number, level, *_ in ROWS] == list(asked.items())


def test_every_row_says_what_it_stands_by() -> None:
    assert {stands_by for *_, stands_by, _ in ROWS} <= set(STANDS_BY)
    counted = Counter(stands_by for *_, stands_by, _ in ROWS)
    told = dict(re.findall(r"^\| (test|design|operator|n/a|open) \| .+ \| (\d+) \|$", PAGE, re.MULTILINE))
    assert {word: str(counted[word]) for word in STANDS_BY} == told


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_what_it_names_is_there(row: tuple[str, ...]) -> None:
    *_, stands_by, where = row
    paths = [name for name in re.findall(r"`([^`]+)`", where) if _is_path(name)]
    assert [path for path in paths if not (ROOT / path).exists()] == []
    assert stands_by != "test" or any(path.startswith("tests/") for path in paths)


def _is_path(name: str) -> bool:
    return "/" in name.strip("/") and not name.startswith("/") and " " not in name and "://" not in name
