"""The second factor of a person's sign-in: codes of an authenticator app (TOTP, RFC 6238), and recovery codes."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from contracts.fields import Body, Moment, Reply, Whole
from contracts.problems import CONFLICT, NOT_FOUND, OUT_OF_SCOPE, ProblemType
from contracts.tenants.common import operation
from contracts.tenants.keys import SCOPE_TOO_WIDE

POLICIES = ("optional", "required")
"""What a role may say of its holders' second factor."""

PROOF_REFUSED = ProblemType(
    "proof_refused",
    403,
    "The present password or the code is wrong, or the account is locked for a while after failed attempts. "
    "Wait for the next code: each works once. A key has neither.",
    "当前密码或验证码有误,或账号因多次失败暂时锁定。每个验证码只能使用一次,请等待下一个。API 密钥没有密码和验证码。",
)


class Code(fields.String):
    """What the authenticator app shows (six digits), or a recovery code; blanks and hyphens do not matter."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(validate=validate.Length(6, 40), load_only=True, **kwargs)


class Proof(Body):
    """That it is really the account's owner who asks."""

    password = fields.String(
        required=True, validate=validate.Length(1, 200), load_only=True, metadata={"description": "The present one."}
    )
    code = Code(
        load_default=None,
        allow_none=True,
        metadata={"description": "Needed once a second factor is set up: of the app, or a recovery code."},
    )


class Confirmation(Body):
    code = Code(required=True, metadata={"description": "What the app shows now."})


class SecondFactor(Reply):
    """How the caller's own sign-in is secured."""

    enrolled = fields.Boolean(required=True)
    required = fields.Boolean(required=True, metadata={"description": "One of my roles wants it."})
    since = Moment(allow_none=True)
    recovery_codes_left = Whole(required=True)


class Enrolment(Reply):
    """What the authenticator app has to know; shown once. It counts only when it is confirmed with a code."""

    secret = fields.String(required=True, metadata={"description": "To be typed where no camera is."})
    provisioning_uri = fields.String(
        required=True, metadata={"description": "`otpauth://totp/...`: show it as a QR code."}
    )
    confirm_before = Moment(required=True)


class RecoveryCodes(Reply):
    """Each opens one sign-in when the app is lost. Shown once; the ones before are no longer good."""

    recovery_codes = fields.List(fields.String(), required=True)


GET_SECOND_FACTOR = operation(
    "get_second_factor",
    "Whether my sign-in has a second factor, and whether it must",
    verb="GET",
    path="/v1/me/second-factor",
    reply=SecondFactor,
)
BEGIN_SECOND_FACTOR = operation(
    "begin_second_factor",
    "Set up an authenticator app, or another one in its place: begin",
    verb="POST",
    path="/v1/me/second-factor",
    body=Proof,
    reply=Enrolment,
    success=201,
    errors=(PROOF_REFUSED,),
    description="The one set up before stays good until the new one is confirmed.",
)
CONFIRM_SECOND_FACTOR = operation(
    "confirm_second_factor",
    "Show that the app works: from now on signing in wants its code",
    verb="POST",
    path="/v1/me/second-factor/confirm",
    body=Confirmation,
    reply=RecoveryCodes,
    errors=(PROOF_REFUSED, CONFLICT),
)
RENEW_RECOVERY_CODES = operation(
    "renew_recovery_codes",
    "Ten new recovery codes in the place of the old ones",
    verb="POST",
    path="/v1/me/second-factor/recovery-codes",
    body=Proof,
    reply=RecoveryCodes,
    errors=(PROOF_REFUSED, CONFLICT),
)
REMOVE_SECOND_FACTOR = operation(
    "remove_second_factor",
    "Sign in by password alone again; not where one of my roles wants a second factor",
    verb="POST",
    path="/v1/me/second-factor/remove",
    body=Proof,
    success=204,
    errors=(PROOF_REFUSED, CONFLICT),
)
RESET_SECOND_FACTOR = operation(
    "reset_second_factor",
    "Take away the second factor of somebody who lost theirs; signs the person out everywhere",
    verb="DELETE",
    path="/v1/staff/{staff_id}/second-factor",
    permission="tenants.staff",
    success=204,
    errors=(NOT_FOUND, SCOPE_TOO_WIDE, OUT_OF_SCOPE),
    description="Make sure first that it is really the person who asks. They are told.",
)

OPERATIONS = (
    GET_SECOND_FACTOR,
    BEGIN_SECOND_FACTOR,
    CONFIRM_SECOND_FACTOR,
    RENEW_RECOVERY_CODES,
    REMOVE_SECOND_FACTOR,
    RESET_SECOND_FACTOR,
)
