"""Where attachments are kept: content by its hash, a company's own."""

from __future__ import annotations

import hashlib
import os
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from chassis import clock
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


def later(span: timedelta) -> AbstractContextManager[None]:
    return clock.freeze(clock.now() + span)


def test_what_nobody_names_is_discarded(tmp_path: Path) -> None:
    storage, tenant = FolderStorage(tmp_path), uuid4()
    key = storage.put(tenant, b"photo")
    with later(timedelta(minutes=2)):
        assert storage.discard(tenant, key)
        assert storage.discard(tenant, key), "twice is as good as once"
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_what_was_put_again_moments_ago_stays(tmp_path: Path) -> None:
    """Whoever put it names it in a transaction that may not have committed yet."""
    storage, tenant = FolderStorage(tmp_path), uuid4()
    key = storage.put(tenant, b"photo")
    long_ago = (clock.now() - timedelta(days=900)).timestamp()
    os.utime(storage._path(tenant, key), (long_ago, long_ago))
    storage.put(tenant, b"photo")
    assert not storage.discard(tenant, key)
    assert storage.get(tenant, key) == b"photo"


def test_whoever_died_while_discarding_leaves_it_to_the_next(tmp_path: Path) -> None:
    storage, tenant = FolderStorage(tmp_path), uuid4()
    key = storage.put(tenant, b"photo")
    path = storage._path(tenant, key)
    path.rename(path.with_suffix(".discarded"))
    assert storage.discard(tenant, key)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_what_was_put_before_a_moment_is_listed_and_half_written_files_go(tmp_path: Path) -> None:
    storage, tenant = FolderStorage(tmp_path), uuid4()
    key = storage.put(tenant, b"photo")
    half = storage._path(tenant, key).with_name("tmpabcdef")
    half.write_bytes(b"pho")
    assert list(storage.stale(tenant, clock.now() - timedelta(minutes=1))) == []
    assert half.exists()
    assert list(storage.stale(tenant, clock.now() + timedelta(minutes=1))) == [key]
    assert not half.exists()
    assert list(storage.stale(uuid4(), clock.now() + timedelta(minutes=1))) == []
