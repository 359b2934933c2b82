"""`python -m contracts.golden [--allow-narrowing]`: write the golden files from the code."""

from __future__ import annotations

import sys

from contracts.golden import described, store, stored
from contracts.golden.compare import narrowings
from contracts.registry import CONTRACTS


def main(arguments: list[str]) -> int:
    """0 when written, 1 when a narrowing change was refused (nothing is written then)."""
    fresh = {name: described(contract) for name, contract in CONTRACTS.items()}
    narrowed = [line for name in fresh for line in narrowings(name, stored(name), fresh[name])]
    if narrowed and "--allow-narrowing" not in arguments:
        sys.stderr.write("\n  ".join(["These changes take something away from those who use it:", *narrowed, ""]))
        return 1
    for name, content in fresh.items():
        store(name, content)
    sys.stdout.write(f"wrote {', '.join(fresh)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
