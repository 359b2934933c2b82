"""TLS to providers: the certificate must name the host, though the connection goes to the address that was checked."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from contracts import notifications as contract
from services.notifications.providers.base import tls_context
from tests.service.notifications.bench import SECRET, Company
from tests.service.notifications.receivers import MailServer, WebServer


def certificate(path: Path, host: str) -> ssl.SSLContext:
    """A server's context with a fresh self-signed certificate for `host`, which is written to `path`."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    names: list[x509.GeneralName] = [x509.DNSName(host), x509.IPAddress(ip_address("10.9.8.7"))]
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
    builder = builder.not_valid_after(now + timedelta(days=1))
    builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    signed = builder.sign(key, hashes.SHA256())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    path.with_suffix(".key").write_bytes(private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path, path.with_suffix(".key"))
    return context


@pytest.fixture(params=["localhost", "elsewhere.example.com"])
def server_tls(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[ssl.SSLContext, bool]]:
    """A trusted certificate, and whether it is for the host we call."""
    path = tmp_path / "authority.pem"
    context = certificate(path, request.param)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    tls_context.cache_clear()
    yield context, request.param == "localhost"
    tls_context.cache_clear()


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_mail_over_tls(company: Company, server_tls: tuple[ssl.SSLContext, bool], security: str) -> None:
    context, matches = server_tls
    server = MailServer(tls=context) if security == "tls" else MailServer(starttls=context)
    with server.running():
        smtp = {"host": "localhost", "port": server.port, "security": security, "sender": "kefu@example.com"}
        company.channel("email", provider="smtp", smtp=smtp)
        trial = company.call(contract.TEST_CHANNEL, channel="email", to="li@example.com")
        company.send_due()
    shown = company.call(contract.GET_DELIVERY, delivery_id=trial["id"])
    assert (shown["state"], len(server.mails)) == (("sent", 1) if matches else ("failed", 0))
    if not matches:
        assert "certificate is not valid" in shown["reason"]


def test_a_post_over_tls(company: Company, server_tls: tuple[ssl.SSLContext, bool]) -> None:
    context, matches = server_tls
    with WebServer(tls=context).running() as server:
        company.channel("sms", provider="http", http={"url": server.url, "signing_secret": SECRET})
        trial = company.call(contract.TEST_CHANNEL, channel="sms", to="13800138000")
        company.send_due()
    shown = company.call(contract.GET_DELIVERY, delivery_id=trial["id"])
    assert (shown["state"], len(server.requests)) == (("sent", 1) if matches else ("failed", 0))


def test_a_server_that_speaks_no_tls_gets_no_password(company: Company) -> None:
    with MailServer().running() as server:
        smtp = {"host": "localhost", "port": server.port, "security": "starttls", "sender": "kefu@example.com",
                "username": "kefu", "password": "right"}  # fmt: skip
        company.channel("email", provider="smtp", smtp=smtp)
        trial = company.call(contract.TEST_CHANNEL, channel="email", to="li@example.com")
        company.send_due()
    assert company.call(contract.GET_DELIVERY, delivery_id=trial["id"])["state"] == "parked"
    assert (server.logins, server.mails) == ([], [])
