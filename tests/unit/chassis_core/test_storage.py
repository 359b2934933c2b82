"""Where attachments are kept: content by its hash, a company's own."""

from __future__ import annotations

import hashlib
from pathlib import Path
from uuid import uuid4

import pytest

from chassis.storage import FolderStorage


def test_content_comes_back_under_its_hash_and_is_kept_once(tmp_path: Path) -> None:
    storage, tenant = FolderStorage(tmp_path), uuid4()
    keys = {storage.put(tenant, b"photo") for _ in range(2)}
    assert keys == {hashlib.sha256(b"photo").hexdigest()}
    assert storage.get(tenant, *keys) == b"photo"
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1, "nothing half written is left either"


def test_another_company_does_not_find_it(tmp_path: Path) -> None:
    storage = FolderStorage(tmp_path)
    key = storage.put(uuid4(), b"photo")
    with pytest.raises(KeyError):
        storage.get(uuid4(), key)


@pytest.mark.parametrize("key", ["", "../../etc/passwd", "0" * 63, "/" * 64, "." * 64, "0" * 64])
def test_what_is_no_key_of_ours_opens_nothing(tmp_path: Path, key: str) -> None:
    with pytest.raises(KeyError):
        FolderStorage(tmp_path).get(uuid4(), key)
