"""Asking the virus scanner, when it answers as it should and when it does not."""

from __future__ import annotations

import io
import socket
import threading
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from chassis.config import ScanSettings
from chassis.scanning import Gate, Scanner, ScannerUnavailable
from chassis.settings import SettingsError
from tests.platform import clamd

EVERY_BYTE = bytes(range(256))
TWENTY_MB = EVERY_BYTE * (20_000_000 // 256)


@contextmanager
def speaking(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """The address of a server that reads a request's first bytes and answers one caller as told."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            peer, _ = server.accept()
            with peer:
                assert peer.recv(10) == b"zINSTREAM\0"
                answer(peer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        thread.join(10)


def _read_all(peer: socket.socket) -> bytes:
    received = b""
    while not received.endswith(bytes(4)):
        received += peer.recv(1 << 16)
    return received


def _saying(text: bytes) -> Callable[[socket.socket], None]:
    def answer(peer: socket.socket) -> None:
        assert _read_all(peer) == b"\x00\x00\x00\x04file\x00\x00\x00\x00"
        peer.sendall(text)

    return answer


@pytest.mark.parametrize(
    ("said", "found"),
    [
        (b"stream: OK\0", None),
        (b"stream: Win.Test.EICAR_HDB-1 FOUND\0", "Win.Test.EICAR_HDB-1"),
        (b"stream: A name of several words FOUND\0", "A name of several words"),
    ],
)
def test_it_is_asked_by_the_protocol_and_understood(said: bytes, found: str | None) -> None:
    with speaking(_saying(said)) as address:
        assert Scanner(address, 10).find(b"file") == found


@pytest.mark.parametrize("said", [b"", b"INSTREAM size limit exceeded. ERROR\0", b"stream: OK, perhaps\0", b"\xff\0"])
def test_whatever_else_it_says_is_no_leave_to_take_the_file(said: bytes) -> None:
    with speaking(_saying(said)) as address, pytest.raises(ScannerUnavailable, match="answered"):
        Scanner(address, 10).find(b"file")


def test_one_that_hangs_is_left_in_time() -> None:
    done = threading.Event()
    with speaking(lambda _: done.wait(10) and None) as address:
        with pytest.raises(ScannerUnavailable, match="timed out"):
            Scanner(address, 0.3).find(b"file")
        done.set()


def test_one_that_says_why_and_hangs_up_is_heard() -> None:
    with (
        speaking(lambda peer: peer.sendall(b"INSTREAM size limit exceeded. ERROR\0")) as address,
        pytest.raises(ScannerUnavailable),
    ):
        Scanner(address, 10).find(TWENTY_MB)


@pytest.mark.parametrize("address", ["127.0.0.1:9", "unix:/nowhere/clamd.ctl"])
def test_one_that_is_not_there_is_named(address: str) -> None:
    with pytest.raises(ScannerUnavailable, match=address):
        Scanner(address, 5).find(b"file")


@pytest.mark.parametrize("value", ["clamd", "clamd:", ":3310", "clamd:port", "unix:relative", "clamd:70000"])
def test_an_address_that_is_none_is_refused_at_the_start(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEFU_CLAMD", value)
    with pytest.raises(SettingsError, match="KEFU_CLAMD: must be host:port or unix:/path"):
        ScanSettings.load()


def test_without_an_address_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KEFU_CLAMD", raising=False)
    assert Gate.load() is None


# -- a real one -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    if not clamd.PROGRAM:
        pytest.skip("clamd is not installed: apt-get install clamav-daemon")
    with clamd.running(tmp_path_factory.mktemp("clamd")) as addresses:
        yield addresses


def _zipped(content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("letter.txt", content)
    return packed.getvalue()


@pytest.mark.parametrize("by", [0, 1], ids=["port", "socket"])
@pytest.mark.parametrize("content", [clamd.MARK, EVERY_BYTE + clamd.MARK, _zipped(clamd.MARK)], ids=len)
def test_a_real_clamd_finds_what_it_knows(addresses: tuple[str, str], by: int, content: bytes) -> None:
    assert Scanner(addresses[by], 30).find(content) == f"{clamd.NAME}.UNOFFICIAL"


@pytest.mark.parametrize("content", [b"", b"harmless", _zipped(b"harmless"), TWENTY_MB], ids=len)
def test_a_real_clamd_lets_the_rest_through(addresses: tuple[str, str], content: bytes) -> None:
    assert Scanner(addresses[0], 30).find(content) is None


def test_a_file_too_long_for_a_real_clamd_is_not_taken_for_clean(addresses: tuple[str, str]) -> None:
    with pytest.raises(ScannerUnavailable):
        Scanner(addresses[0], 30).find(bytes(clamd.STREAM_MAX + 1))


def test_many_are_looked_at_at_once(addresses: tuple[str, str]) -> None:
    contents = [clamd.MARK, b"harmless"] * 6
    with ThreadPoolExecutor(len(contents)) as threads:
        found = list(threads.map(Scanner(addresses[0], 30).find, contents))
    assert found == [f"{clamd.NAME}.UNOFFICIAL", None] * 6
