"""Staff sign in, stay signed in, sign out; anybody asks who they are."""

from __future__ import annotations

from marshmallow import fields, validate

from contracts.core import Audience
from contracts.fields import Body, Id, Moment, Reply
from contracts.problems import UNAUTHENTICATED, ProblemType
from contracts.tenants.common import operation
from contracts.tenants.second_factor import Code

SIGN_IN_REFUSED = ProblemType(
    "sign_in_refused",
    401,
    "Company, user name, password or code is wrong, or the account is closed or locked for a while after failed "
    "attempts. Check them all; wait {minutes} minutes, or ask your administrator.",
    "公司、用户名、密码或验证码有误,或账号已停用或因多次失败暂时锁定。请核对后再试,等待 {minutes} 分钟,或联系管理员。",
)
CODE_NEEDED = ProblemType(
    "second_factor_needed",
    401,
    "This account has a second factor. Send the same again with `code`: what the authenticator app shows, or a "
    "recovery code.",
    "该账号已启用第二验证因素。请在请求中加入 code(验证器应用显示的验证码或恢复码)后重新提交。",
)


class SignIn(Body):
    tenant = fields.String(
        required=True, validate=validate.Length(1, 64), metadata={"description": "The company's code."}
    )
    username = fields.String(required=True, validate=validate.Length(1, 64))
    password = fields.String(required=True, validate=validate.Length(1, 200), load_only=True)
    code = Code(
        load_default=None,
        allow_none=True,
        metadata={"description": "Where a second factor is set up: of the app, or a recovery code."},
    )


class Refresh(Body):
    refresh_token = fields.String(required=True, validate=validate.Length(1, 200))


class Tokens(Reply):
    access_token = fields.String(required=True)
    expires_at = Moment(required=True)
    refresh_token = fields.String(required=True, metadata={"description": "Good once; the answer brings the next one."})
    refresh_expires_at = Moment(required=True)
    token_type = fields.Constant("Bearer")
    must_enrol = fields.Boolean(
        required=True,
        metadata={
            "description": "A role of mine wants a second factor and I have none: until it is set up at "
            "/v1/me/second-factor, this session opens nothing but my own account."
        },
    )


class ActorReply(Reply):
    kind = fields.String(required=True)
    id = fields.String(required=True)
    name = fields.String(required=True)


class Me(Reply):
    """Who the credential makes its holder."""

    actor = fields.Nested(ActorReply, required=True)
    tenant_id = Id(required=True)
    tenant_code = fields.String(required=True)
    tenant_name = fields.String(required=True)
    services = fields.List(fields.String(), required=True)
    roles = fields.List(fields.String(), required=True)
    permissions = fields.List(fields.String(), required=True)
    org_unit_ids = fields.List(Id(), allow_none=True)
    locale = fields.String(required=True)


SIGN_IN = operation(
    "sign_in",
    "Sign in with company, user name and password, and a code where the account has a second factor",
    verb="POST",
    path="/v1/sessions",
    body=SignIn,
    reply=Tokens,
    success=201,
    audience=Audience.PUBLIC,
    errors=(SIGN_IN_REFUSED, CODE_NEEDED),
)
REFRESH_SESSION = operation(
    "refresh_session",
    "Trade a refresh token for new tokens; a token used twice ends the session",
    verb="POST",
    path="/v1/sessions/refresh",
    body=Refresh,
    reply=Tokens,
    audience=Audience.PUBLIC,
    errors=(UNAUTHENTICATED,),
)
SIGN_OUT = operation(
    "sign_out",
    "End this session",
    verb="DELETE",
    path="/v1/sessions/current",
    success=204,
)
GET_ME = operation(
    "get_me",
    "Who I am here and what I may do",
    verb="GET",
    path="/v1/me",
    reply=Me,
)

OPERATIONS = (SIGN_IN, REFRESH_SESSION, SIGN_OUT, GET_ME)
