"""Forged, stale and repeated tokens at the gateway. How tokens are made is tested in tests/unit/tenants."""

from __future__ import annotations

import hmac
import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jwt
from joserfc.jwk import OKPKey

from services.tenants.keyring import ALGORITHM, Keyring
from tests.clauses.driver import PASSWORD, Json
from tests.security.conftest import Sides

pytestmark = pytest.mark.timeout(300)

Claims = dict[str, Any]


@pytest.fixture(scope="module")
def keyring(sides: Sides) -> Keyring:
    """The platform's own signing keys: so that each forgery is wrong in one point only."""
    return Keyring.parse((sides.platform.installation.var / "keys" / "tenants.json").read_bytes())


@pytest.fixture
def session(sides: Sides) -> Json:
    """A sign-in of a staff member of ours."""
    body = {"tenant": sides.ours.company.code, "username": "boss", "password": PASSWORD}
    made: Json = _post(sides, "/v1/sessions", body).raise_for_status().json()
    return made


@pytest.fixture
def claims(session: Json, keyring: Keyring) -> Claims:
    return jwt.decode(session["access_token"], keyring.checking, algorithms=[ALGORITHM]).claims


def _post(sides: Sides, path: str, body: Json, **headers: str) -> httpx.Response:
    return httpx.post(f"{sides.platform.base_url}{path}", json=body, headers=headers, trust_env=False)


def _status(sides: Sides, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.get(f"{sides.platform.base_url}/v1/me", headers=headers, trust_env=False).status_code


def _signed(keyring: Keyring, claims: Claims, **header: str) -> str:
    plain = {"alg": ALGORITHM, "kid": keyring.signing.kid, "typ": "at+jwt"}
    return jwt.encode(plain | header, claims, keyring.signing, algorithms=[ALGORITHM])


def test_the_token_itself_is_good(sides: Sides, session: Json, claims: Claims, keyring: Keyring) -> None:
    """The control: what the forgeries differ from."""
    assert _status(sides, session["access_token"]) == 200
    assert _status(sides, _signed(keyring, claims)) == 200


FORGERIES: dict[str, Callable[[Claims], Claims]] = {
    "run out": lambda claims: claims | {"exp": int(time.time()) - 1},
    "for another audience": lambda claims: claims | {"aud": "elsewhere"},
    "by another issuer": lambda claims: claims | {"iss": "elsewhere"},
    "of a session nobody has": lambda claims: claims | {"sid": "0199e1a0-3c1e-7bb2-9f0e-2d6a4f3e9c11"},
    "without a time": lambda claims: {name: value for name, value in claims.items() if name != "exp"},
    "with a time that is no number": lambda claims: claims | {"exp": "tomorrow"},
    "good only later": lambda claims: claims | {"nbf": int(time.time()) + 3600},
    "with a beginning that is no number": lambda claims: claims | {"nbf": "yesterday"},
    "for several audiences": lambda claims: claims | {"aud": ["kefu", "elsewhere"]},
    "without a company": lambda claims: {name: value for name, value in claims.items() if name != "tid"},
    "with a company that is no id": lambda claims: claims | {"tid": "' OR 1=1 --"},
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES)
def test_a_signed_token_with_a_wrong_claim_is_refused(
    sides: Sides, claims: Claims, keyring: Keyring, forge: Callable[[Claims], Claims]
) -> None:
    assert _status(sides, _signed(keyring, forge(claims))) == 401


@pytest.mark.clause("PL-1")
def test_a_session_is_good_in_its_own_company_only(sides: Sides, claims: Claims, keyring: Keyring) -> None:
    assert _status(sides, _signed(keyring, claims | {"tid": sides.theirs.id})) == 401


def test_a_token_of_another_signature_is_refused(sides: Sides, claims: Claims, keyring: Keyring) -> None:
    stranger = OKPKey.generate_key("Ed25519")
    header = {"alg": ALGORITHM, "kid": str(keyring.signing.kid), "typ": "at+jwt"}
    assert _status(sides, jwt.encode(header, claims, stranger, algorithms=[ALGORITHM])) == 401
    assert _status(sides, _signed(keyring, claims, kid="unknown")) == 401
    assert _status(sides, _by_hand({"alg": "none"}, claims, lambda _: b"")) == 401
    public = keyring.signing.as_pem(private=False)
    by_public_key = _by_hand({"alg": "HS256"}, claims, lambda text: hmac.digest(public, text, "sha256"))
    assert _status(sides, by_public_key) == 401


HEADERS: dict[str, Json] = {
    "no algorithm": {"alg": "none"},
    "no algorithm, in other letters": {"alg": "nOnE"},
    "another algorithm": {"alg": "RS256"},
    "the algorithm of another curve": {"alg": "Ed448"},
    "a key by path": {"kid": "../../../../dev/null"},
    "a key by query": {"kid": "x' UNION SELECT 'secret' --"},
    "a key of no name": {"kid": ""},
    "a key that is no text": {"kid": {"$ne": None}},
    "a key fetched from elsewhere": {"jku": "http://127.0.0.1:9/keys.json", "kid": "attacker"},
    "a certificate fetched from elsewhere": {"x5u": "http://127.0.0.1:9/cert.pem", "kid": "attacker"},
    "a condition nobody knows": {"crit": ["exp2"], "exp2": 1},
    "a payload that is not encoded": {"crit": ["b64"], "b64": False},
    "the type of another token": {"typ": "JWT"},
    "no type": {"typ": None},
}
"""By the header of a token, who checks it must not choose key or algorithm."""


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
def test_a_token_does_not_choose_how_it_is_checked(
    sides: Sides, claims: Claims, keyring: Keyring, header: Json
) -> None:
    """Each is signed by our own key over exactly what is sent, so that only the header can be what is wrong; the same
    with a key of the attacker's that the token brings along."""
    plain: Json = {"alg": ALGORITHM, "kid": keyring.signing.kid, "typ": "at+jwt"}
    ours, theirs = _private(keyring.signing), _private(OKPKey.generate_key("Ed25519"))
    assert _status(sides, _by_hand(plain, claims, ours)) == 200
    assert _status(sides, _by_hand(plain | header, claims, ours)) == 401
    assert _status(sides, _by_hand(plain | header, claims, theirs)) == 401
    assert _status(sides, _by_hand(plain | header, claims, lambda _: b"")) == 401


def test_a_key_that_the_token_brings_along_is_not_used(sides: Sides, claims: Claims, keyring: Keyring) -> None:
    stranger = OKPKey.generate_key("Ed25519")
    brought = {"jwk": stranger.as_dict(private=False), "alg": ALGORITHM, "typ": "at+jwt"}
    for kid in (keyring.signing.kid, stranger.thumbprint(), None):
        assert _status(sides, _by_hand(brought | {"kid": kid}, claims, _private(stranger))) == 401


def test_half_a_token_is_none(sides: Sides, session: Json) -> None:
    good: str = session["access_token"]
    head, body, signature = good.split(".")
    for text in (
        good[:-1], good[:-10], f"{head}.{body}", f"{head}.{body}.", f".{body}.{signature}", f"{head}..{signature}",
        f"{good}.{signature}", f"{good}=", good.swapcase(), head, "...", "a.b.c", "e30.e30.e30",
    ):  # fmt: skip
        assert _status(sides, text) == 401, text


def _private(key: OKPKey) -> Callable[[bytes], bytes]:
    private = key.private_key
    assert isinstance(private, Ed25519PrivateKey)
    return private.sign


def _by_hand(header: Json, claims: Claims, sign: Callable[[bytes], bytes]) -> str:
    """A token that no library would make."""
    text = b".".join(_base64(json.dumps(part).encode()) for part in (header, claims))
    return b".".join((text, _base64(sign(text)))).decode()


def _base64(content: bytes) -> bytes:
    return urlsafe_b64encode(content).rstrip(b"=")


def test_a_refresh_token_used_twice_ends_the_session(sides: Sides, session: Json) -> None:
    first = {"refresh_token": session["refresh_token"]}
    renewed = _post(sides, "/v1/sessions/refresh", first).raise_for_status().json()
    assert _status(sides, renewed["access_token"]) == 200
    assert _post(sides, "/v1/sessions/refresh", first).status_code == 401
    assert _post(sides, "/v1/sessions/refresh", {"refresh_token": renewed["refresh_token"]}).status_code == 401


def test_a_refresh_token_opens_nothing_else(sides: Sides, session: Json) -> None:
    assert _status(sides, session["refresh_token"]) == 401
    moved = session["refresh_token"].replace(sides.ours.id.replace("-", ""), sides.theirs.id.replace("-", ""))
    assert _post(sides, "/v1/sessions/refresh", {"refresh_token": moved}).status_code == 401
