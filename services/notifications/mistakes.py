"""What is wrong with a field, in the caller's language; each text says what to write instead."""

from __future__ import annotations

from typing import Any

from chassis.work import Transaction
from contracts.problems import INVALID, Problem

_TEXTS: dict[str, tuple[str, str]] = {
    # per code the English and the Chinese sentence
    "stray_brace": (
        "has `{piece}` at character {position}; only a variable's name stands in braces, and `{{{{` is a brace",
        "第 {position} 个字符处的 `{piece}` 有误:花括号内只能是变量名,花括号本身请写作 `{{{{`",
    ),
    "unknown_variable": (
        "`{name}` is not a variable of this template; it has: {known}",
        "模板没有变量 `{name}`,可用变量:{known}",
    ),
    "missing_variable": ("must be given: the wording uses it", "为必填项:正文使用了该变量"),
    "not_text": ("must be text", "应为文本"),
    "not_number": ("must be a number", "应为数字"),
    "not_moment": (
        "must be a moment with zone, such as 2026-11-22T09:00:00+08:00",
        "应为带时区的时刻,例如 2026-11-22T09:00:00+08:00",
    ),
    "not_date": ("must be a date, such as 2026-11-22", "应为日期,例如 2026-11-22"),
    "not_money": (
        'must be {{"amount": <whole fen>, "currency": "CNY"}}',
        '应为 {{"amount": <整数分>, "currency": "CNY"}}',
    ),
    "not_label": (
        'must be a text per language: {{"zh-CN": ..., "en": ...}}',
        '应按语言给出文本:{{"zh-CN": ..., "en": ...}}',
    ),
    "no_address": (
        "cannot be reached over {channel}; write it as that channel needs it",
        "不是 {channel} 渠道的有效地址",
    ),
    "smtp_is_for_mail": (
        "smtp serves the channel email only; choose http or file",
        "smtp 仅用于 email 渠道,请选择 http 或 file",
    ),
    "not_a_sender": (
        "must be a mail address, such as Service <service@example.com>",
        "应为邮箱地址,例如 客服 <service@example.com>",
    ),
    "user_in_url": (
        "must not hold a user or password; the signature says who we are",
        "不得包含用户名或密码,身份由签名证明",
    ),
    "private_network": (
        "stands in a private network, where the platform does not send; give a public host",
        "位于内部网络,平台不向其发送,请使用公网主机",
    ),
    "not_https": ("must begin with https://", "必须以 https:// 开头"),
    "port_not_allowed": (
        "has the port {port}, where the platform does not send; it sends to: {allowed}",
        "端口 {port} 不允许,平台仅向以下端口发送:{allowed}",
    ),
    "unknown_event_type": (
        "`{name}` is no event that your company can get; see /v1/webhooks/event-types",
        "`{name}` 不是贵公司可订阅的事件,请查看 /v1/webhooks/event-types",
    ),
    "event_not_readable": (
        "`{name}` needs the permission {permission}, which you do not have",
        "订阅 `{name}` 需要您拥有权限 {permission}",
    ),
    "signing_secret": (
        "is missing or cannot sign: give whsec_ and the base64 of 24 to 64 random bytes (openssl rand -base64 32)",
        "缺失或无法用于签名:请提供 whsec_ 加 24 至 64 个随机字节的 base64(openssl rand -base64 32)",
    ),
}


def mistake(tx: Transaction, field: str, code: str, **params: Any) -> dict[str, Any]:
    """One entry of a problem's `errors`."""
    en, zh = _TEXTS[code]
    return {"field": field, "code": code, "message": (en if tx.ctx.locale == "en" else zh).format(**params)}


def invalid(tx: Transaction, field: str, code: str, **params: Any) -> Problem:
    """The problem `invalid_request` of one field."""
    return INVALID([mistake(tx, field, code, **params)])
