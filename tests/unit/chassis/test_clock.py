"""The movable clock."""

import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from chassis import clock


@pytest.fixture(autouse=True)
def _right_again() -> Iterator[None]:
    yield
    clock.set_offset(0)
    clock.follow(None)


def real() -> datetime:
    return datetime.fromtimestamp(time.time(), UTC)


def follows(expected: timedelta) -> bool:
    """Whether the clock is `expected` ahead within the time it may take to notice."""
    limit = time.monotonic() + 2
    while time.monotonic() < limit:
        if abs(clock.now() - real() - expected) < timedelta(seconds=1):
            return True
    return False


def test_now_is_aware_and_right() -> None:
    assert clock.now().tzinfo is UTC
    assert abs(clock.now() - real()) < timedelta(seconds=1)


def test_offset_moves_now() -> None:
    clock.set_offset(timedelta(days=3))
    assert follows(timedelta(days=3))
    clock.set_offset(-60)
    assert follows(timedelta(seconds=-60))


def test_freeze_stands_and_nests() -> None:
    first, second = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    with clock.freeze(first):
        with clock.freeze(second):
            assert clock.now() == second
        assert clock.now() == first
    assert clock.now() != first


def test_freeze_refuses_a_moment_without_zone() -> None:
    with pytest.raises(ValueError, match="aware"), clock.freeze(datetime(2026, 1, 1)):  # noqa: DTZ001
        pass


def test_today_is_the_zones_date() -> None:
    with clock.freeze(datetime(2026, 1, 1, 20, tzinfo=UTC)):
        assert clock.today(ZoneInfo("Asia/Shanghai")).isoformat() == "2026-01-02"


def test_file_is_followed(tmp_path: Path) -> None:
    path = tmp_path / "clock"
    clock.follow(path)
    assert follows(timedelta(0)), "no file yet: no offset"
    for offset in (86_400, -5, 0):
        clock.write_offset(path, offset)
        assert follows(timedelta(seconds=offset))
    clock.write_offset(path, 9)
    assert follows(timedelta(seconds=9))
    path.unlink()
    assert follows(timedelta(0))


def test_file_without_a_number_is_told(tmp_path: Path) -> None:
    path = tmp_path / "clock"
    path.write_text("tomorrow")
    clock.follow(path)
    with pytest.raises(ValueError, match="must hold an offset in seconds, not 'tomorrow'"):
        clock.now()


def test_another_process_follows_the_file_its_environment_names(tmp_path: Path) -> None:
    path = tmp_path / "clock"
    clock.write_offset(path, 1_000_000)
    program = "from chassis import clock; print(clock.now().timestamp())"
    shown = subprocess.run(
        [sys.executable, "-c", program], env={"KEFU_CLOCK_FILE": str(path)}, capture_output=True, text=True, check=True
    )
    assert abs(float(shown.stdout) - time.time() - 1_000_000) < 30
