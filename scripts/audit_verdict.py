"""What pip-audit's report means: prints `ok`, `red` (with each advisory on standard error) or `skipped`.

pip-audit calls a package sound that its source does not know; without a source that is every one of them. So nothing is
`ok` unless every package was looked up.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path


def main() -> None:
    try:
        packages = json.loads(Path(sys.argv[1]).read_text())["dependencies"]
    except (OSError, ValueError, KeyError):
        packages = []
    asked = [package for package in packages if "skip_reason" not in package]
    known = [(package, advisory) for package in asked for advisory in package["vulns"]]
    for package, advisory in known:
        print(f"  {package['name']} {package['version']}: {advisory['id']}", file=sys.stderr)
    print("red" if known else "ok" if asked and len(asked) == len(packages) else "skipped")


main()
