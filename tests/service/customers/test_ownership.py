"""Contacts, assets and households."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from contracts import customers as contract
from contracts.problems import Problem
from tests.service.customers.bench import Company

HOME = {"kind": "property_unit", "project": "海棠苑", "building": "3栋", "unit": "1204"}


def test_the_first_contact_of_a_kind_is_primary_and_another_can_be_made_so(company: Company) -> None:
    made = company.customer()
    add = {"customer_id": made["id"], "kind": "phone"}
    first = company.call(contract.ADD_CONTACT, **add, value="13812345678")
    company.call(contract.ADD_CONTACT, **add, value="13900001111", label="公司")
    assert first["primary"]
    assert company.call(contract.GET_CUSTOMER, customer_id=made["id"])["phone"] == "138****5678"
    company.call(contract.ADD_CONTACT, **add, value="13700002222", primary=True)
    assert company.call(contract.GET_CUSTOMER, customer_id=made["id"])["phone"] == "137****2222"
    listed = company.call(contract.LIST_CONTACTS, customer_id=made["id"])["items"]
    assert [contact["primary"] for contact in listed] == [False, False, True]
    assert company.search(phone="13900001111") == ["王芳"]


def test_a_contact_given_twice_is_kept_once(company: Company) -> None:
    made = company.customer(phone="13812345678")
    again = company.call(contract.ADD_CONTACT, customer_id=made["id"], kind="phone", value="+86 138 1234 5678")
    assert again["id"] == company.call(contract.LIST_CONTACTS, customer_id=made["id"])["items"][0]["id"]
    assert len(company.call(contract.LIST_CONTACTS, customer_id=made["id"])["items"]) == 1


def test_a_removed_primary_contact_is_followed_by_the_next(company: Company) -> None:
    made = company.customer(phone="13812345678")
    company.call(contract.ADD_CONTACT, customer_id=made["id"], kind="phone", value="13900001111")
    primary = company.call(contract.LIST_CONTACTS, customer_id=made["id"])["items"][0]
    company.call(contract.REMOVE_CONTACT, customer_id=made["id"], contact_id=primary["id"])
    assert company.call(contract.GET_CUSTOMER, customer_id=made["id"])["phone"] == "139****1111"
    with pytest.raises(Problem) as gone:
        company.call(contract.REMOVE_CONTACT, customer_id=made["id"], contact_id=primary["id"])
    assert gone.value.code == "not_found"


def test_an_asset_is_told_labelled_and_ended(company: Company) -> None:
    made = company.customer()
    car = company.call(contract.ADD_ASSET, customer_id=made["id"], kind="vehicle", plate="粤B12345", model="A6")
    assert car["label"] == "粤B12345 A6"
    assert company.events("asset.added")[0]["plate"] == "粤B12345"
    ended = company.call(contract.UPDATE_ASSET, customer_id=made["id"], asset_id=car["id"], active=False)
    assert not ended["active"]
    assert ended["version"] == car["version"] + 1
    assert company.search(plate="粤B12345") == []
    company.call(contract.UPDATE_ASSET, customer_id=made["id"], asset_id=car["id"], active=True, plate="粤B99999")
    assert company.search(plate="粤B99999") == ["王芳"]
    assert company.search(plate="粤B12345") == []
    assert [event["active"] for event in company.events("asset.changed")] == [False, True]


def test_an_asset_keeps_what_identifies_it(company: Company) -> None:
    made = company.customer(assets=[{"kind": "vehicle", "plate": "粤B12345"}])
    car = made["assets"][0]
    with pytest.raises(Problem) as bare:
        company.call(contract.UPDATE_ASSET, customer_id=made["id"], asset_id=car["id"], plate="")
    assert bare.value.errors[0]["field"] == "plate"
    other = company.customer("李雷")
    with pytest.raises(Problem) as not_theirs:
        company.call(contract.UPDATE_ASSET, customer_id=other["id"], asset_id=car["id"], active=False)
    assert not_theirs.value.code == "not_found"


def test_the_same_asset_given_twice_is_one(company: Company) -> None:
    made = company.customer(assets=[{"kind": "vehicle", "plate": "粤B12345"}])
    again = company.call(contract.ADD_ASSET, customer_id=made["id"], kind="vehicle", plate="粤b 12345")
    assert again["id"] == made["assets"][0]["id"]


@pytest.mark.clause("RF-13")
def test_one_household_has_one_file(company: Company) -> None:
    home = company.customer("王家", kind="household", assets=[HOME])
    with pytest.raises(Problem) as second:
        company.customer("王家二", kind="household", assets=[{**HOME, "building": "3号楼"}])
    assert second.value.code == "household_file_exists"
    assert second.value.params["customer_id"] == home["id"]
    assert company.search(kind="household") == ["王家"]

    company.call(contract.UPDATE_ASSET, customer_id=home["id"], asset_id=home["assets"][0]["id"], active=False)
    assert company.customer("新住户", kind="household", assets=[HOME])["assets"][0]["active"]
    with pytest.raises(Problem) as back:
        company.call(contract.UPDATE_ASSET, customer_id=home["id"], asset_id=home["assets"][0]["id"], active=True)
    assert back.value.code == "household_file_exists"


@pytest.mark.clause("RE-2")
def test_members_of_one_family_are_one_customer(company: Company) -> None:
    home = company.customer("王家", kind="household", assets=[HOME])
    father, mother = company.customer("王大"), company.customer("李二")
    for person, relation in ((father, "户主"), (mother, "配偶")):
        company.call(contract.ADD_MEMBER, customer_id=home["id"], member_id=person["id"], relation=relation)
    members = company.call(contract.LIST_MEMBERS, customer_id=home["id"])["items"]
    assert [(member["name"], member["relation"]) for member in members] == [("王大", "户主"), ("李二", "配偶")]
    assert company.call(contract.GET_CUSTOMER, customer_id=father["id"])["household_id"] == home["id"]

    other = company.customer("别家", kind="household")
    with pytest.raises(Problem) as elsewhere:
        company.call(contract.ADD_MEMBER, customer_id=other["id"], member_id=father["id"])
    assert elsewhere.value.code == "already_in_household"
    company.call(contract.REMOVE_MEMBER, customer_id=home["id"], member_id=father["id"])
    company.call(contract.ADD_MEMBER, customer_id=other["id"], member_id=father["id"])
    assert [event["member_id"] for event in company.events("household.member_removed")] == [father["id"]]


def test_only_persons_join_only_households(company: Company) -> None:
    person, firm = company.customer(), company.customer("宏远公司", kind="organisation")
    for holder, member in ((person, firm), (firm, person)):
        with pytest.raises(Problem) as refused:
            company.call(contract.ADD_MEMBER, customer_id=holder["id"], member_id=member["id"])
        assert refused.value.code == "not_a_household"


@pytest.mark.clause("RF-13")
def test_one_household_has_one_file_also_when_two_are_made_at_once(company: Company) -> None:
    def make(number: int) -> str:
        try:
            return str(company.customer(f"王家{number}", kind="household", assets=[HOME])["id"])
        except Problem as problem:
            return problem.code

    with ThreadPoolExecutor(8) as threads:
        outcomes = list(threads.map(make, range(8)))
    assert len(company.search(kind="household")) == 1
    assert {code for code in outcomes if "-" not in code} <= {"household_file_exists", "conflict"}
    assert len([id_ for id_ in outcomes if "-" in id_]) == 1
