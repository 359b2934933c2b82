"""Problems as the caller gets them: RFC 9457 documents in the caller's language, with a page behind each type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, RequestEntityTooLarge

from chassis import logs
from contracts.problems import CATALOGUE, INTERNAL, LOCALES, MALFORMED, UNAUTHENTICATED, Problem, ProblemType
from gateway.arrival import arrival

log = logs.get(__name__)

MEDIA_TYPE = "application/problem+json"
TYPE_ROOT = "/v1/problems/"
_MAX_READ_AWAY = 32_000_000
_CHUNK = 65_536

UNKNOWN_ROUTE = ProblemType(
    "unknown_route",
    404,
    "There is nothing at {path}. The paths are listed at /v1/docs.",
    "{path} 不存在。可用路径见 /v1/docs。",
)
METHOD_NOT_ALLOWED = ProblemType(
    "method_not_allowed",
    405,
    "{method} is not possible here; {allowed} is.",
    "此处不支持 {method},可用方法:{allowed}。",
)
UNSUPPORTED_MEDIA_TYPE = ProblemType(
    "unsupported_media_type",
    415,
    "Send the body as {wanted}, and say so in Content-Type.",
    "请以 {wanted} 格式发送请求体,并在 Content-Type 中注明。",
)
TOO_LARGE = ProblemType(
    "body_too_large",
    413,
    "The body is larger than {limit} bytes. Send less at a time.",
    "请求体超过 {limit} 字节,请减小后重试。",
)
URI_TOO_LONG = ProblemType(
    "uri_too_long",
    414,
    "The address is longer than 8190 bytes. Put what makes it long into the body, or ask for less at a time.",
    "请求地址超过 8190 字节,请缩短查询条件或分次请求。",
)
HEADERS_TOO_LARGE = ProblemType(
    "headers_too_large",
    431,
    "A header is longer than 8190 bytes, or there are too many. Send fewer and shorter ones.",
    "请求头过长或过多(单个上限 8190 字节),请减少后重试。",
)
RATE_LIMITED = ProblemType(
    "rate_limited",
    429,
    "More than {limit} requests in {window} seconds. Wait {seconds} s and go on more slowly.",
    "请求过于频繁:{window} 秒内上限为 {limit} 次。请等待 {seconds} 秒后以较低频率继续。",
)
WRONG_AUDIENCE = ProblemType(
    "wrong_audience",
    403,
    "This is for a credential of another kind: {wanted}. Yours is: {given}.",
    "此操作需要另一类凭证({wanted}),当前凭证类型为:{given}。",
)

_NOUNS_ZH = {
    "complaint": "投诉",
    "customer": "客户",
    "asset": "资产",
    "contact": "联系方式",
    "tenant": "租户",
    "staff": "员工",
    "staff member": "员工",
    "role": "角色",
    "org unit": "组织单元",
    "API key": "密钥",
    "service": "服务",
    "policy": "制度",
    "draft": "草稿",
    "template": "模板",
    "delivery": "投递",
    "notification": "通知",
    "import": "导入",
    "attachment": "附件",
    "form": "表单",
    "sheet": "单据",
    "report": "报表",
    "export": "导出任务",
    "message": "消息",
    "opt-out": "退订记录",
    "webhook": "事件推送",
    "member": "成员",
    "deadline": "期限",
    "session": "登录会话",
    "channel": "渠道",
    "filter": "筛选方案",
    "bulk": "批量操作",
    "paper": "存档文件",
    "reply template": "回复模板",
}
"""What the `kind` parameter of problems names, for Chinese texts; what is not here shows as it is."""


def register(app: Flask) -> None:
    """Answer every error of `app` as a problem document."""
    app.register_error_handler(Problem, rendered)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unexpected)


def document(problem: Problem, locale: str) -> dict[str, Any]:
    """The problem document of `problem` in `locale`."""
    kind = CATALOGUE.get(problem.code)
    params = {"request_id": arrival().request_id} | _worded(problem.params, locale)
    body: dict[str, Any] = {
        "type": TYPE_ROOT + problem.code,
        "title": problem.code.replace("_", " ").capitalize(),
        "status": problem.status,
        "detail": kind.text(locale, params) if kind else problem.code,
        "code": problem.code,
        "request_id": arrival().request_id,
    }
    if problem.errors:
        body["errors"] = [_field_error(error, locale) for error in problem.errors]
    return body


def rendered(problem: Problem) -> Response:
    """The HTTP answer to `problem`."""
    _read_away()
    body = orjson.dumps(document(problem, arrival().locale), default=str)
    response = Response(body, status=problem.status, content_type=MEDIA_TYPE)
    response.headers["Content-Language"] = arrival().locale
    kind = CATALOGUE.get(problem.code)
    seconds = problem.params.get("seconds", kind.retry_after if kind else None)
    if seconds is not None and problem.status in {409, 429, 503, 504}:
        response.headers["Retry-After"] = str(seconds)
    if problem.status == UNAUTHENTICATED.status:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _read_away() -> None:
    """Read what is left of a refused body, within reason: a server that closes a connection with unread data in it
    takes the answer away from the client, who then sees a broken connection instead of the problem."""
    if not request.environ.get("wsgi.input_terminated"):
        return
    stream, left = request.environ["wsgi.input"], _MAX_READ_AWAY
    while left > 0 and (chunk := stream.read(_CHUNK)):
        left -= len(chunk)


def malformed(en: str, zh: str) -> Problem:
    """MALFORMED for the reason given in both languages."""
    return MALFORMED(reason={"en": en, "zh-CN": zh})


def _worded(params: Mapping[str, Any], locale: str) -> dict[str, Any]:
    """The parameters in `locale`: a mapping by language is resolved, a `kind` is named."""
    worded = {
        key: value[locale] if isinstance(value, Mapping) and set(value) == set(LOCALES) else value
        for key, value in params.items()
    }
    if locale != "en" and "kind" in worded:
        worded["kind"] = _NOUNS_ZH.get(worded["kind"], worded["kind"])
    return worded


def _field_error(error: Mapping[str, Any], locale: str) -> dict[str, Any]:
    """One entry of `errors`; without a message of its own it gets the text of the problem its code names."""
    shown = {key: value for key, value in error.items() if key != "params"}
    message = shown.get("message")
    if isinstance(message, Mapping):
        shown["message"] = message.get(locale, "")
    elif message is None:
        kind = CATALOGUE.get(error.get("code", ""))
        shown["message"] = kind.text(locale, error.get("params") or {}) if kind else error.get("code", "")
    return shown


def _http_error(error: HTTPException) -> Response:
    """What Flask and werkzeug refuse by themselves."""
    if error.code is None or error.code < 400:
        return error.get_response()  # type: ignore[return-value]
    if isinstance(error, MethodNotAllowed):
        allowed = ", ".join(sorted(error.valid_methods or ()))
        response = rendered(METHOD_NOT_ALLOWED(method=request.method, allowed=allowed))
        response.headers["Allow"] = allowed
        return response
    if isinstance(error, RequestEntityTooLarge):
        return rendered(TOO_LARGE(limit=request.max_content_length))
    if error.code == 404:
        return rendered(UNKNOWN_ROUTE(path=request.path[:200]))
    return rendered(malformed(f"{error.name}", "请求格式有误"))


def _unexpected(error: Exception) -> Response:
    route = request.url_rule.rule if request.url_rule else "unknown"  # a path can hold a status link's token
    log.error("the gateway broke", exc_info=error, route=route)
    return rendered(INTERNAL())
