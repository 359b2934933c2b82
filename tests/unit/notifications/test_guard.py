"""Tenants' providers cannot reach machines beside the platform (SSRF)."""

from __future__ import annotations

import pytest

from services.notifications.providers import guard


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "224.0.0.1",
        "::1", "::",
        "fe80::1", "fe80::1%eth0", "fc00::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::", "ff02::1",
        "100.127.255.254", "198.18.0.1", "192.0.2.1", "192.0.0.8", "192.88.99.1", "240.0.0.1", "255.255.255.255",
        "239.1.1.1", "ff0e::1", "fec0::1", "fd00:ec2::254", "100::1", "2001:db8::1", "3fff::1", "5f00::1", "2001::1",
        "::7f00:1", "::ffff:0:7f00:1", "::ffff:100.64.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe", "64:ff9b:1::a00:1", "2002:a9fe:a9fe::1",
    ],
)  # fmt: skip
def test_private_addresses_are_not_public(address: str) -> None:
    assert not guard.is_public(address)


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1", "100.128.0.1"],
)
def test_public_addresses_are(address: str) -> None:
    assert guard.is_public(address)


@pytest.fixture
def _no_private(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "allow_private", lambda: False)


@pytest.mark.usefixtures("_no_private")
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]".strip("[]")])
def test_a_private_host_is_forbidden_however_it_is_written(host: str) -> None:
    with pytest.raises((guard.Forbidden, guard.Unreachable)):
        guard.address_of(host, 80)


@pytest.mark.usefixtures("_no_private")
def test_one_private_address_among_public_ones_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(2, 1, 6, "", ("8.8.8.8", 80)), (2, 1, 6, "", ("10.0.0.1", 80))]
    monkeypatch.setattr("socket.getaddrinfo", lambda *_a, **_k: found)
    with pytest.raises(guard.Forbidden, match="KEFU_ALLOW_PRIVATE_TARGETS"):
        guard.address_of("both.example.com", 80)


@pytest.mark.usefixtures("_no_private")
def test_the_checked_address_is_the_one_to_connect_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.getaddrinfo", lambda *_a, **_k: [(2, 1, 6, "", ("8.8.8.8", 80))])
    assert guard.address_of("dns.example.com", 80) == "8.8.8.8"


def test_a_name_without_an_address_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(*_args: object, **_named: object) -> None:
        raise OSError("Name or service not known")

    monkeypatch.setattr("socket.getaddrinfo", nothing)
    with pytest.raises(guard.Unreachable):
        guard.address_of("no.such.example.com", 80)
