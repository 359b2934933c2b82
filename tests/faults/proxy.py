"""A TCP proxy on loopback that a test can break: what a bad network does to the link behind it."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

CHUNK = 65536
LIMIT = 10.0


@dataclass(eq=False)
class _Pair:
    """One proxied connection: the caller's end and the one to the real server."""

    near: asyncio.StreamWriter
    far: asyncio.StreamWriter
    dead: bool = False
    """Half-open: both ends are there, and whatever is sent gets nowhere."""

    def end(self, *, reset: bool) -> None:
        for writer in (self.near, self.far):
            if reset:
                end: socket.socket = writer.get_extra_info("socket")
                with suppress(OSError):  # closed already
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()


class Proxy:
    """Listens on a port of its own and hands everything on to `target`; a thread and an event loop of its own."""

    def __init__(self, host: str, target: int) -> None:
        self._host, self._target = host, target
        self._pairs: set[_Pair] = set()
        self._delay = 0.0
        self._dead = False
        self._server: asyncio.Server | None = None
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._thread.start()
        self._do(self._listen())

    def cut(self) -> None:
        """End every connection and take no new one, until `mend`."""
        self._do(self._cut())

    def silence(self) -> None:
        """Leave every connection half-open, and every new one unanswered, until `mend`."""
        self._do(self._silence(True))

    def delay(self, seconds: float) -> None:
        """Let everything arrive that much later, in both directions, until `mend`."""
        self._delay = seconds

    def reset(self) -> None:
        """End every connection with an RST; new ones are taken."""
        self._do(self._end_all(reset=True))

    def mend(self) -> None:
        """As new. Connections that were half-open learn that they are dead."""
        self._delay = 0.0
        self._do(self._mend())

    def close(self) -> None:
        self._do(self._cut())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(LIMIT)
        self._loop.close()

    # What follows runs in the loop.

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(LIMIT)

    async def _listen(self) -> None:
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
            self.port = self._server.sockets[0].getsockname()[1]

    async def _cut(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        await self._end_all(reset=False)

    async def _silence(self, dead: bool) -> None:
        self._dead = dead
        for pair in self._pairs:
            pair.dead = dead

    async def _mend(self) -> None:
        for pair in [pair for pair in self._pairs if pair.dead]:
            pair.end(reset=True)
            self._pairs.discard(pair)
        self._dead = False
        await self._listen()

    async def _end_all(self, *, reset: bool) -> None:
        for pair in list(self._pairs):
            pair.end(reset=reset)

    async def _serve(self, near_reader: asyncio.StreamReader, near: asyncio.StreamWriter) -> None:
        try:
            far_reader, far = await asyncio.open_connection(self._host, self._target)
        except OSError:
            near.transport.abort()
            return
        pair = _Pair(near, far, self._dead)
        self._pairs.add(pair)
        try:
            await asyncio.gather(self._pump(pair, near_reader, far), self._pump(pair, far_reader, near))
        finally:
            if not pair.dead:  # else nobody may notice, until `mend`
                pair.end(reset=False)
                self._pairs.discard(pair)

    async def _pump(self, pair: _Pair, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Hand on what comes, each piece when its time has come; the end of one direction is the end of both."""
        pieces: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        sender = asyncio.create_task(self._send(pair, pieces, writer))
        try:
            while data := await reader.read(CHUNK):
                pieces.put_nowait((self._loop.time() + self._delay, data))
        except OSError:
            pass
        finally:
            pieces.put_nowait((self._loop.time() + self._delay, b""))
            await sender

    async def _send(
        self, pair: _Pair, pieces: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter
    ) -> None:
        try:
            while True:
                due, data = await pieces.get()
                await asyncio.sleep(due - self._loop.time())
                if not data:
                    break
                if not pair.dead:
                    writer.write(data)
                    await writer.drain()
        except OSError:
            pass
        if not pair.dead:
            pair.end(reset=False)
