"""Where a page keeps the link's token: in a cookie, so that it stays neither in the address bar nor in a Referer.

The cookie is sent to these pages only, never to scripts, and with no form of another site (SameSite=Lax); every form
carries a word derived from the token besides, which nobody else can know.
"""

from __future__ import annotations

import hmac
import re
from uuid import uuid4

from flask import Request, Response

from contracts.problems import DEFAULT_LOCALE, LOCALES, UNAUTHENTICATED

ROOT = "/s"
COOKIE = "kefu_status"
LANGUAGE_COOKIE = "kefu_language"
STAY_SECONDS = 2 * 60 * 60
_YEAR_SECONDS = 365 * 24 * 60 * 60
_TOKEN = re.compile(r"[A-Za-z0-9_]{8,128}")


def token_of(request: Request) -> str:
    """The link's token; UNAUTHENTICATED when the visitor has none."""
    token = request.cookies.get(COOKIE, "")
    if not _TOKEN.fullmatch(token):
        raise UNAUTHENTICATED()
    return token


def remember(response: Response, token: str, *, secure: bool) -> Response:
    response.set_cookie(
        COOKIE, token, max_age=STAY_SECONDS, path=ROOT, secure=secure, httponly=True, samesite="Lax"
    )  # fmt: skip
    return response


def forget(response: Response) -> Response:
    response.delete_cookie(COOKIE, path=ROOT, httponly=True, samesite="Lax")
    return response


def language_of(request: Request, wanted: str) -> str:
    """What the visitor switched to, else what their browser asks for."""
    chosen = request.args.get("lang") or request.cookies.get(LANGUAGE_COOKIE)
    return chosen if chosen in LOCALES else (wanted or DEFAULT_LOCALE)


def remember_language(response: Response, request: Request, *, secure: bool) -> Response:
    if request.args.get("lang") in LOCALES:
        response.set_cookie(
            LANGUAGE_COOKIE, request.args["lang"], max_age=_YEAR_SECONDS, path=ROOT, secure=secure, httponly=True,
            samesite="Lax",
        )  # fmt: skip
    return response


def form_word(token: str) -> str:
    """What our own forms carry and a forged one cannot."""
    return hmac.digest(token.encode(), b"form", "sha256").hex()


def is_ours(request: Request, token: str) -> bool:
    """Whether the form came from a page of ours for this very link."""
    return hmac.compare_digest(request.form.get("word", ""), form_word(token))


def new_key() -> str:
    """An idempotency key for a form: sent twice, it counts once."""
    return f"page-{uuid4()}"
