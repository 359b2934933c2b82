"""One complaint through every channel a company's policy publishes."""

from __future__ import annotations

from kefu.demo.api import Json
from kefu.demo.loading import Company
from kefu.demo.player import Player
from kefu.demo.stories import Step

_FACT_TEXT = "市消费者协会"
_CONTENTS = (
    "预约后到场仍等待一个多小时，无人接待。",
    "多次联系无人回复，希望给出处理时间。",
    "收费项目与告知不一致，要求说明。",
    "工作人员态度生硬，希望改进服务。",
    "公共区域卫生较差，希望加强打扫。",
    "资料办理进度慢，要求明确时间。",
)


def through_every_channel(company: Company, player: Player, by: str, unit: str, first_customer: int) -> int:
    """Register one complaint a channel, each by another customer; returns how many channels there are."""
    intake = company.person(by).get("/v1/complaint-intake")
    facts: Json = {fact["name"]: _FACT_TEXT for fact in intake["facts"] if fact["kind"] == "line"}
    for number, channel in enumerate(intake["channels"]):
        step: Step = {
            "by": by, "channel": channel["key"], "content": _CONTENTS[number % len(_CONTENTS)],
            "complainant": {"customer": first_customer + number}, "org_unit_id": {"unit": unit}, "facts": facts,
        }  # fmt: skip
        player.register(step)
    return len(intake["channels"])
