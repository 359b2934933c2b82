"""Keys, passwords and tokens: what is good, what is not, and what the database never sees."""

from __future__ import annotations

import stat
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import orjson
import pytest
from cryptography.fernet import InvalidToken
from joserfc import jwt
from joserfc.jwk import OctKey

from services.tenants import keyring, passwords, tokens
from services.tenants.credentials import new_key, parse_key
from services.tenants.keyring import Keyring, KeyringError
from services.tenants.tokens import RefreshToken

NOW = datetime(2026, 11, 22, 1, tzinfo=UTC)
SOON = NOW + timedelta(minutes=10)
TENANT, SESSION = uuid4(), uuid4()


@pytest.fixture(scope="module")
def keys() -> Keyring:
    return Keyring.generate()


def test_a_key_is_found_by_its_prefix_and_proved_by_its_secret() -> None:
    key, other = new_key(), new_key()
    again = parse_key(str(key))
    assert again == key
    assert again.matches(key.digest)
    assert not other.matches(key.digest)
    assert key.secret.encode() not in key.digest


@pytest.mark.parametrize(
    "text", ["", "kf_", "kf_short_secret", "Bearer x", "kf_" + "a" * 12 + "_" + "b" * 42 + "-", "\n"]
)
def test_other_texts_are_no_key(text: str) -> None:
    assert parse_key(text) is None
    assert parse_key(str(new_key()) + "\n") is None


def test_a_password_matches_itself_only_and_nobody_has_none() -> None:
    stored = passwords.hash_password("correct horse battery")
    assert stored.startswith("$argon2id$")
    assert passwords.matches(stored, "correct horse battery")
    assert not passwords.matches(stored, "correct horse batterx")
    assert not passwords.matches(None, "nobody has this password")
    assert not passwords.matches("not a hash", "x")


def test_an_access_token_tells_its_session_until_it_runs_out(keys: Keyring) -> None:
    text = tokens.access_token(keys, TENANT, SESSION, NOW, SOON)
    claims = tokens.read_access_token(keys, text, SOON - timedelta(seconds=1))
    assert claims is not None
    assert (claims.tenant_id, claims.session_id) == (TENANT, SESSION)
    assert tokens.read_access_token(keys, text, SOON) is None


def test_only_our_own_signature_counts(keys: Keyring) -> None:
    text = tokens.access_token(Keyring.generate(), TENANT, SESSION, NOW, SOON)
    assert tokens.read_access_token(keys, text, NOW) is None
    head, body, signature = tokens.access_token(keys, TENANT, SESSION, NOW, SOON).split(".")
    forged = urlsafe_b64encode(orjson.dumps({"tid": str(uuid4()), "sid": str(SESSION)})).decode().rstrip("=")
    for broken in (f"{head}.{forged}.{signature}", f"{head}.{body}.", f"{head}.{body}", "a.b.c", "", "x" * 4096):
        assert tokens.read_access_token(keys, broken, NOW) is None


def test_a_token_of_another_algorithm_is_refused(keys: Keyring) -> None:
    public = orjson.dumps(keys.signing.as_dict(private=False))
    claims = {"iss": "kefu", "aud": "kefu", "tid": str(TENANT), "sid": str(SESSION), "exp": int(SOON.timestamp())}
    confused = jwt.encode({"alg": "HS256", "kid": keys.signing.kid}, claims, OctKey.import_key(public))
    assert tokens.read_access_token(keys, confused, NOW) is None


def test_a_refresh_token_tells_its_generation_and_cannot_be_made_up(keys: Keyring) -> None:
    token = RefreshToken(TENANT, SESSION, 3)
    text = tokens.refresh_token(keys, token)
    assert tokens.read_refresh_token(keys, text) == token
    assert tokens.read_refresh_token(keys, text.replace("_3_", "_4_")) is None
    assert tokens.read_refresh_token(Keyring.generate(), text) is None


def test_rotated_keys_go_on_checking_what_the_old_one_made(keys: Keyring) -> None:
    rotated = keys.rotated()
    access = tokens.access_token(keys, TENANT, SESSION, NOW, SOON)
    renewal = tokens.refresh_token(keys, RefreshToken(TENANT, SESSION, 1))
    assert rotated.signing.kid != keys.signing.kid
    assert tokens.read_access_token(rotated, access, NOW) is not None
    assert tokens.read_refresh_token(rotated, renewal) is not None
    assert rotated.open(keys.seal("secret")) == "secret"
    assert tokens.read_access_token(keys, tokens.access_token(rotated, TENANT, SESSION, NOW, SOON), NOW) is None


def test_what_is_sealed_opens_with_the_key_only(keys: Keyring) -> None:
    sealed = keys.seal("kf_secret")
    assert "kf_secret" not in sealed
    assert keys.open(sealed) == "kf_secret"
    with pytest.raises(InvalidToken):
        Keyring.generate().open(sealed)


def test_the_key_file_is_made_once_readable_by_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "tenants.json"
    first, second = keyring.load("", path), keyring.load("", path)
    assert first.signing.kid == second.signing.kid
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["tenants.json"]
    keyring.replace(path, first.rotated())
    assert len(keyring.load("", path).keys) == 2


def test_keys_come_from_the_setting_when_it_is_given(tmp_path: Path, keys: Keyring) -> None:
    assert keyring.load(keys.dump().decode(), tmp_path / "none").signing.kid == keys.signing.kid
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"keys": []}', '{"keys": [{"kty": "oct", "k": "AAAA"}]}', '{"keys": [{"kty": "OKP"}]}']
)
def test_other_key_sets_are_refused_with_the_reason(text: str) -> None:
    with pytest.raises(KeyringError, match="key"):
        Keyring.parse(text)


def test_a_public_key_cannot_sign(keys: Keyring) -> None:
    public = orjson.dumps({"keys": [keys.signing.as_dict(private=False)]})
    with pytest.raises(KeyringError, match="private"):
        Keyring.parse(public)
