"""E-mail by the tenant's own mail server."""

from __future__ import annotations

import smtplib
import socket
import ssl
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, parseaddr

from services.notifications.providers.base import (
    TIMEOUT_SECONDS,
    Accepted,
    Envelope,
    Failed,
    Outcome,
    Refused,
    tls_context,
)
from services.notifications.providers.guard import Forbidden, Unreachable, address_of


class SmtpProvider:
    """One connection a message; TLS checked against the server's name. A 5xx answer refuses, a 4xx or silence fails."""

    def send(self, envelope: Envelope) -> Outcome:
        mail = _mail(envelope)
        try:
            with _connected(envelope) as server:
                # not send_message: it would write a line's `From ` as `>From `
                server.sendmail(parseaddr(envelope.settings["sender"])[1], [envelope.to], mail.as_bytes(policy=SMTP))
        except Forbidden as error:
            return Refused(str(error))
        except smtplib.SMTPRecipientsRefused as error:
            return _answered(*next(iter(error.recipients.values())))
        except smtplib.SMTPResponseException as error:
            return _answered(error.smtp_code, error.smtp_error)
        except smtplib.SMTPNotSupportedError as error:
            return Refused(str(error))
        except ssl.SSLCertVerificationError as error:
            return Failed(f"the mail server's certificate is not valid: {error.verify_message}")
        except (Unreachable, smtplib.SMTPException, OSError) as error:
            return Failed(f"the mail server does not answer: {type(error).__name__}: {error}")
        return Accepted(str(mail["Message-ID"]))


def _mail(envelope: Envelope) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = envelope.settings["sender"]
    mail["To"] = envelope.to
    mail["Subject"] = envelope.title
    mail["Date"] = formatdate()
    mail["Message-ID"] = f"<{envelope.delivery_id}@kefu>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["Content-Language"] = envelope.language
    mail.set_content(envelope.body)
    return mail


def _connected(envelope: Envelope) -> smtplib.SMTP:
    settings = envelope.settings
    host, port, security = settings["host"], settings["port"], settings["security"]
    address = address_of(host, port)
    server: smtplib.SMTP
    if security == "tls":
        server = _PinnedTls(address, host, port, timeout=TIMEOUT_SECONDS)
    else:
        server = _Pinned(address, host, port, timeout=TIMEOUT_SECONDS)
    try:
        if security == "starttls":
            server.starttls(context=tls_context())
        if settings.get("username"):
            server.login(settings["username"], envelope.secret or "")
    except BaseException:
        server.close()
        raise
    return server


class _Pinned(smtplib.SMTP):
    """Connects to the address that was checked; the host's name stays what certificates are checked against."""

    def __init__(self, address: str, host: str, port: int, *, timeout: float) -> None:
        self._address = address
        super().__init__(host, port, timeout=timeout)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:  # noqa: ARG002  (smtplib's own hook)
        return socket.create_connection((self._address, port), timeout)


class _PinnedTls(_Pinned):
    """TLS from the first byte."""

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = super()._get_socket(host, port, timeout)
        try:
            return tls_context().wrap_socket(plain, server_hostname=host)
        except BaseException:
            plain.close()
            raise


def _answered(code: int, text: bytes | str) -> Outcome:
    said = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    detail = f"the mail server answered {code} {said}"[:500]
    return Refused(detail) if 500 <= code < 600 else Failed(detail)
