"""One sound request for every HTTP operation, for tests that walk over all of them.

An operation without an entry in `REQUESTS` fails test_walks_are_complete.py, so that no walk passes by a new one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any
from uuid import uuid4

import httpx
from marshmallow import Schema, fields

from contracts.core import Audience, Operation, schema_of
from contracts.registry import operations
from gateway.openapi import described
from tests.clauses.driver import Json
from tests.security.sides import PNG, TEMPLATE

Ids = Mapping[str, str]
Place = tuple[str | int, ...]
"""Where a value stands in a body: `("recipients", 0, "staff_id")`."""

HTTP_OPERATIONS = [op for op in operations() if op.verb]
COMPLAINANT_OPERATIONS = [op for op in HTTP_OPERATIONS if op.audience is Audience.COMPLAINANT]
TENANT_OPERATIONS = [op for op in HTTP_OPERATIONS if op.audience is Audience.TENANT]
NAMES = {"service": "complaints", "name": "assign_handler", "form": "handling", **TEMPLATE}
"""Path parameters that are no ids."""


class An(str):
    """Stands for the id of that kind."""

    __slots__ = ()


class New(str):
    """Stands for a name that nobody has yet."""

    __slots__ = ()


_MESSAGE = {
    "key": "system.channel_test",
    "recipients": [
        {"kind": "role", "role": "everything", "org_unit_id": An("org_unit_id")},
        {"kind": "staff", "staff_id": An("staff_id")},
        {"kind": "person", "customer_id": An("customer_id"), "address": {"phone": "13600136000"}},
    ],
    "subject": {"kind": "complaint", "id": An("complaint_id")},
    "org_unit_id": An("org_unit_id"),
}
_COMPLAINT = {
    "channel": "phone",
    "content": "异响",
    "complainant": {"name": "赵六", "phone": "13500135000", "customer_id": An("customer_id")},
    "category": "suggestion",
    "org_unit_id": An("org_unit_id"),
    "follows": An("complaint_id"),
}
_FILTERED = {"org_unit_id": An("org_unit_id"), "customer_id": An("customer_id"), "handler_id": An("staff_id")}
_YUAN = {"amount": 100, "currency": "CNY"}
REQUESTS: dict[str, Json] = {
    # -- tenants: the register (operator) --
    "tenants.create_tenant": {
        "json": {"code": New("t"), "name": "新公司", "packs": ["dealership"], "services": ["customers"]}
    },
    "tenants.list_tenants": {},
    "tenants.get_tenant": {},
    "tenants.update_tenant": {"json": {"rate": "1000000/minute"}},
    "tenants.enable_service": {},
    "tenants.disable_service": {},
    "tenants.create_admin_key": {"json": {"name": "管理员"}},
    # -- tenants: the company --
    "tenants.list_services": {},
    "tenants.create_org_unit": {
        "json": {"code": New("u"), "name": "新店", "kind": "store", "parent_id": An("org_unit_id")}
    },
    "tenants.list_org_units": {"params": {"under": An("org_unit_id")}},
    "tenants.get_org_unit": {},
    "tenants.update_org_unit": {"json": {"name": "改名", "parent_id": An("org_unit_id")}},
    "tenants.delete_org_unit": {},
    "tenants.create_role": {"json": {"name": New("r"), "labels": {"zh-CN": "新"}, "permissions": ["customers.read"]}},
    "tenants.list_roles": {},
    "tenants.get_role": {},
    "tenants.update_role": {"json": {"labels": {"zh-CN": "改"}}},
    "tenants.delete_role": {},
    "tenants.create_staff": {
        "json": {"username": New("s"), "name": "新员工", "roles": [], "org_unit_ids": [An("org_unit_id")]}
    },
    "tenants.list_staff": {"params": {"org_unit_id": An("org_unit_id")}},
    "tenants.get_staff": {},
    "tenants.update_staff": {"json": {"name": "改名", "org_unit_ids": [An("org_unit_id")]}},
    "tenants.activate_staff": {},
    "tenants.deactivate_staff": {},
    "tenants.set_staff_password": {"json": {"password": "another long password"}},
    "tenants.reset_second_factor": {},
    "tenants.create_api_key": {
        "json": {"name": "POS", "permissions": ["tenants.keys"], "org_unit_ids": [An("org_unit_id")]}
    },
    "tenants.list_api_keys": {},
    "tenants.revoke_api_key": {},
    "tenants.get_calendar": {},
    "tenants.put_calendar": {"json": {}},
    "tenants.list_calendar_days": {"params": {"start": "2031-05-01", "end": "2031-05-07"}},
    "tenants.get_policy": {},
    "tenants.list_policy_versions": {},
    "tenants.create_policy_draft": {"json": {"overrides": {}}},
    "tenants.get_policy_draft": {},
    "tenants.diff_policy_draft": {},
    "tenants.activate_policy_draft": {},
    "tenants.sign_in": {"json": {"tenant": "x", "username": "x", "password": "x"}},
    "tenants.refresh_session": {"json": {"refresh_token": "x"}},
    "tenants.sign_out": {},
    "tenants.get_me": {},
    "tenants.change_password": {"json": {"password": "not this one", "new_password": "another long password"}},
    "tenants.get_second_factor": {},
    "tenants.begin_second_factor": {"json": {"password": "not this one"}},
    "tenants.confirm_second_factor": {"json": {"code": "000000"}},
    "tenants.renew_recovery_codes": {"json": {"password": "not this one", "code": "000000"}},
    "tenants.remove_second_factor": {"json": {"password": "not this one", "code": "000000"}},
    "tenants.list_my_sessions": {},
    "tenants.end_my_session": {},
    # -- customers --
    "customers.create_customer": {"json": {"name": "钱七", "org_unit_id": An("org_unit_id")}},
    "customers.list_customers": {"params": {"org_unit_id": An("org_unit_id")}},
    "customers.search_customers": {"json": {"org_unit_id": An("org_unit_id")}},
    "customers.get_customer": {},
    "customers.update_customer": {"json": {"note": "改", "org_unit_id": An("org_unit_id")}},
    "customers.unmask_customer": {"json": {"reason": "核对", "fields": ["phone"]}},
    "customers.list_contacts": {},
    "customers.add_contact": {"json": {"kind": "wechat", "value": New("wx")}},
    "customers.remove_contact": {},
    "customers.list_assets": {},
    "customers.add_asset": {"json": {"kind": "contract", "contract_no": New("C")}},
    "customers.update_asset": {"json": {"model": "新款"}},
    "customers.list_members": {},
    "customers.add_member": {"json": {"member_id": An("member_id"), "relation": "配偶"}},
    "customers.remove_member": {},
    "customers.get_timeline": {},
    "customers.create_import": {
        "params": {"kind": "customers"},
        "files": {"file": ("a.csv", "姓名,电话\n孙八,13400134000\n".encode())},
    },
    "customers.list_imports": {},
    "customers.get_import": {},
    "customers.list_import_errors": {},
    "customers.quote_settlement": {
        "json": {
            "contract_amount": _YUAN,
            "paid": _YUAN,
            "measuring_fee": _YUAN,
            "progress": "not_begun",
            "fault": "customer",
        }
    },
    # -- complaints --
    "complaints.create_complaint": {"json": _COMPLAINT},
    "complaints.list_complaints": {
        "params": {**_FILTERED, "filter": An("filter_id")},
    },
    "complaints.search_complaints": {"json": {**_FILTERED, "filter": An("filter_id")}},
    "complaints.count_complaints": {"params": {**_FILTERED, "filter": An("filter_id")}},
    "complaints.list_filters": {},
    "complaints.create_filter": {
        "json": {"name": New("f"), "query": _FILTERED, "org_unit_id": An("org_unit_id")},
    },
    "complaints.get_filter": {},
    "complaints.update_filter": {"json": {"query": _FILTERED, "org_unit_id": An("org_unit_id")}},
    "complaints.delete_filter": {},
    "complaints.set_default_filter": {},
    "complaints.unset_default_filter": {},
    "complaints.list_reply_templates": {},
    "complaints.create_reply_template": {
        "json": {"key": New("r"), "labels": {"zh-CN": "回复"}, "texts": {"zh-CN": "{number} 已收到"}}
    },
    "complaints.get_reply_template": {},
    "complaints.update_reply_template": {"json": {"texts": {"zh-CN": "{number} 处理中"}}},
    "complaints.delete_reply_template": {},
    "complaints.list_reply_template_versions": {},
    "complaints.render_reply_template": {"json": {"complaint_id": An("complaint_id")}},
    "complaints.create_bulk": {
        "json": {
            "action": "add_note",
            "fields": {"note": "批量"},
            "complaint_ids": [An("complaint_id")],
            "filter": An("filter_id"),
            "query": _FILTERED,
        },
    },
    "complaints.list_bulk": {},
    "complaints.get_bulk": {},
    "complaints.list_bulk_items": {},
    "complaints.cancel_bulk": {},
    "complaints.get_complaint": {},
    "complaints.update_complaint": {
        "json": {"org_unit_id": An("org_unit_id"), "complainant": {"customer_id": An("customer_id")}}
    },
    "complaints.unmask_complainant": {"json": {"reason": "核对"}},
    "complaints.act": {"json": {"staff": An("staff_id")}},
    "complaints.merge_complaint": {"json": {"into": An("complaint_id"), "reason": "重复"}},
    "complaints.unmerge_complaint": {"json": {"reason": "并错"}},
    "complaints.split_complaint": {
        "json": {"items": [{"content": "另一件事", "attachments": [An("attachment_id")]}], "reason": "两件事"}
    },
    "complaints.list_watchers": {},
    "complaints.watch": {},
    "complaints.unwatch": {},
    "complaints.add_watcher": {},
    "complaints.remove_watcher": {},
    "complaints.get_history": {},
    "complaints.get_deadlines": {},
    "complaints.get_dossiers": {},
    "complaints.get_forms": {},
    "complaints.list_attachments": {"params": {"sheet_id": An("sheet_id")}},
    "complaints.add_attachment": {"params": {"sheet_id": An("sheet_id")}, "files": {"file": ("a.png", PNG)}},
    "complaints.get_attachment": {},
    "complaints.download_attachment": {},
    "complaints.strike_attachment": {"json": {"reason": "别人的文件"}},
    "complaints.print_form": {"params": {"locale": "en"}},
    "complaints.print_sheet": {"params": {"locale": "en"}},
    "complaints.print_complaint": {"params": {"locale": "en"}},
    "complaints.list_papers": {},
    "complaints.download_paper": {},
    "complaints.get_sheet": {},
    "complaints.act_on_sheet": {"json": {"note": "查收"}},
    "complaints.list_sheets": {"params": {"complaint_id": An("complaint_id")}},
    "complaints.list_urging_notices": {"params": {"complaint_id": An("complaint_id")}},
    "complaints.list_corrective_actions": {"params": {"complaint_id": An("complaint_id")}},
    "complaints.get_intake": {},
    "complaints.list_precedents": {"params": {"category": "service"}},
    "complaints.precedent_awards": {"params": {"category": "service"}},
    "complaints.preview_policy": {},
    "complaints.daily_report": {"params": {"date": "2026-11-22", "org_unit_id": An("org_unit_id")}},
    "complaints.weekly_report": {"params": {"date": "2026-11-22", "org_unit_id": An("org_unit_id")}},
    "complaints.monthly_report": {"params": {"month": "2026-11", "org_unit_id": An("org_unit_id")}},
    "complaints.yearly_report": {"params": {"year": 2026, "org_unit_id": An("org_unit_id")}},
    "complaints.list_reports": {},
    "complaints.make_report": {"json": {"report": "monthly", "period": "2025-02"}},
    "complaints.get_report": {},
    "complaints.create_export": {"json": {"list": "complaints", "filters": {"state": "open"}}},
    "complaints.list_exports": {},
    "complaints.get_export": {},
    "complaints.download_export": {},
    "complaints.download_report": {"params": {"format": "xlsx"}},
    "complaints.report_schedule": {},
    "complaints.revise_report": {"json": {"reason": "补录"}},
    # -- complaints: the complainant's status page --
    "complaints.open_status": {"json": {"number": "TS202611-0001", "code": "22222-22222"}},
    "complaints.get_status": {},
    "complaints.add_status_file": {"files": {"file": ("a.png", PNG)}},
    "complaints.get_status_file": {},
    "complaints.send_status_message": {"json": {"text": "补充", "files": [An("file_id")]}},
    "complaints.answer_decision": {"json": {"accepted": True}},
    "complaints.rate_complaint": {"json": {"satisfaction": "satisfied"}},
    "complaints.issue_status_link": {},
    "complaints.revoke_status_link": {},
    # -- notifications --
    "notifications.list_notifications": {},
    "notifications.read_notification": {},
    "notifications.read_all": {},
    "notifications.send_message": {"json": _MESSAGE},
    "notifications.withdraw_message": {},
    "notifications.list_templates": {},
    "notifications.get_template": {},
    "notifications.put_template": {"json": {"body": "您好"}},
    "notifications.delete_template": {},
    "notifications.preview_template": {"json": {}},
    "notifications.list_deliveries": {"params": {"subject_id": An("complaint_id")}},
    "notifications.get_delivery": {},
    "notifications.resend_delivery": {},
    "notifications.cancel_delivery": {},
    "notifications.record_receipt": {"json": {"delivery_id": An("delivery_id"), "status": "delivered"}},
    "notifications.list_channels": {},
    "notifications.put_channel": {"json": {"provider": "file", "enabled": False}},
    "notifications.test_channel": {"json": {"to": "13300133000"}},
    "notifications.list_opt_outs": {},
    "notifications.add_opt_out": {"json": {"channel": "sms", "address": "13200132000"}},
    "notifications.remove_opt_out": {},
    "notifications.list_event_types": {},
    "notifications.list_webhooks": {},
    "notifications.create_webhook": {"json": {"url": "https://example.com/hook", "event_types": ["import.finished"]}},
    "notifications.get_webhook": {},
    "notifications.update_webhook": {"json": {"description": "改"}},
    "notifications.delete_webhook": {},
    "notifications.rotate_webhook_secret": {"json": {}},
    "notifications.enable_webhook": {},
    "notifications.disable_webhook": {},
    "notifications.test_webhook": {},
    "notifications.resend_failed": {"json": {"since": "2026-11-22T09:00:00+08:00"}},
    "notifications.list_webhook_deliveries": {"params": {"aggregate_id": An("complaint_id")}},
    "notifications.get_webhook_delivery": {},
    "notifications.resend_webhook_delivery": {},
}


def request(operation: Operation, ids: Ids) -> Json:
    """The sound request, for httpx, with these ids in its query and body."""
    made: Json = _filled(REQUESTS[operation.routing_key], ids)
    return made


def _filled(value: Any, ids: Ids) -> Any:
    if isinstance(value, dict):
        return {key: _filled(below, ids) for key, below in value.items()}
    if isinstance(value, list):
        return [_filled(below, ids) for below in value]
    if isinstance(value, New):
        return f"{value}{uuid4().hex[:12]}"
    return ids[value] if isinstance(value, An) else value


def send(client: httpx.Client, operation: Operation, path_ids: Ids, sound: Json, **more: Any) -> httpx.Response:
    """Call `operation` with these ids in its path; its status must be one that the OpenAPI document announces."""
    assert operation.verb
    answer = client.request(operation.verb, path(operation, path_ids), **sound, **more)
    assert str(answer.status_code) in _announced(operation), f"{operation.routing_key}: {answer.text}"
    return answer


@cache
def _announced(operation: Operation) -> frozenset[str]:
    return frozenset(described(operation)["responses"])


def path(operation: Operation, ids: Ids) -> str:
    """The operation's path with `ids`, and with NAMES where no id belongs."""
    return (operation.path or "").format(**{**NAMES, **ids})


def id_parameters(operation: Operation) -> list[str]:
    """The path parameters that are ids."""
    return [parameter for parameter in operation.path_parameters if parameter.endswith("_id")]


def id_fields(schema: type[Schema] | None) -> set[str]:
    """Dotted names of the id fields in a body or query, those in lists and nested objects included."""
    found = schema_of(schema)
    return set(_id_fields(found.fields)) if found else set()


def _id_fields(named: Mapping[str, Any]) -> Iterator[str]:
    for key, field in named.items():
        inner = field.inner if isinstance(field, fields.List) else field
        if isinstance(inner, fields.UUID):
            yield key
        elif isinstance(inner, fields.Nested):
            yield from (f"{key}.{below}" for below in _id_fields(inner.schema.fields))


def id_places(schema: type[Schema] | None, value: Any) -> list[Place]:
    """Where in `value` the ids of `schema` stand."""
    names = id_fields(schema)
    return [place for place in _leaves(value, ()) if dotted(place) in names]


def _leaves(value: Any, at: Place) -> Iterator[Place]:
    if isinstance(value, Mapping):
        for key, below in value.items():
            yield from _leaves(below, (*at, key))
    elif isinstance(value, list):
        for index, below in enumerate(value):
            yield from _leaves(below, (*at, index))
    else:
        yield at


def dotted(place: Place) -> str:
    """A place without its list positions, as a schema names it."""
    return ".".join(part for part in place if isinstance(part, str))


def replaced(value: Any, place: Place, new: Any) -> Any:
    """A copy of `value` with `new` at `place`."""
    if not place:
        return new
    copy: Any = list(value) if isinstance(value, list) else dict(value)
    copy[place[0]] = replaced(value[place[0]], place[1:], new)
    return copy


_VOLATILE = re.compile(r'"request_id":"[^"]*"')


def answer_of(response: httpx.Response, *sent: str) -> tuple[int, str]:
    """What an answer tells: its status and text, without the request's id and what was sent in it."""
    text = _VOLATILE.sub("", response.text)
    for value in sent:
        text = text.replace(value, "…")
    return response.status_code, text
