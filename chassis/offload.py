"""Run slow native work beside the event loop: password hashing, SMTP, spreadsheet parsing."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from eventlet import patcher, tpool

P = ParamSpec("P")
R = TypeVar("R")


def run(function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
    """`function(*args)` in a native thread when this process is driven by eventlet, else directly.

    Never call it inside a transaction: it yields, and a transaction must not (see `chassis.db`).
    """
    if not patcher.is_monkey_patched("thread"):
        return function(*args, **kwargs)
    result: R = tpool.execute(function, *args, **kwargs)
    return result
