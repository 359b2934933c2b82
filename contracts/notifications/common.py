"""Names and problems the other parts of this contract share."""

from __future__ import annotations

from marshmallow import validate

from contracts.problems import ProblemType

SERVICE = "notifications"
LANGUAGES = ("zh-CN", "en")
EXTERNAL_CHANNELS = ("sms", "email", "push", "webhook")
"""Channels that leave the platform; each has the provider the tenant chose."""
CHANNELS = ("in_app", *EXTERNAL_CHANNELS)
PROVIDERS = ("smtp", "http", "file")
STATES = ("queued", "sending", "sent", "delivered", "failed", "parked", "suppressed", "cancelled")
"""`failed` waits for its next attempt, `parked` waits for a person, `suppressed` was not to be sent (see `reason`)."""

DELIVERY_STATE = ProblemType(
    "delivery_state", 409,
    "The delivery is {state}; only one that is {allowed} can be {wanted}. Read it again.",
    "该投递当前状态为 {state},仅状态为 {allowed} 的投递可执行此操作({wanted}),请重新读取。",
)  # fmt: skip
NOT_STAFF = ProblemType(
    "staff_only", 403,
    "Only a staff member has an inbox. Sign in at /v1/sessions; an API key reads /v1/deliveries instead.",
    "仅员工拥有收件箱。请通过 /v1/sessions 登录;API 密钥可查询 /v1/deliveries。",
)  # fmt: skip


def one_of(*choices: str) -> validate.OneOf:
    return validate.OneOf(choices, error="must be one of: {choices}")
