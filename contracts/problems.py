"""Errors as a published language: every problem has a stable code, a status and its text in each language.

A service raises `SOME_TYPE(param=...)`; the error crosses RPC as data; the gateway renders it as RFC 9457
`application/problem+json` in the caller's language. Texts say what to do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

LOCALES = ("en", "zh-CN")
DEFAULT_LOCALE = "zh-CN"


@dataclass(frozen=True, slots=True)
class ProblemType:
    """A kind of problem. Calling it makes the exception: `raise NOT_FOUND(kind="complaint", id=...)`."""

    code: str
    status: int
    en: str
    zh: str
    retry_after: int | None = None
    """Seconds after which trying again makes sense; sent as Retry-After."""

    def __call__(self, /, errors: Sequence[Mapping[str, Any]] = (), **params: Any) -> Problem:
        return Problem(self.code, self.status, dict(params), [dict(e) for e in errors])

    def __post_init__(self) -> None:
        CATALOGUE.setdefault(self.code, self)
        if CATALOGUE[self.code] is not self:
            raise ValueError(f"problem code {self.code!r} is declared twice")

    def text(self, locale: str, params: Mapping[str, Any]) -> str:
        """The problem's sentence in `locale`; a missing parameter shows as its name, never as a crash."""
        template = self.en if locale == "en" else self.zh
        return template.format_map(_Lenient(params))


class _Lenient(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return f"{{{key}}}"


CATALOGUE: dict[str, ProblemType] = {}


def both(en: str, zh: str) -> dict[str, str]:
    """A text in each language, for a problem's parameter or a field's `message`: the gateway shows the caller's."""
    return {"en": en, "zh-CN": zh}


class Problem(Exception):
    """One occurrence of a problem, as it crosses RPC.

    `errors` holds one mapping per bad field: `field` (dotted path), `code`, and optionally `message` or `params`.
    """

    def __init__(
        self,
        code: str,
        status: int,
        params: dict[str, Any] | None = None,
        errors: list[dict[str, Any]] | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.status = status
        self.params = params or {}
        self.errors = errors or []

    def __str__(self) -> str:
        return f"{self.code} {self.params} {self.errors}" if self.errors else f"{self.code} {self.params}"

    def to_wire(self) -> dict[str, Any]:
        return {"code": self.code, "status": self.status, "params": self.params, "errors": self.errors}

    @classmethod
    def from_wire(cls, data: Mapping[str, Any]) -> Problem:
        return cls(data["code"], data["status"], dict(data.get("params") or {}), list(data.get("errors") or []))


INVALID = ProblemType(
    "invalid_request",
    422,
    "Some fields are not acceptable; see `errors`, mend them and send again. Nothing was stored.",
    "部分字段不符合要求,请按 errors 逐项修改后重新提交;本次未保存任何内容。",
)
MALFORMED = ProblemType(
    "malformed_request",
    400,
    "The request could not be read: {reason}.",
    "请求无法解析:{reason}。",
)
UNAUTHENTICATED = ProblemType(
    "unauthenticated",
    401,
    "No valid credential. Send `Authorization: Bearer <API key or access token>`; "
    "an expired token is renewed at /v1/sessions/refresh.",
    "凭证缺失、无效或已过期。请在请求头中提供 Authorization: Bearer <密钥或访问令牌>;"
    "令牌过期请到 /v1/sessions/refresh 换取。",
)
FORBIDDEN = ProblemType(
    "forbidden",
    403,
    "This needs the permission {permission}. Ask your administrator for a role or key that has it.",
    "此操作需要权限 {permission},请联系管理员授予相应角色或密钥。",
)
SECOND_FACTOR_REQUIRED = ProblemType(
    "second_factor_required",
    403,
    "One of your roles wants a second factor and you have none yet. Set it up at /v1/me/second-factor; until then only "
    "your own account is open to you.",
    "您的角色要求第二验证因素,但您尚未设置。请先在 /v1/me/second-factor 完成设置,在此之前只能访问本人账号。",
)
OUT_OF_SCOPE = ProblemType(
    "org_unit_out_of_scope",
    403,
    "Your credential does not cover this org unit. Ask your administrator to extend it, or choose one of yours.",
    "您的凭证不包含该组织单元。请联系管理员扩大范围,或选择您所属的单元。",
)
NOT_ENABLED = ProblemType(
    "service_not_enabled",
    403,
    "The service {service} is not enabled for your company. The platform operator can enable it.",
    "贵公司未启用 {service} 服务,可请平台运营方开通。",
)
NOT_FOUND = ProblemType(
    "not_found",
    404,
    "There is no such {kind}. Check the id; it may belong to something else or have been removed.",
    "未找到该{kind},请核对标识。",
)
CONFLICT = ProblemType(
    "conflict",
    409,
    "This contradicts what is stored: {reason}.",
    "与现有数据冲突:{reason}。",
)
STALE = ProblemType(
    "stale_version",
    412,
    "Somebody changed it meanwhile (now version {version}). Read it again and repeat your change on what you then see.",
    "数据已被他人修改(当前版本 {version})。请重新读取后再修改。",
)
KEY_REUSED = ProblemType(
    "idempotency_key_reused",
    422,
    "This Idempotency-Key was used for a different request. Use a new key for a new request.",
    "该 Idempotency-Key 已用于另一请求,请为新请求使用新的键。",
)
KEY_IN_USE = ProblemType(
    "idempotency_key_in_use",
    409,
    "A request with this Idempotency-Key is being handled. Send it again in a moment to get its answer.",
    "使用该 Idempotency-Key 的请求正在处理,请稍后重试以取得其结果。",
    retry_after=1,
)
REPLY_ERASED = ProblemType(
    "reply_erased",
    410,
    "The request with this Idempotency-Key was carried out. Its answer spoke of a record that has been erased since, "
    "so it is not kept, and the request is not carried out again.",
    "使用该 Idempotency-Key 的请求此前已执行。其结果涉及的记录现已依法销毁,故不再保留,请求也不会再次执行。",
)
DEADLINE_EXCEEDED = ProblemType(
    "deadline_exceeded",
    504,
    "No answer in time. A write may or may not have happened: repeat it with the same Idempotency-Key.",
    "未在时限内得到答复。写操作可能已执行:请使用相同的 Idempotency-Key 重试。",
    retry_after=1,
)
UNAVAILABLE = ProblemType(
    "service_unavailable",
    503,
    "The service {service} does not answer at the moment. Others go on. "
    "Try again shortly, with the same Idempotency-Key.",
    "{service} 服务暂时不可用,其他服务不受影响。请稍后使用相同的 Idempotency-Key 重试。",
    retry_after=1,
)
FILE_INFECTED = ProblemType(
    "file_infected",
    422,
    "The virus scanner found {found} in this file. It was not stored. Clean your machine, or send the file in another "
    "form, such as a picture of it.",
    "病毒扫描在该文件中发现 {found},文件未保存。请先清除病毒,或改用其他形式(如图片)提交。",
)
SCANNER_UNAVAILABLE = ProblemType(
    "scanner_unavailable",
    503,
    "Files cannot be checked for viruses at the moment, so none are taken. Nothing was stored; try again shortly. "
    "Everything else goes on.",
    "暂时无法对文件进行病毒扫描,因此不能接收文件。本次未保存任何内容,请稍后重试;其他功能不受影响。",
    retry_after=30,
)
PRINTING_UNAVAILABLE = ProblemType(
    "printing_unavailable",
    503,
    "This cannot be printed at the moment: {reason}. Nothing is lost.",
    "暂时无法打印:{reason}。数据不受影响。",
    retry_after=5,
)
INTERNAL = ProblemType(
    "internal_error",
    500,
    "Something broke on our side. Nothing was stored. Quote the request id {request_id} to support.",
    "系统内部错误,未保存任何内容。请将请求号 {request_id} 提供给支持人员。",
)
