"""Keeps tenants' provider addresses out of the platform's own network.

The name is resolved once, every address it has must be public, and the connection goes to the very address that was
checked: a second look-up could answer otherwise.
"""

from __future__ import annotations

import socket
from functools import cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit

from services.notifications.settings import NotificationsSettings

_GLOBAL_UNICAST = ip_network("2000::/3")
_NAT64 = ip_network("64:ff9b::/96")
_SET_ASIDE = (ip_network("192.0.0.0/24"), ip_network("192.88.99.0/24"), ip_network("3fff::/20"))
"""Protocol assignments, 6to4's old relays and a documentation range, of which Python 3.11 takes some for public."""


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
    ip = _inmost(ip_address(address.partition("%")[0]))
    if isinstance(ip, IPv6Address) and ip not in _GLOBAL_UNICAST:
        return False
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in _SET_ASIDE)


def _inmost(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that packets to `ip` end at, where it holds one: mapped, 6to4, NAT64."""
    if isinstance(ip, IPv4Address):
        return ip
    return ip.ipv4_mapped or ip.sixtofour or (IPv4Address(int(ip) & 0xFFFFFFFF) if ip in _NAT64 else ip)


@cache
def allow_private() -> bool:
    """KEFU_ALLOW_PRIVATE_TARGETS."""
    return NotificationsSettings.load().allow_private_targets


def webhook_fault(text: str) -> tuple[str, dict[str, Any]] | None:
    """What keeps a webhook of this address from being sent to, as the code of a mistake with its parameters."""
    url, (plain, ports) = urlsplit(text), _webhook_rules()
    if url.scheme != "https" and not plain:
        return "not_https", {}
    port = url.port or (443 if url.scheme == "https" else 80)
    if ports != ("any",) and str(port) not in ports:
        return "port_not_allowed", {"port": port, "allowed": ", ".join(ports)}
    return None


@cache
def _webhook_rules() -> tuple[bool, tuple[str, ...]]:
    """KEFU_WEBHOOK_HTTP, KEFU_WEBHOOK_PORTS."""
    settings = NotificationsSettings.load()
    return settings.webhook_http, settings.webhook_ports
