"""Keeps tenants' provider addresses out of the platform's own network.

The name is resolved once, every address it has must be public, and the connection goes to the very address that was
checked: a second look-up could answer otherwise.
"""

from __future__ import annotations

import socket
from functools import cache
from ipaddress import ip_address

from services.notifications.settings import NotificationsSettings


class Unreachable(Exception):
    """The host has no address right now."""


class Forbidden(Exception):
    """The host stands in a network that providers may not be reached in."""


def address_of(host: str, port: int) -> str:
    """The IP address to connect to for `host`. Raises `Unreachable` or `Forbidden`."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unreachable(f"{host} has no address: {error}") from error
    addresses = [str(entry[4][0]) for entry in found]
    if not allow_private() and not all(is_public(address) for address in addresses):
        raise Forbidden(f"{host} is not a public address; KEFU_ALLOW_PRIVATE_TARGETS allows private ones")
    return addresses[0]


def is_public(address: str) -> bool:
    """Whether the address is one of the open internet; an IPv4 address inside an IPv6 one counts as itself."""
    ip = ip_address(address.partition("%")[0])
    mapped = getattr(ip, "ipv4_mapped", None) or getattr(ip, "sixtofour", None)
    return (mapped or ip).is_global and not ip.is_multicast


@cache
def allow_private() -> bool:
    """KEFU_ALLOW_PRIVATE_TARGETS."""
    return NotificationsSettings.load().allow_private_targets
