"""What a long-running process keeps of memory it used for a moment."""

from __future__ import annotations

import subprocess
import sys

import pytest

_HASHING = """
import chassis.slim
from concurrent.futures import ThreadPoolExecutor
from argon2 import PasswordHasher

def resident():
    return int(next(line for line in open("/proc/self/status") if line.startswith("VmRSS")).split()[1]) / 1024

hasher = PasswordHasher(time_cost=1, memory_cost=19 * 1024, parallelism=1)
with ThreadPoolExecutor(4) as threads:
    list(threads.map(abs, range(8)))
    before = resident()
    list(threads.map(hasher.hash, ["a password"] * 16))
    print(resident() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc; glibc's habit")
def test_the_memory_of_passwords_hashes_is_given_back() -> None:
    done = subprocess.run([sys.executable, "-c", _HASHING], check=True, capture_output=True, text=True)
    assert float(done.stdout) < 10, "megabytes kept; one hash takes 19"
