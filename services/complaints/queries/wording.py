"""What reports call their figures and tables, in each language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from contracts.problems import LOCALES
from services.complaints.policy import Policy, text

Labels = Mapping[str, str]

_COLUMNS: Mapping[str, tuple[str, str, str]] = {
    "received": ("count", "受理件数", "Received"),
    "closed": ("count", "结案件数", "Closed"),
    "open_at_end": ("count", "期末未结", "Open at the end"),
    "counted": ("count", "有效投诉", "Valid"),
    "counted_share": ("percent", "有效率(%)", "Valid, per cent"),
    "closed_share": ("percent", "本期受理结案率(%)", "Of the received, closed, per cent"),
    "with_breach": ("count", "有超时的件数", "With a missed deadline"),
    "breaches": ("count", "超时次数", "Missed deadlines"),
    "urging_notices": ("count", "催办单", "Urging notices"),
    "reopened": ("count", "重新打开", "Reopened"),
    "repeated": ("count", "重复投诉", "Follow an earlier case"),
    "asked": ("count", "满意度回访数", "Asked for satisfaction"),
    "satisfied": ("count", "满意", "Satisfied"),
    "satisfied_share": ("percent", "满意率(%)", "Satisfied, per cent"),
    "first_response_hours": ("number", "平均首次响应(小时)", "First response, hours on average"),
    "closing_days": ("number", "平均结案(天)", "Closing, days on average"),
    "claimed": ("money", "索赔金额", "Claimed"),
    "merged": ("count", "并入其他案件(不计入其他各项)", "Merged into others, in no other figure"),
    "base": ("count", "客户或订单数", "Customers or orders"),
    "per_thousand": ("number", "每千客户(订单)投诉件数", "Complaints per 1,000 customers or orders"),
    "awarded": ("count", "补偿单数", "Awards"),
    "awards": ("money", "已批准补偿金额", "Awards, as approved"),
    "measures_opened": ("count", "纠正措施:提出", "Corrective actions: opened"),
    "measures_done": ("count", "纠正措施:完成", "Corrective actions: completed"),
    "measures_worked": ("count", "纠正措施:验证有效", "Corrective actions: found effective"),
    "measures_failed": ("count", "纠正措施:验证无效", "Corrective actions: found ineffective"),
    "measures_open": ("count", "纠正措施:期末未完成", "Corrective actions: open at the end"),
    "measures_late": ("count", "纠正措施:其中逾期", "Corrective actions: of these, late"),
    "cases": ("count", "件数", "Cases"),
    "share": ("percent", "占比(%)", "Share, per cent"),
    "cumulative": ("percent", "累计占比(%)", "Added up, per cent"),
    "loss": ("money", "损失金额", "Loss"),
}
"""Figure, or column of a table -> unit and names. `percent` and `number` have one decimal; `money` is in fen."""
_TABLES: Mapping[str, tuple[str, str]] = {
    "category": ("按类别", "By category"),
    "level": ("按级别", "By level"),
    "channel": ("按渠道", "By channel"),
    "department": ("按责任部门", "By department"),
    "validity": ("按性质", "By validity"),
    "outcome": ("按处理结果", "By outcome"),
    "satisfaction": ("按满意度", "By satisfaction"),
    "org_unit": ("按组织单元", "By org unit"),
    "responsibility": ("责任划分", "Responsibility"),
    "causes": ("主要原因(帕累托)", "Causes (Pareto)"),
}
_USUAL = ("received", "counted", "closed")
_TABLE_COLUMNS = {"responsibility": ("cases", "share", "loss"), "causes": ("counted", "share", "cumulative")}
_LISTS = {
    "category": "categories", "level": "levels", "channel": "channels", "department": "departments",
    "validity": "validities", "outcome": "outcomes", "satisfaction": "satisfaction",
}  # fmt: skip
"""Grouping -> the list of the policy whose keys are its groups."""
NOT_KNOWN: Labels = {"zh-CN": "未定", "en": "not known"}


def described(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Those figures with what they are called and counted in."""
    return {
        "figures": dict(figures),
        "labels": {name: _labels(*_COLUMNS[name][1:]) for name in figures},
        "units": {name: _COLUMNS[name][0] for name in figures},
    }


def table(by: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """A table with its heading and columns."""
    names = _TABLE_COLUMNS.get(by, _USUAL)
    columns = [{"name": name, "labels": _labels(*_COLUMNS[name][1:]), "unit": _COLUMNS[name][0]} for name in names]
    return {"by": by, "labels": _labels(*_TABLES[by]), "columns": columns, "rows": rows}


def group_labels(policy: Policy, by: str, key: str | None) -> Labels:
    """What a group of a table is called; the key itself when the policy no longer has it."""
    if key is None:
        return NOT_KNOWN
    return {locale: policy.label(_LISTS[by], key, locale) or key for locale in LOCALES}


def in_language(content: Mapping[str, Any], locale: str) -> dict[str, Any]:
    """A report's content with its labels in one language, as replies have it."""
    return {
        "figures": content["figures"],
        "labels": {name: text(labels, locale) for name, labels in content["labels"].items()},
        "counts": [{**count, "label": text(count["labels"], locale)} for count in content["counts"]],
        "tables": [
            {
                "by": table["by"], "label": text(table["labels"], locale),
                "rows": [{**row, "label": text(row["labels"], locale)} for row in table["rows"]],
            }
            for table in content["tables"]
        ],
    }  # fmt: skip


def _labels(zh: str, en: str) -> Labels:
    return {"zh-CN": zh, "en": en}
