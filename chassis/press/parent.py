"""The service's side of the press: starts the child, hands it one page at a time, kills it when it takes too long."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from chassis import logs, metrics
from chassis.press import wire
from contracts.problems import PRINTING_UNAVAILABLE, Problem, both

log = logs.get(__name__)
SECONDS = 8.0
"""How long a caller waits, by default: less than a call may take (KEFU_RPC_SECONDS)."""
START_SECONDS = 60.0
IDLE_SECONDS = 300.0
QUEUE = 4
"""Who may wait at a time; with more, a service would have no workers left for what is not printed."""
_INHERITED = ("PATH", "LANG", "LC_ALL", "HOME", "XDG_CACHE_HOME", "PYTHONPATH", "FONTCONFIG_FILE", "FONTCONFIG_PATH")

_LIBRARIES = "apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
_NO_LIBRARY = both(
    f"the libraries Pango and HarfBuzz are missing; install them: {_LIBRARIES}",
    f"缺少 Pango 与 HarfBuzz 库,请安装:{_LIBRARIES}",
)
_NO_FONT = both(
    "no Chinese font is installed; install one: apt-get install fonts-wqy-microhei",
    "未安装中文字体,请安装:apt-get install fonts-wqy-microhei",
)
_MISSING = {wire.NO_LIBRARY: _NO_LIBRARY, wire.NO_FONT: _NO_FONT}
_BUSY = both("too much is being printed; try again in a moment", "打印任务过多,请稍后再试")
_SLOW = both(
    "it took longer than {seconds:g} s; try again in a moment, or print less at a time",
    "超过 {seconds:g} 秒仍未完成,请稍后重试或减少打印内容",
)
_BROKEN = both("the press failed on it; tell support the request id", "打印程序出错,请将请求号告知支持人员")


class Gone(Exception):
    """The child ended without an answer."""


class Press:
    """One child and the queue before it. Thread-safe; under eventlet, waiting yields."""

    def __init__(self, *, idle_seconds: float = IDLE_SECONDS, queue: int = QUEUE) -> None:
        self._idle_seconds = idle_seconds
        self._turn = threading.Lock()
        self._places = threading.BoundedSemaphore(queue)
        self._child: _Child | None = None
        self._idle: threading.Timer | None = None

    def print(self, kind: str, payload: bytes, seconds: float) -> bytes:
        """What the child makes of `payload`; raises PRINTING_UNAVAILABLE."""
        begun = time.monotonic()
        try:
            content = self._printed(kind, payload, seconds)
        except Problem:
            metrics.PRINTINGS.labels(kind, "failed").inc()
            raise
        metrics.PRINTINGS.labels(kind, "done").inc()
        metrics.PRINTING_SECONDS.labels(kind).observe(time.monotonic() - begun)
        return content

    def close(self) -> None:
        """End the child, after what it has in hand."""
        with self._turn:
            self._end()

    @property
    def pid(self) -> int | None:
        """The child's process id, while there is one."""
        return self._child.pid if self._child else None

    def _printed(self, kind: str, payload: bytes, seconds: float) -> bytes:
        with self._my_turn(seconds) as left:
            try:
                return self._once(kind, payload, left)
            except Gone:
                # It may have been ended from outside since the last use; a page that ends it ends the second one, too.
                log.warning("the press ended, starting another", kind=kind)
            try:
                return self._once(kind, payload, left)
            except Gone:
                raise PRINTING_UNAVAILABLE(reason=_BROKEN) from None

    @contextmanager
    def _my_turn(self, seconds: float) -> Iterator[float]:
        """Hold the press; yields the seconds left."""
        until = time.monotonic() + seconds
        if not self._places.acquire(blocking=False):
            raise PRINTING_UNAVAILABLE(reason=_BUSY)
        try:
            if not self._turn.acquire(timeout=seconds):
                raise PRINTING_UNAVAILABLE(reason=_BUSY)
            try:
                yield max(until - time.monotonic(), 0.1)
            finally:
                self._rest()
                self._turn.release()
        finally:
            self._places.release()

    def _once(self, kind: str, payload: bytes, seconds: float) -> bytes:
        child = self._child or self._started()
        try:
            word, body = child.ask(kind, payload, seconds)
        except TimeoutError:
            self._end()
            log.warning("printing took too long", kind=kind, seconds=seconds)
            raise PRINTING_UNAVAILABLE(reason=_filled(_SLOW, seconds=seconds)) from None
        except BaseException:  # also a green thread that is killed: the answer would be taken for the next request's
            self._end()
            raise
        if word == wire.DONE:
            return body
        log.error("printing failed", kind=kind, error=body.decode())
        raise PRINTING_UNAVAILABLE(reason=_MISSING[body.decode()] if word == wire.MISSING else _BROKEN)

    def _started(self) -> _Child:
        self._child = child = _Child()
        return child

    def _rest(self) -> None:
        """Let the child go when nobody comes for a while."""
        if self._idle is not None:
            self._idle.cancel()
        if self._child is not None:
            self._idle = threading.Timer(self._idle_seconds, self.close)
            self._idle.daemon = True
            self._idle.start()

    def _end(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
        child, self._idle, self._child = self._child, None, None
        if child is not None:
            child.end()


class _Child:
    """The process. Which signs of life it gives, it gives over one end of a socket pair: its closing is noticed on both
    sides, however either of them ended."""

    def __init__(self) -> None:
        self._peer, theirs = socket.socketpair()
        environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}  # no secret among them
        command = [sys.executable, "-W", "ignore", "-m", "chassis.press"]
        with theirs:
            self._process = subprocess.Popen(command, env=environment, stdin=theirs.fileno(), stdout=subprocess.DEVNULL)
        self._ready = False

    @property
    def pid(self) -> int:
        return self._process.pid

    def ask(self, kind: str, payload: bytes, seconds: float) -> tuple[str, bytes]:
        """Its answer. Raises TimeoutError, and Gone when it ended."""
        if not self._ready:
            self._receive(START_SECONDS)  # has a time of its own: a slow machine would never get it warm otherwise
            self._ready = True
        self._peer.settimeout(seconds)
        try:
            wire.send(self._peer, kind, b"%d " % (seconds + 1) + payload)
        except TimeoutError:
            raise
        except OSError:
            raise Gone from None
        return self._receive(seconds)

    def end(self) -> None:
        """Kill it and wait until it is gone."""
        self._peer.close()
        self._process.kill()
        self._process.wait()

    def _receive(self, seconds: float) -> tuple[str, bytes]:
        answer = wire.receive(self._peer, seconds)
        if answer is None:
            raise Gone
        return answer


def _filled(texts: dict[str, str], **values: float) -> dict[str, str]:
    return {locale: text.format(**values) for locale, text in texts.items()}
