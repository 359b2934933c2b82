"""What the bench makes of its figures."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.load import wrk
from tests.load.report import ratio, table
from tests.load.scenarios.day import SHARES


def test_percentiles_are_values_that_occurred() -> None:
    assert wrk.percentiles(range(1, 101)) == {"p50": 51, "p95": 96, "p99": 100}
    assert wrk.percentiles([7.04]) == {"p50": 7.0, "p95": 7.0, "p99": 7.0}
    assert wrk.percentiles([]) == {}


def test_a_table_is_markdown() -> None:
    assert table(("", "a second"), [("get", 1234.5), ("n", 20_000)]) == (
        "|  | a second |\n| --- | --- |\n| get | 1,234 |\n| n | 20,000 |\n"
    )


def test_nothing_is_no_ratio() -> None:
    assert (ratio(3, 2), ratio(3, 0)) == (1.5, 0.0)


def test_the_day_is_seventy_reads_twenty_actions_and_ten_creates() -> None:
    reads = sum(SHARES[kind] for kind in ("get", "list", "search", "history"))
    assert (reads, SHARES["note"] + SHARES["amend"], SHARES["create"]) == (70, 20, 10)


def test_without_wrk_it_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RuntimeError, match="apt-get install wrk"):
        wrk.run("http://127.0.0.1:9", [wrk.Request("GET", "/", "key")], 1, tmp_path, "none")
