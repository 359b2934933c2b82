"""What a signed-in staff member holds: a short access token (JWT, signed) and a refresh token (good once).

Both are computed from the session's row and the keyring, so the database keeps neither. A refresh token names its
session and its generation; its code proves that we made it, so an old one that comes again is told from a made-up one.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError

from services.tenants.keyring import ALGORITHM, Keyring

_ISSUER, _TYPE = "kefu", "at+jwt"
_REFRESH = re.compile(
    r"kr_(?P<tenant>[0-9a-f]{32})_(?P<session>[0-9a-f]{32})_(?P<generation>[0-9]{1,9})_(?P<code>[\w-]{43})\Z"
)


class AccessClaims(NamedTuple):
    """Who an access token says its holder is."""

    tenant_id: UUID
    session_id: UUID
    expires_at: datetime


class RefreshToken(NamedTuple):
    """A refresh token that we did make."""

    tenant_id: UUID
    session_id: UUID
    generation: int


def access_token(keyring: Keyring, tenant_id: UUID, session_id: UUID, now: datetime, expires_at: datetime) -> str:
    header = {"alg": ALGORITHM, "kid": keyring.signing.kid, "typ": _TYPE}
    claims = {
        "iss": _ISSUER,
        "aud": _ISSUER,
        "tid": str(tenant_id),
        "sid": str(session_id),
        "iat": int(now.timestamp()),
        "exp": int(expires_at.timestamp()),
    }
    return jwt.encode(header, claims, keyring.signing, algorithms=[ALGORITHM])


def read_access_token(keyring: Keyring, text: str, now: datetime) -> AccessClaims | None:
    """The claims of a token that we signed and that has not run out; None for any other text."""
    try:
        token = jwt.decode(text, keyring.checking, algorithms=[ALGORITHM])
        claims = token.claims
        if token.header["typ"] != _TYPE or claims["iss"] != _ISSUER or claims["aud"] != _ISSUER:
            return None
        if claims["exp"] <= now.timestamp() or claims.get("nbf", 0) > now.timestamp():
            return None
        return AccessClaims(UUID(claims["tid"]), UUID(claims["sid"]), datetime.fromtimestamp(claims["exp"], UTC))
    except (JoseError, ValueError, KeyError, TypeError, OverflowError):
        return None


def refresh_token(keyring: Keyring, token: RefreshToken) -> str:
    body = _body(token)
    return f"{body}_{_code(keyring.macs[0], body)}"


def read_refresh_token(keyring: Keyring, text: str) -> RefreshToken | None:
    """The token when we made it, spent or not; None for any other text."""
    match = _REFRESH.match(text)
    if match is None:
        return None
    token = RefreshToken(UUID(match["tenant"]), UUID(match["session"]), int(match["generation"]))
    body = _body(token)
    if any(hmac.compare_digest(_code(key, body), match["code"]) for key in keyring.macs):
        return token
    return None


def _body(token: RefreshToken) -> str:
    return f"kr_{token.tenant_id.hex}_{token.session_id.hex}_{token.generation}"


def _code(key: bytes, body: str) -> str:
    return urlsafe_b64encode(hmac.digest(key, body.encode(), hashlib.sha256)).rstrip(b"=").decode()
