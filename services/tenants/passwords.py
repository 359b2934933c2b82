"""Passwords by argon2id, with the memory and rounds that OWASP's password storage cheat sheet names (19 MiB, 2, 1).

Slow on purpose, so both functions work beside the event loop, two at a time: each works in its own 19 MiB, and more at
once would only wait for the processors. Never call them inside a transaction.
"""

from __future__ import annotations

import threading
from collections.abc import Collection
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from chassis import offload
from services.tenants.breaches import BreachFile

_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_STRONG = 3
"""The score by zxcvbn from which on a password is taken: 10^8 tries and more."""
_LOOKED_AT = 72
"""Characters whose strength is reckoned: enough, and the reckoning is quick."""
_TELLING = 4
"""Characters from which on a word counts as one."""
_SLOTS = threading.Semaphore(2)


def hash_password(password: str) -> str:
    """The hash to keep; salt and cost are part of it."""
    with _SLOTS:
        return offload.run(_HASHER.hash, password)


def matches(stored: str | None, password: str) -> bool:
    """Whether `password` is the stored one. Without a stored one the same work is done, so that the time a refusal
    takes does not tell which accounts exist."""
    with _SLOTS:
        return offload.run(_verify, stored or _nobodys(), password) and stored is not None


def is_guessable(password: str, words: Collection[str]) -> bool:
    """Whether somebody would find it within a hundred million tries: it is common, a pattern, or made of `words` that
    belong to the person or the company."""
    plain = password.casefold()
    return any(len(word) >= _TELLING and word.casefold() in plain for word in words) or offload.run(
        _weak, password, list(words)
    )


def is_breached(password: str, file: BreachFile | None) -> bool:
    """Whether it is known from a breach, as far as `file` tells."""
    return file is not None and offload.run(file.has, password)


def _weak(password: str, words: list[str]) -> bool:
    from zxcvbn import zxcvbn  # its word lists are some megabytes: loaded when first needed

    score: int = zxcvbn(password[:_LOOKED_AT], user_inputs=words)["score"]
    return score < _STRONG


def _verify(stored: str, password: str) -> bool:
    try:
        return _HASHER.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobodys() -> str:
    return _HASHER.hash("nobody has this password")
