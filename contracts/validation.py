"""What is wrong with each field of a request, with a stable code and in the reader's language.

marshmallow answers with English sentences only. The table below gives each of them a code and says in both languages
what to send instead. A sentence that is not in the table passes as it is, under the code `invalid`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import Schema, ValidationError

WHOLE = "_schema"
"""marshmallow's key for what concerns a mapping as a whole."""
MAX_ERRORS = 50
"""More errors than this are not listed: nobody mends more in one go."""


@dataclass(frozen=True, slots=True)
class _Row:
    pattern: re.Pattern[str]
    code: str
    en: str
    zh: str


def _row(pattern: str, code: str, en: str, zh: str) -> _Row:
    return _Row(re.compile(pattern, re.DOTALL), code, en, zh)


_TABLE = (
    _row(r"Missing data for required field\.", "required", "is required", "必填"),
    _row(
        r"Field may not be null\.", "null", "must not be null; leave it out or give a value", "不能为 null,请省略或填写"
    ),
    _row(
        r"Unknown field\.",
        "unknown_field",
        "is not a field here; remove it or check its spelling",
        "不存在该字段,请删除或检查拼写",
    ),
    _row(r"Shorter than minimum length 1\.", "required", "must not be empty", "不能为空"),
    _row(r"Shorter than minimum length (?P<n>\d+)\.", "too_short", "must have at least {n}", "长度至少为 {n}"),
    _row(r"Longer than maximum length (?P<n>\d+)\.", "too_long", "must have at most {n}", "长度最多为 {n}"),
    _row(r"must be at most (?P<n>\d+) characters", "too_long", "must have at most {n} characters", "最多 {n} 个字符"),
    _row(
        r"Length must be between (?P<a>\d+) and (?P<b>\d+)\.",
        "length",
        "must have {a} to {b}",
        "长度应为 {a} 至 {b}",
    ),
    _row(r"Length must be (?P<n>\d+)\.", "length", "must have exactly {n}", "长度应为 {n}"),
    _row(
        r"Must be greater than or equal to (?P<a>\S+) and less than or equal to (?P<b>\S+)\.",
        "out_of_range",
        "must be {a} to {b}",
        "应在 {a} 至 {b} 之间",
    ),
    _row(r"must be (?P<a>\d+) to (?P<b>\d+)", "out_of_range", "must be {a} to {b}", "应在 {a} 至 {b} 之间"),
    _row(r"Must be greater than or equal to (?P<a>\S+)\.", "out_of_range", "must be at least {a}", "不得小于 {a}"),
    _row(r"Must be less than or equal to (?P<a>\S+)\.", "out_of_range", "must be at most {a}", "不得大于 {a}"),
    _row(r"must be at least (?P<a>\S+) fen", "out_of_range", "must be at least {a} fen", "不得少于 {a} 分"),
    _row(
        r"[Mm]ust be one of:? (?P<choices>.+?)\.?",
        "not_a_choice",
        "must be one of: {choices}",
        "应为以下之一:{choices}",
    ),
    _row(
        r"One or more of the choices you made was not in: (?P<choices>.+)\.",
        "not_a_choice",
        "must only hold: {choices}",
        "只能包含:{choices}",
    ),
    _row(r"only CNY is kept", "not_a_choice", "must be CNY", "仅支持 CNY"),
    _row(r"Not a valid string\.", "not_text", "must be text", "应为文本"),
    _row(r"Not a valid utf-8 string\.", "not_text", "must be text in UTF-8", "应为 UTF-8 文本"),
    _row(r"Not a valid integer\.", "not_whole_number", "must be a whole number", "应为整数"),
    _row(r"Not a valid number\.", "not_number", "must be a number", "应为数字"),
    _row(r"Number too large\.", "out_of_range", "is too large a number", "数字过大"),
    _row(r"Special numeric values.*", "not_number", "must be a finite number", "应为有限数字"),
    _row(r"Not a valid boolean\.", "not_boolean", "must be true or false", "应为 true 或 false"),
    _row(r"Not a valid list\.", "not_list", "must be a list", "应为列表"),
    _row(r"Not a valid mapping type\.|Invalid (input )?type\.", "not_object", "must be an object", "应为对象"),
    _row(
        r"Not a valid date\.|must be a date that exists.*",
        "not_date",
        "must be a date that exists, such as 2026-11-22",
        "应为存在的日期,例如 2026-11-22",
    ),
    _row(r"Not a valid time\.", "not_time", "must be a time such as 09:00:00", "应为时刻,例如 09:00:00"),
    _row(
        r"must be a moment with zone.*",
        "not_moment",
        "must be a moment with zone that exists, such as 2026-11-22T09:00:00+08:00",
        "应为存在的、带时区的时刻,例如 2026-11-22T09:00:00+08:00",
    ),
    _row(
        r"must carry a zone.*",
        "zone_missing",
        "must carry a zone, such as 2026-11-22T09:00:00+08:00",
        "须带时区,例如 2026-11-22T09:00:00+08:00",
    ),
    _row(
        r"(Not a valid UUID\.|must be a UUID.*)",
        "not_uuid",
        "must be a UUID such as 0199e1a0-3c1e-7bb2-9f0e-2d6a4f3e9c11",
        "应为 UUID,例如 0199e1a0-3c1e-7bb2-9f0e-2d6a4f3e9c11",
    ),
    _row(r"Not a valid email address\.", "not_email", "must be an e-mail address", "应为电子邮箱地址"),
    _row(r"Not a valid URL\.", "not_url", "must be a URL that begins with https://", "应为以 https:// 开头的网址"),
    _row(
        r"String does not match expected pattern\.|Invalid (input|value)\.",
        "invalid",
        "has the wrong form",
        "格式不正确",
    ),
    _row(
        r"has a control character or broken text.*",
        "control_character",
        "has a control character or broken text; remove it",
        "含有控制字符或乱码,请删除",
    ),
    _row(
        r"must be one line.*",
        "not_one_line",
        "must be one line; remove line breaks and tabs",
        "应为单行,请删除换行和制表符",
    ),
    _row(
        r"use 1-64 of .*",
        "not_a_name",
        "use 1-64 of a-z, 0-9, `_`, `-`, `.`",
        "请使用 1 至 64 个 a-z、0-9、_、-、. 字符",
    ),
    _row(
        r'must be \{"amount": <whole fen>.*',
        "not_money",
        'must be {{"amount": <whole fen>, "currency": "CNY"}}',
        '应为 {{"amount": <整数分>, "currency": "CNY"}}',
    ),
    _row(r"names something twice.*", "repeated", "names something twice; list each once", "有重复项,每项只列一次"),
    _row(
        r"must be a time zone name.*",
        "not_zone",
        "must be a time zone name such as Asia/Shanghai",
        "应为时区名,例如 Asia/Shanghai",
    ),
    _row(
        r".+ cannot be formatted as .+|Not a valid (naive|aware|\w+) \w+\.",
        "invalid",
        "has the wrong form",
        "格式不正确",
    ),
    _row(
        r"must be <service>.*",
        "not_permission",
        "must be <service>.<verb>, <service>.* or *",
        "应为 <服务>.<动作>、<服务>.* 或 *",
    ),
    _row(
        r"must be two capital letters.*",
        "not_country",
        "must be two capital letters such as CN",
        "应为两个大写字母,例如 CN",
    ),
    _row(r"must be a year.*", "not_year", "must be a year such as 2026", "应为年份,例如 2026"),
    _row(r"must be a month.*", "not_month", "must be a month such as 2026-11", "应为月份,例如 2026-11"),
    _row(
        r"must be a period.*",
        "not_period",
        "must be a period such as 2026-11-22, 2026-W47, 2026-11, 2026-H2 or 2026",
        "应为期间,例如 2026-11-22、2026-W47、2026-11、2026-H2 或 2026",
    ),
    _row(
        r"must be <number>/second.*",
        "not_rate",
        "must be <number>/second, /minute, /hour or /day, such as 600/minute",
        "应为 <次数>/second、/minute、/hour 或 /day,例如 600/minute",
    ),
    _row(
        r"must be a time from 00:00 to 24:00",
        "not_time",
        "must be a time from 00:00 to 24:00",
        "应为 00:00 至 24:00 的时刻",
    ),
    _row(
        r"must have (?P<a>\d+) to (?P<b>\d+) characters",
        "length",
        "must have {a} to {b} characters",
        "应为 {a} 至 {b} 个字符",
    ),
    _row(
        r"must be from start to (?P<n>\d+) days after it",
        "out_of_range",
        "must be from start to {n} days after it",
        "应不早于开始且不晚于其后 {n} 天",
    ),
    _row(r"has more than (?P<n>\d+) levels", "too_deep", "has more than {n} levels", "嵌套超过 {n} 层"),
    _row(
        r"(?P<where>\S+|a key) has a control character.*",
        "control_character",
        "{where} has a control character or broken text; remove it",
        "{where} 含有控制字符或乱码,请删除",
    ),
    _row(
        r"send either (?P<a>\w+) or (?P<b>\w+)",
        "contradiction",
        "send either {a} or {b}, not both",
        "{a} 与 {b} 只能提供其一",
    ),
    _row(
        r"is for provider (?P<name>\w+) .*",
        "contradiction",
        "is for provider {name} and needed there, not with another",
        "仅用于 {name} 渠道商,且选用它时必填",
    ),
    _row(
        r"must be text, a number.*|must be \{.*",
        "not_a_value",
        "must be text, a number, money or a text per language",
        "应为文本、数字、金额或分语言文本",
    ),
    _row(
        r"an? (?P<kind>\w+) needs one of: (?P<fields>.+)",
        "required",
        "a {kind} needs one of: {fields}",
        "{kind} 至少需要其一:{fields}",
    ),
    _row(
        r"is needed for a recipient of kind (?P<kind>\w+)",
        "required",
        "is needed for a recipient of kind {kind}",
        "{kind} 类收件人必填",
    ),
    _row(
        r"(?:needs|give) (?P<a>\w+) or (?P<b>\w+)",
        "required",
        "give {a} or {b}",
        "请提供 {a} 或 {b}",
    ),
)


def errors_of(error: ValidationError, locale: str) -> list[dict[str, str]]:
    """One `{field, code, message}` per fault, in the fields' order; `field` is a dotted path, `items.0.amount`."""
    found = _flat(error.messages, ())
    return [{"field": field, **described(sentence, locale)} for field, sentence in found][:MAX_ERRORS]


def described(sentence: str, locale: str) -> dict[str, str]:
    """The code and the text of one of marshmallow's (or a contract's) English sentences."""
    for row in _TABLE:
        match = row.pattern.fullmatch(sentence)
        if match:
            template = row.en if locale == "en" else row.zh
            return {"code": row.code, "message": template.format(**match.groupdict(), all=sentence)}
    return {"code": "invalid", "message": sentence}


def is_known(sentence: str) -> bool:
    """Whether the table has `sentence`, so that it shows in Chinese too."""
    return any(row.pattern.fullmatch(sentence) for row in _TABLE)


def check(schema: Schema, data: Mapping[str, Any], locale: str) -> list[dict[str, str]]:
    """The faults of `data` against `schema`; empty when there are none."""
    try:
        schema.load(data)
    except ValidationError as error:
        return errors_of(error, locale)
    return []


def _flat(messages: Any, path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """(dotted path, sentence) of each leaf. A Dict field's faults sit one level deeper, under `key` and `value`."""
    if isinstance(messages, Mapping):
        for key, below in messages.items():
            yield from _flat(below, path if key == WHOLE else (*path, str(key)))
    elif isinstance(messages, list):
        for sentence in messages:
            yield from _flat(sentence, path)
    else:
        yield ".".join(path), str(messages)
