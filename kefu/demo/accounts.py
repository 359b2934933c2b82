"""What opens the demonstration companies: kept beside the platform, readable for its user only."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Account:
    """A company's administrator's key, and the one password of its demonstration staff."""

    admin_key: str
    password: str


class AccountsFile:
    """Accounts by company code in a JSON file; no file is no accounts."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def get(self, code: str) -> Account | None:
        found = self._read().get(code)
        return Account(**found) if found else None

    def keep(self, code: str, account: Account) -> None:
        content = {**self._read(), code: asdict(account)}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.touch(mode=0o600)
        self.path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")

    def _read(self) -> dict[str, dict[str, str]]:
        if not self.path.exists():
            return {}
        content: dict[str, dict[str, str]] = json.loads(self.path.read_text(encoding="utf-8"))
        return content
