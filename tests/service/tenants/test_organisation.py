"""Org units, roles and staff: the tree keeps together, nobody reaches beyond what was given them (PL-3, PL-4)."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from contracts import tenants as contract
from contracts.context import Context
from contracts.problems import Problem
from services.tenants.domain import MAX_DEPTH
from tests.service.tenants.bench import PASSWORD, Bench, Company


def limited(company: Company, *units: dict[str, str], permissions: tuple[str, ...] = ("tenants.*",)) -> Context:
    """An administrator of some org units only."""
    ids = frozenset(UUID(unit["id"]) for unit in units)
    return company.admin.with_(org_unit_ids=ids, permissions=frozenset(permissions))


def test_a_unit_knows_its_way_to_the_top_and_everybody_is_told(company: Company) -> None:
    region = company.unit("south")
    store = company.unit("store-1", region)
    assert store["path"] == [region["id"], store["id"]]
    assert company.told("org_unit.changed")[-1] == {**store, "version": 1}
    below = company.call(contract.LIST_ORG_UNITS, under=region["id"])["items"]
    assert [unit["code"] for unit in below] == ["south", "store-1"]


def test_a_moved_unit_takes_all_below_along(company: Company) -> None:
    south, north = company.unit("south"), company.unit("north")
    store = company.unit("store", south)
    desk = company.unit("desk", store)
    company.call(contract.UPDATE_ORG_UNIT, org_unit_id=store["id"], parent_id=north["id"], expected_version=1)
    moved = company.call(contract.GET_ORG_UNIT, org_unit_id=desk["id"])
    assert moved["path"] == [north["id"], store["id"], desk["id"]]
    assert {told["code"]: told["version"] for told in company.told("org_unit.changed")} == {
        "south": 1, "north": 1, "store": 2, "desk": 2,
    }  # fmt: skip


def test_the_tree_stays_a_tree(company: Company) -> None:
    top = company.unit("top")
    below = company.unit("below", top)
    for change in ({"parent_id": below["id"]}, {"parent_id": top["id"]}, {"active": False}, {"code": "below"}):
        with pytest.raises(Problem, match="conflict"):
            company.call(contract.UPDATE_ORG_UNIT, org_unit_id=top["id"], **change)
    with pytest.raises(Problem, match="not_found"):
        company.call(contract.UPDATE_ORG_UNIT, org_unit_id=top["id"], parent_id=uuid4())
    with pytest.raises(Problem, match="conflict"):
        company.unit("top")
    for level in range(2, MAX_DEPTH):
        below = company.unit(f"level-{level}", below)
    with pytest.raises(Problem, match="conflict"):
        company.unit("too-deep", below)


def test_a_closed_unit_keeps_its_name_and_takes_nothing_new(company: Company) -> None:
    unit = company.unit("old")
    company.call(contract.DELETE_ORG_UNIT, org_unit_id=unit["id"])
    assert company.call(contract.GET_ORG_UNIT, org_unit_id=unit["id"])["active"] is False
    assert company.call(contract.LIST_ORG_UNITS, active="true")["items"] == []
    with pytest.raises(Problem, match="conflict"):
        company.unit("new", unit)
    company.call(contract.UPDATE_ORG_UNIT, org_unit_id=unit["id"], active=True)
    company.unit("new", unit)


def test_an_administrator_of_a_unit_changes_only_there(company: Company) -> None:
    south, north = company.unit("south"), company.unit("north")
    ctx = limited(company, south)
    company.call(contract.CREATE_ORG_UNIT, ctx, code="in", name="in", kind="site", parent_id=south["id"])
    for attempt in (
        lambda: company.call(contract.CREATE_ORG_UNIT, ctx, code="x", name="x", kind="site"),
        lambda: company.call(contract.CREATE_ORG_UNIT, ctx, code="x", name="x", kind="site", parent_id=north["id"]),
        lambda: company.call(contract.UPDATE_ORG_UNIT, ctx, org_unit_id=north["id"], name="x"),
        lambda: company.call(contract.UPDATE_ORG_UNIT, ctx, org_unit_id=south["id"], parent_id=north["id"]),
        lambda: company.call(contract.CREATE_ROLE, ctx, name="x", labels={}, permissions=[]),
        lambda: company.call(contract.CREATE_STAFF, ctx, username="x", name="x"),
        lambda: company.call(contract.CREATE_STAFF, ctx, username="x", name="x", org_unit_ids=[north["id"]]),
    ):
        with pytest.raises(Problem, match="org_unit_out_of_scope"):
            attempt()
    company.call(contract.CREATE_STAFF, ctx, username="x", name="x", org_unit_ids=[south["id"]])


def test_a_role_of_ones_own_is_made_changed_and_removed(company: Company) -> None:
    role = company.call(
        contract.CREATE_ROLE, name="auditor", labels={"en": "Auditor", "zh-CN": "审核"}, permissions=["tenants.read"]
    )
    changed = company.call(contract.UPDATE_ROLE, role_id=role["id"], permissions=["tenants.read", "customers.read"])
    assert (changed["version"], changed["permissions"]) == (2, ["tenants.read", "customers.read"])
    staff = company.staff(roles=["auditor"])
    with pytest.raises(Problem, match="conflict"):
        company.call(contract.DELETE_ROLE, role_id=role["id"])
    company.call(contract.UPDATE_STAFF, staff_id=staff["id"], roles=[])
    company.call(contract.DELETE_ROLE, role_id=role["id"])
    assert company.told("role.changed")[-1]["active"] is False
    with pytest.raises(Problem, match="not_found"):
        company.call(contract.GET_ROLE, role_id=role["id"])


def test_a_role_of_the_pack_is_shaped_but_never_removed(company: Company) -> None:
    clerk = next(role for role in company.call(contract.LIST_ROLES)["items"] if role["name"] == "clerk")
    company.call(contract.UPDATE_ROLE, role_id=clerk["id"], permissions=[])
    with pytest.raises(Problem, match="conflict"):
        company.call(contract.DELETE_ROLE, role_id=clerk["id"])
    with pytest.raises(Problem, match="conflict"):
        company.call(contract.CREATE_ROLE, name="clerk", labels={}, permissions=[])


def test_staff_come_with_roles_and_units_and_everybody_is_told(company: Company) -> None:
    south = company.unit("south")
    staff = company.staff(org_unit_ids=[south["id"]], email="li@example.com", locale="en")
    assert (staff["roles"], staff["org_unit_ids"], staff["can_sign_in"]) == (["clerk"], [south["id"]], True)
    told = company.told("staff.changed")[-1]
    assert {key: told[key] for key in ("username", "roles", "org_unit_ids", "active", "version")} == {
        "username": "li", "roles": ["clerk"], "org_unit_ids": [south["id"]], "active": True, "version": 1,
    }  # fmt: skip
    assert PASSWORD not in str(company.events())
    assert PASSWORD not in str([(row.before, row.after) for row in company.audit()])


def test_changed_assignments_make_a_new_version(company: Company) -> None:
    south, north = company.unit("south"), company.unit("north")
    staff = company.staff(org_unit_ids=[south["id"]])
    changed = company.call(
        contract.UPDATE_STAFF,
        staff_id=staff["id"],
        roles=["manager", "clerk"],
        org_unit_ids=[north["id"]],
        expected_version=1,
    )
    assert (changed["version"], changed["roles"], changed["org_unit_ids"]) == (2, ["clerk", "manager"], [north["id"]])
    assert company.told("staff.changed")[-1]["version"] == 2
    same = company.call(contract.UPDATE_STAFF, staff_id=staff["id"], roles=["clerk", "manager"])
    assert same["version"] == 2
    with pytest.raises(Problem, match="stale_version"):
        company.call(contract.UPDATE_STAFF, staff_id=staff["id"], name="x", expected_version=1)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"roles": ["king"]}, "invalid_request"),
        ({"org_unit_ids": [str(uuid4())]}, "not_found"),
        ({"password": "short"}, "invalid_request"),
        ({"email": "nobody"}, "invalid_request"),
        ({"username": "李"}, "invalid_request"),
    ],
)
def test_bad_staff_leave_nothing_behind(company: Company, fields: dict[str, object], code: str) -> None:
    with pytest.raises(Problem, match=code):
        company.staff(**fields)
    assert company.call(contract.LIST_STAFF)["items"] == []


def test_staff_are_found_by_name_role_unit_and_state(company: Company) -> None:
    south = company.unit("south")
    store = company.unit("store", south)
    company.staff("anna", name="安娜", org_unit_ids=[south["id"]])
    company.staff("bao", name="小宝", roles=["manager"], org_unit_ids=[])
    gone = company.staff("chen", name="老陈")
    company.call(contract.DEACTIVATE_STAFF, staff_id=gone["id"])

    def found(**filters: str) -> list[str]:
        return [item["username"] for item in company.call(contract.LIST_STAFF, **filters)["items"]]

    assert found() == ["anna", "bao", "chen"]
    assert found(q="小") == ["bao"]
    assert found(role="clerk") == ["anna", "chen"]
    assert found(org_unit_id=store["id"]) == ["anna", "chen"]
    assert found(active="true") == ["anna", "bao"]


def test_somebody_who_only_takes_on_staff_gives_no_more_than_they_hold(company: Company) -> None:
    ctx = company.admin.with_(permissions=frozenset({"tenants.staff", "customers.read", "tenants.read"}))
    company.call(contract.CREATE_STAFF, ctx, username="ok", name="x", roles=["clerk"])
    with pytest.raises(Problem, match="scope_too_wide"):
        company.call(contract.CREATE_STAFF, ctx, username="no", name="x", roles=["manager"])
    boss = company.staff("boss", roles=["manager"])
    for operation, fields in (
        (contract.SET_STAFF_PASSWORD, {"password": "taken over 1"}),
        (contract.UPDATE_STAFF, {"roles": []}),
        (contract.DEACTIVATE_STAFF, {}),
    ):
        with pytest.raises(Problem, match="scope_too_wide"):
            company.call(operation, ctx, staff_id=boss["id"], **fields)


def test_who_leaves_is_signed_out_and_everybody_is_told(company: Company, bench: Bench) -> None:
    staff = company.staff()
    tokens = company.sign_in()
    company.call(contract.DEACTIVATE_STAFF, staff_id=staff["id"])
    company.call(contract.DEACTIVATE_STAFF, staff_id=staff["id"])
    assert [left["username"] for left in company.told("staff.left")] == ["li"]
    assert len(company.told("credential.revoked")) == 1
    for attempt in (
        lambda: bench.introspect(tokens["access_token"]),
        lambda: company.refresh(tokens["refresh_token"]),
        company.sign_in,
    ):
        with pytest.raises(Problem):
            attempt()
    company.call(contract.ACTIVATE_STAFF, staff_id=staff["id"])
    assert company.told("staff.changed")[-1]["active"] is True
    assert company.as_staff().actor.id == staff["id"]


def test_another_companys_records_are_not_there(company: Company, bench: Bench) -> None:
    other = bench.company()
    unit, staff = other.unit("south"), other.staff()
    role = other.call(contract.LIST_ROLES)["items"][0]
    for operation, field, value in (
        (contract.GET_ORG_UNIT, "org_unit_id", unit["id"]),
        (contract.GET_STAFF, "staff_id", staff["id"]),
        (contract.GET_ROLE, "role_id", role["id"]),
        (contract.DEACTIVATE_STAFF, "staff_id", staff["id"]),
    ):
        with pytest.raises(Problem, match="not_found"):
            company.call(operation, **{field: value})
    with pytest.raises(Problem, match="not_found"):
        company.staff(org_unit_ids=[unit["id"]])
    assert company.call(contract.LIST_STAFF)["items"] == []
