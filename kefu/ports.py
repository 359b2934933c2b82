"""Free TCP ports on the loopback interface."""

from __future__ import annotations

import random
import socket
from contextlib import ExitStack

# Below Linux's ephemeral range (32768-60999): no outgoing connection takes a port between its choosing and its use.
_LOWEST, _HIGHEST = 20_000, 32_000


def free_block(size: int) -> int:
    """The first of `size` consecutive ports nobody listens on; OSError when none is found in 200 tries."""
    for _ in range(200):
        first = random.randrange(_LOWEST, _HIGHEST - size)  # noqa: S311
        if _all_free(range(first, first + size)):
            return first
    raise OSError(f"found no {size} consecutive free ports between {_LOWEST} and {_HIGHEST} on 127.0.0.1")


def is_free(port: int) -> bool:
    return _all_free([port])


def accepts(host: str, port: int, timeout: float = 1.0) -> bool:
    """Whether something accepts connections there."""
    try:
        socket.create_connection((host, port), timeout).close()
    except OSError:
        return False
    return True


def _all_free(ports: range | list[int]) -> bool:
    with ExitStack() as stack:
        for port in ports:
            probe = stack.enter_context(socket.socket())
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True
