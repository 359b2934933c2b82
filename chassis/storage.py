"""Where attachments are kept: one port, a local folder by default. Content is addressed by its SHA-256, per tenant."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Protocol
from uuid import UUID

from chassis import clock


class Storage(Protocol):
    """A place for files. Implementations are safe to call again with the same content."""

    def put(self, tenant_id: UUID, content: bytes) -> str:
        """Keep `content`; returns its key, the SHA-256 in hex. Durable when it returns."""
        ...

    def get(self, tenant_id: UUID, key: str) -> bytes:
        """The content; KeyError when this tenant has none under that key."""
        ...

    @property
    def workshop(self) -> Path:
        """A local folder for files that are to be taken."""
        ...

    def take(self, tenant_id: UUID, file: Path) -> str:
        """Keep a file's content without reading it whole, and take the file away; its key."""
        ...

    def delete(self, tenant_id: UUID, key: str) -> None:
        """Keep the content no longer. Nothing happens when there is none."""
        ...

    def discard(self, tenant_id: UUID, key: str) -> bool:
        """Keep no longer what no row names any more. False, and it is kept, when the same content was put moments ago:
        a transaction that names it may not have committed yet. Look for such a row again, later."""
        ...

    def stale(self, tenant_id: UUID, before: datetime) -> Iterator[str]:
        """Keys of what was last put before that moment. What a process that died left half done is cleared away."""
        ...


_KEY = re.compile(r"[0-9a-f]{64}")
MOMENTS = 60.0
"""Seconds within which a transaction that put a file has committed, or never will."""


class FolderStorage:
    """Files under `root/<tenant>/<first two digits>/<sha256>`."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, tenant_id: UUID, content: bytes) -> str:
        key = hashlib.sha256(content).hexdigest()
        path = self._path(tenant_id, key)
        if _touched(path):
            return key
        path.parent.mkdir(parents=True, exist_ok=True)
        # Written aside and moved into place, so that a crash leaves no half file under a good name.
        with NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(file.name).replace(path)
        return key

    def get(self, tenant_id: UUID, key: str) -> bytes:
        try:
            return self._path(tenant_id, key).read_bytes()
        except FileNotFoundError:
            raise KeyError(key) from None

    @property
    def workshop(self) -> Path:
        folder = self._root / "making"  # on the same file system: taking a file is renaming it
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def take(self, tenant_id: UUID, file: Path) -> str:
        with file.open("rb") as content:
            key = hashlib.file_digest(content, "sha256").hexdigest()
            os.fsync(content.fileno())
        path = self._path(tenant_id, key)
        path.parent.mkdir(parents=True, exist_ok=True)
        file.replace(path)
        return key

    def delete(self, tenant_id: UUID, key: str) -> None:
        self._path(tenant_id, key).unlink(missing_ok=True)

    def discard(self, tenant_id: UUID, key: str) -> bool:
        path = self._path(tenant_id, key)
        # Out of reach first, then looked at: whoever puts the same content from here on writes it anew.
        aside = path.with_suffix(".discarded")
        try:
            path.replace(aside)
        except FileNotFoundError:
            aside.unlink(missing_ok=True)  # whoever did this before us died here
            return True
        if clock.now().timestamp() - aside.stat().st_mtime < MOMENTS:
            aside.replace(path)
            return False
        aside.unlink()
        return True

    def stale(self, tenant_id: UUID, before: datetime) -> Iterator[str]:
        for path in (self._root / str(tenant_id)).glob("??/*"):
            if _put_at(path) >= before.timestamp():
                continue
            if _KEY.fullmatch(path.name):
                yield path.name
            else:
                path.unlink(missing_ok=True)

    def _path(self, tenant_id: UUID, key: str) -> Path:
        if len(key) != 64 or not key.isalnum():
            raise KeyError(key)
        return self._root / str(tenant_id) / key[:2] / key


def _put_at(path: Path) -> float:
    """When the file was last put; now, when it went meanwhile."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return float("inf")


def _touched(path: Path) -> bool:
    """Whether the file is there; then it says that it was wanted again."""
    try:
        os.utime(path)
    except FileNotFoundError:
        return False
    return True
