"""What a signed-in person does with their own account."""

from __future__ import annotations

from marshmallow import fields, validate

from contracts.fields import Body, Id, Moment, PageQuery, Reply, page_of
from contracts.problems import INVALID, NOT_FOUND, ProblemType
from contracts.tenants.common import Password, operation

WRONG_PASSWORD = ProblemType(
    "wrong_password",
    403,
    "The present password is wrong, or the account is locked for a while after failed attempts. A key has no password.",
    "当前密码有误,或账号因多次失败暂时锁定。API 密钥没有密码。",
)


class PasswordChange(Body):
    password = fields.String(
        required=True, validate=validate.Length(1, 200), load_only=True, metadata={"description": "The present one."}
    )
    new_password = Password(required=True)


class SessionReply(Reply):
    """A sign-in that is still good."""

    id = Id(required=True)
    created_at = Moment(required=True)
    expires_at = Moment(required=True, metadata={"description": "Unless it is renewed before."})
    ends_at = Moment(required=True, metadata={"description": "However often it is renewed."})
    current = fields.Boolean(required=True, metadata={"description": "The one this very call is made in."})


CHANGE_PASSWORD = operation(
    "change_password",
    "Change my password; signs me out everywhere else",
    verb="POST",
    path="/v1/me/password",
    body=PasswordChange,
    success=204,
    errors=(WRONG_PASSWORD, INVALID),
)
LIST_MY_SESSIONS = operation(
    "list_my_sessions",
    "Where I am signed in, newest first",
    verb="GET",
    path="/v1/me/sessions",
    query=PageQuery,
    reply=page_of(SessionReply),
)
END_MY_SESSION = operation(
    "end_my_session",
    "Sign out one of my sessions",
    verb="DELETE",
    path="/v1/me/sessions/{session_id}",
    success=204,
    errors=(NOT_FOUND,),
)

OPERATIONS = (CHANGE_PASSWORD, LIST_MY_SESSIONS, END_MY_SESSION)
