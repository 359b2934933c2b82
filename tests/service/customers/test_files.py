"""Customers' files: opened, found, changed, unmasked."""

from __future__ import annotations

import pytest

from chassis import tenancy
from chassis.ids import new_id
from contracts import customers as contract
from contracts.context import service_context
from contracts.problems import Problem
from tests.service.customers.bench import Bench, Company

PERSON = {
    "phone": "138 1234 5678",
    "email": "fang@Example.COM",
    "address": "深圳市南山区科技园路1号",
    "id_number": "440301198504301234",
    "birthday": "1985-04-30",
}


def test_a_customer_is_kept_whole_and_answered_masked(company: Company) -> None:
    made = company.customer("王芳", **PERSON, org_unit_id=company.units["south"], external_ref="C-1")
    found = company.call(contract.GET_CUSTOMER, customer_id=made["id"])
    assert found["name"] == "王芳"
    assert found["kind"] == "person"
    assert found["org_unit_id"] == str(company.units["south"])
    assert (found["phone"], found["email"], found["birthday"]) == ("138****5678", "f****@example.com", "1985-**-**")
    assert (found["id_number"], found["address"]) == ("440****1234", "深圳市南山区****")
    assert {contact["value"] for contact in found["contacts"]} == {
        "138****5678",
        "f****@example.com",
        "深圳市南山区****",
    }


def test_no_reply_event_or_audit_row_holds_personal_data(company: Company) -> None:
    made = company.customer("王芳", **PERSON)
    company.call(contract.UPDATE_CUSTOMER, customer_id=made["id"], phone="13900001111", id_number="440301198504305678")
    company.call(contract.UNMASK_CUSTOMER, customer_id=made["id"], reason="回访", fields=["phone", "id_number"])
    told = [company.events("customer.created"), company.events("customer.updated"), company.search(phone="13900001111")]
    recorded = [(row.before, row.after) for action in ("customer.created", "customer.updated", "customer.unmasked")
                for row in company.audited(action)]  # fmt: skip
    text = str([made, told, recorded])
    for secret in ("13812345678", "13900001111", "fang@", "19850430", "科技园路", "1985-04-30"):
        assert secret not in text


@pytest.mark.clause("PL-11")
def test_unmasking_needs_its_permission_and_a_reason_and_is_recorded(company: Company) -> None:
    made = company.customer("王芳", **PERSON)
    reader = company.context(permissions=frozenset({"customers.read", "customers.write"}))
    with pytest.raises(Problem) as refused:
        company.call(contract.UNMASK_CUSTOMER, reader, customer_id=made["id"], reason="回访", fields=["phone"])
    assert refused.value.code == "forbidden"
    with pytest.raises(Problem) as unexplained:
        company.call(contract.UNMASK_CUSTOMER, customer_id=made["id"], reason=" ", fields=["phone"])
    assert unexplained.value.errors[0]["field"] == "reason"

    seen = company.call(
        contract.UNMASK_CUSTOMER, customer_id=made["id"], reason="上门回访", fields=["phone", "birthday"]
    )
    assert seen["values"] == {"phone": "+8613812345678", "birthday": "1985-04-30"}
    (row,) = company.audited("customer.unmasked")
    assert (row.actor_name, row.source, row.note) == ("李顾问", "10.0.0.7", "上门回访")
    assert row.after == {"fields": ["phone", "birthday"]}
    assert str(row.subject_id) == made["id"]


@pytest.mark.clause("PL-10")
def test_every_change_is_recorded_with_before_and_after(company: Company) -> None:
    made = company.customer("王芳", note="旧")
    company.call(contract.UPDATE_CUSTOMER, customer_id=made["id"], note="新", name="王方")
    (row,) = company.audited("customer.updated")
    assert row.before is not None
    assert row.after is not None
    assert (row.before["note"], row.after["note"]) == ("旧", "新")
    assert (row.before["name"], row.after["name"]) == ("王芳", "王方")


def test_null_clears_and_what_is_left_out_stays(company: Company) -> None:
    made = company.customer("王芳", **PERSON)
    changed = company.call(contract.UPDATE_CUSTOMER, customer_id=made["id"], phone=None, birthday=None)
    assert changed["phone"] is None
    assert changed["birthday"] is None
    assert changed["email"] == "f****@example.com"
    assert company.search(phone="13812345678") == []
    assert company.events("customer.updated")[0]["changed"] == ["birthday", "phone"]


def test_a_stale_change_is_refused(company: Company) -> None:
    made = company.customer()
    company.call(contract.UPDATE_CUSTOMER, customer_id=made["id"], expected_version=made["version"], note="a")
    with pytest.raises(Problem) as stale:
        company.call(contract.UPDATE_CUSTOMER, customer_id=made["id"], expected_version=made["version"], note="b")
    assert stale.value.code == "stale_version"


def test_a_change_that_changes_nothing_leaves_no_trace(company: Company) -> None:
    made = company.customer("王芳", **PERSON)
    same = company.call(contract.UPDATE_CUSTOMER, customer_id=made["id"], name="王芳", phone="13812345678")
    assert same["version"] == made["version"]
    assert company.audited("customer.updated") == []


@pytest.mark.parametrize(
    ("fields", "bad"),
    [
        ({"phone": "12"}, "phone"),
        ({"phone": "电话"}, "phone"),
        ({"email": "fang"}, "email"),
        ({"birthday": "2026-02-30"}, "birthday"),
        ({"birthday": "2999-01-01"}, "birthday"),
        ({"org_unit_id": "0199e1a0-3c1e-7bb2-9f0e-2d6a4f3e9c11"}, "org_unit_id"),
        ({"assets": [{"kind": "vehicle"}]}, "assets.0.plate"),
        ({"assets": [{"kind": "vehicle", "plate": "···"}]}, "assets.0.plate"),
        ({"assets": [{"kind": "property_unit", "project": "海棠苑", "unit": "--"}]}, "assets.0.unit"),
        ({"kind": "robot"}, "kind"),
        ({"note": "a\x00b"}, "note"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_bad_input_names_its_field_and_stores_nothing(company: Company, fields: dict[str, object], bad: str) -> None:
    with pytest.raises(Problem) as problem:
        company.customer("王芳", **fields)
    assert problem.value.code == "invalid_request"
    assert [error["field"] for error in problem.value.errors] == [bad]
    assert all(error["message"] for error in problem.value.errors)
    assert company.search() == []


def test_an_external_reference_belongs_to_one_customer(company: Company) -> None:
    first = company.customer("王芳", external_ref="C-1")
    with pytest.raises(Problem) as taken:
        company.customer("李雷", external_ref="C-1")
    assert taken.value.code == "external_ref_taken"
    assert taken.value.params["customer_id"] == first["id"]


@pytest.mark.clause("UX-1")
@pytest.mark.parametrize(
    ("known", "new", "why"),
    [
        ({"phone": "13812345678"}, {"phone": "+86 138-1234-5678"}, "same_phone"),
        ({"assets": [{"kind": "vehicle", "plate": "粤B12345"}]},
         {"assets": [{"kind": "vehicle", "plate": "粤b·12345"}]}, "same_name_and_vehicle"),
        ({"assets": [{"kind": "property_unit", "building": "3栋", "unit": "1204"}]},
         {"assets": [{"kind": "property_unit", "building": "3", "unit": "1204室"}]}, "same_name_and_unit"),
    ],
)  # fmt: skip
def test_a_possible_duplicate_is_warned_of(
    company: Company, known: dict[str, object], new: dict[str, object], why: str
) -> None:
    first = company.customer("王芳", **known)
    with pytest.raises(Problem) as refused:
        company.call(contract.CREATE_CUSTOMER, name="王 芳", on_duplicate="refuse", **new)
    assert refused.value.code == "possible_duplicate"
    assert first["id"] in refused.value.params["customer_ids"]
    second = company.customer("王 芳", **new)
    assert second["warnings"] == [{"code": "possible_duplicate", "customer_id": first["id"], "why": why}]


def test_another_name_with_the_same_car_is_no_duplicate(company: Company) -> None:
    company.customer("王芳", assets=[{"kind": "vehicle", "plate": "粤B12345"}])
    assert company.customer("李雷", assets=[{"kind": "vehicle", "plate": "粤B12345"}])["warnings"] == []


@pytest.mark.clause("UX-10")
def test_search_finds_pieces_of_chinese_names(company: Company) -> None:
    for name in ("欧阳娜娜", "王小芳", "深圳市宏远汽车有限公司", "Wang Fang"):
        company.customer(name)
    assert company.search(q="小芳") == ["王小芳"]
    assert company.search(q="宏远汽车") == ["深圳市宏远汽车有限公司"]
    assert company.search(q="欧阳") == ["欧阳娜娜"]
    assert company.search(q="fang") == ["Wang Fang"]
    assert company.search(q="欧") == ["欧阳娜娜"]
    assert company.search(q="小明") == []
    assert company.search(q="!!") == []


def test_search_follows_a_changed_name(company: Company) -> None:
    made = company.customer("王小芳")
    company.call(contract.UPDATE_CUSTOMER, customer_id=made["id"], name="赵大海")
    assert company.search(q="小芳") == []
    assert company.search(q="大海") == ["赵大海"]


def test_search_by_phone_plate_and_unit(company: Company) -> None:
    company.customer("王芳", phone="13812345678", assets=[{"kind": "vehicle", "plate": "粤B·D12345"}])
    company.customer("李雷", assets=[{"kind": "property_unit", "project": "海棠苑", "building": "3栋", "unit": "1204"}])
    for filters in ({"phone": "+8613812345678"}, {"phone": "5678"}, {"plate": "粤bd12345"}, {"plate": "D12345"}):
        assert company.search(**filters) == ["王芳"], filters
    for unit in ("1204", "3-1204", "海棠苑3栋1204室"):
        assert company.search(unit=unit) == ["李雷"]
    assert company.search(unit="31204") == []
    assert company.search(phone="5678", unit="1204") == []
    with pytest.raises(Problem) as bad:
        company.search(phone="abc")
    assert bad.value.errors[0]["field"] == "phone"


def test_the_list_pages_through_everything_once(company: Company) -> None:
    names = [f"客户{number:02d}" for number in range(7)]
    for name in names:
        company.customer(name)
    seen, cursor = [], None
    while True:
        found = company.call(contract.LIST_CUSTOMERS, limit=3, **({"cursor": cursor} if cursor else {}))
        seen += [item["name"] for item in found["items"]]
        cursor = found["next_cursor"]
        if cursor is None:
            break
    assert seen == names[::-1]


@pytest.mark.clause("PL-3")
def test_staff_act_in_their_own_org_units_only(company: Company) -> None:
    south = company.customer("南山客户", org_unit_id=company.units["south"])
    company.customer("公司客户")
    northern = company.context(org_unit_ids=frozenset({company.units["north"]}))
    assert company.search(northern) == ["公司客户"]
    of_the_south = {"customer_id": south["id"]}
    for operation, given, code in (
        (contract.GET_CUSTOMER, of_the_south, "not_found"),
        (contract.UPDATE_CUSTOMER, {**of_the_south, "note": "x"}, "not_found"),
        (contract.UNMASK_CUSTOMER, {**of_the_south, "reason": "why", "fields": ["phone"]}, "not_found"),
        (contract.CREATE_CUSTOMER, {"name": "a", "org_unit_id": company.units["south"]}, "org_unit_out_of_scope"),
    ):
        with pytest.raises(Problem) as refused:
            company.call(operation, northern, **given)
        assert refused.value.code == code


@pytest.mark.clause("PL-1")
def test_nothing_of_another_company_is_found_or_warned_of(bench: Bench, company: Company) -> None:
    other = bench.company()
    made = company.customer("王芳", phone="13812345678", external_ref="C-1")
    assert other.customer("王芳", phone="13812345678", external_ref="C-1")["warnings"] == []
    assert len(other.search(phone="13812345678")) == 1
    with pytest.raises(Problem) as hidden:
        other.call(contract.GET_CUSTOMER, customer_id=made["id"])
    assert hidden.value.code == "not_found"


def test_a_repeated_key_answers_the_first_reply(company: Company) -> None:
    ctx = company.context(idempotency_key="k-1")
    first = company.call(contract.CREATE_CUSTOMER, ctx, name="王芳")
    assert company.call(contract.CREATE_CUSTOMER, ctx, name="王芳") == first
    assert company.search() == ["王芳"]


def test_unmasked_values_are_not_kept_for_repeated_keys(company: Company) -> None:
    made = company.customer("王芳", phone="13812345678")
    ctx = company.context(idempotency_key="k-2")
    for _ in range(2):
        company.call(contract.UNMASK_CUSTOMER, ctx, customer_id=made["id"], reason="回访", fields=["phone"])
    assert len(company.audited("customer.unmasked")) == 2


def test_lookup_for_other_services(company: Company) -> None:
    made = company.customer("王芳", phone="13812345678", assets=[{"kind": "vehicle", "plate": "粤B12345"}])
    asking = service_context("complaints", company.id)
    (match,) = company.call(contract.LOOKUP, asking, plate="粤B12345", phone="13812345678")["matches"]
    assert match == {"customer_id": made["id"], "asset_id": made["assets"][0]["id"], "name": "王芳"}
    assert company.call(contract.LOOKUP, asking)["matches"] == []
    with pytest.raises(Problem, match="forbidden"):
        company.call(contract.LOOKUP, plate="粤B12345")


def test_a_unit_opened_a_moment_ago_is_fetched(company: Company) -> None:
    """Its event is on its way; the tenants service knows it."""
    opened = new_id()

    def snapshot() -> None:
        with company.bench.database.begin(company.id) as session:
            unit = {"id": opened, "version": 1, "code": "new", "name": "new", "kind": "site", "parent_id": None,
                    "path": [str(opened)], "active": True}  # fmt: skip
            tenancy.store_unit(session, company.id, unit)

    company.bench.snapshot = snapshot
    try:
        assert company.customer(org_unit_id=opened)["org_unit_id"] == str(opened)
        with pytest.raises(Problem, match="invalid_request"):
            company.customer(org_unit_id=new_id())
    finally:
        company.bench.snapshot = lambda: None
