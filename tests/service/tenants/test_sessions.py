"""Signing in, staying in, being thrown out."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from chassis import clock
from chassis.tables import StoredRequest
from chassis.timers import Job
from contracts import tenants as contract
from contracts.problems import Problem
from services.tenants import jobs, keyring, tools
from services.tenants.models import StaffLogin, StaffSession
from tests.service.tenants.bench import ANONYMOUS, PASSWORD, Bench, Company

NOW = datetime(2026, 11, 22, 2, tzinfo=UTC)


@pytest.fixture
def company(bench: Bench) -> Company:
    company = bench.company()
    company.staff()
    return company


def test_who_signs_in_acts_by_their_roles_and_units(company: Company, bench: Bench) -> None:
    south = company.unit("south")
    store = company.unit("store", south)
    staff = company.staff("mei", roles=["manager", "clerk"], org_unit_ids=[south["id"]])
    found = bench.introspect(company.sign_in("mei")["access_token"])
    assert found["actor"] == {"kind": "staff", "id": staff["id"], "name": "李顾问"}
    assert found["roles"] == ["clerk", "manager"]
    assert found["permissions"] == ["customers.*", "customers.read", "tenants.read", "tenants.staff"]
    assert set(found["org_unit_ids"]) == {south["id"], store["id"]}


def test_me_tells_who_i_am(company: Company) -> None:
    ctx = company.as_staff()
    me = company.call(contract.GET_ME, ctx)
    assert (me["actor"]["name"], me["tenant_code"], me["tenant_name"]) == ("李顾问", company.code, "宏远")
    assert (me["roles"], me["services"]) == (["clerk"], ["customers", "notifications"])


@pytest.mark.parametrize("wrong", ["tenant", "username", "password", "left", "passwordless"])
def test_every_refused_sign_in_looks_the_same(company: Company, bench: Bench, wrong: str) -> None:
    said = {"tenant": company.code, "username": "li", "password": PASSWORD}
    if wrong in said:
        said[wrong] = "not right at all"
    elif wrong == "left":
        company.call(contract.DEACTIVATE_STAFF, staff_id=company.call(contract.LIST_STAFF)["items"][0]["id"])
    else:
        company.staff("new", password=None)
        said["username"] = "new"
    with pytest.raises(Problem) as caught:
        bench.call(contract.SIGN_IN, ANONYMOUS, **said)
    assert caught.value.to_wire() == {"code": "sign_in_refused", "status": 401, "params": {"minutes": 15}, "errors": []}


def fail(company: Company, times: int) -> None:
    for _ in range(times):
        with pytest.raises(Problem, match="sign_in_refused"):
            company.sign_in(password="wrong password")


def test_repeated_failure_locks_the_account_for_a_while(company: Company) -> None:
    staff_id = company.call(contract.LIST_STAFF)["items"][0]["id"]
    with clock.freeze(NOW):
        fail(company, 5)
        fail_even_with_the_right_one = company.call(contract.GET_STAFF, staff_id=staff_id)["locked_until"]
        assert fail_even_with_the_right_one == "2026-11-22T02:15:00Z"
        with pytest.raises(Problem, match="sign_in_refused"):
            company.sign_in()
    with clock.freeze(NOW + timedelta(minutes=15)):
        company.sign_in()
        assert company.call(contract.GET_STAFF, staff_id=staff_id)["locked_until"] is None


def test_a_success_forgets_the_failures_before(company: Company) -> None:
    with clock.freeze(NOW):
        fail(company, 4)
        company.sign_in()
        fail(company, 4)
        company.sign_in()


def test_an_administrator_lifts_the_lock(company: Company) -> None:
    staff_id = company.call(contract.LIST_STAFF)["items"][0]["id"]
    fail(company, 5)
    company.call(contract.ACTIVATE_STAFF, staff_id=staff_id)
    company.sign_in()


def test_a_failed_sign_in_is_no_change_of_the_person(company: Company) -> None:
    fail(company, 1)
    assert company.call(contract.LIST_STAFF)["items"][0]["version"] == 1
    assert [row.action for row in company.audit()][-1] == "session.refused"


def test_an_access_token_is_short_and_renewed(company: Company, bench: Bench) -> None:
    with clock.freeze(NOW):
        tokens = company.sign_in()
        assert tokens["expires_at"] == "2026-11-22T02:10:00Z"
        assert bench.introspect(tokens["access_token"])["expires_at"] == "2026-11-22T02:10:00Z"
    with clock.freeze(NOW + timedelta(minutes=10)):
        with pytest.raises(Problem, match="unauthenticated"):
            bench.introspect(tokens["access_token"])
        renewed = company.refresh(tokens["refresh_token"])
        assert renewed["refresh_token"] != tokens["refresh_token"]
        assert bench.introspect(renewed["access_token"])


def test_a_refresh_token_used_twice_ends_the_session(company: Company, bench: Bench) -> None:
    tokens = company.sign_in()
    renewed = company.refresh(tokens["refresh_token"])
    with pytest.raises(Problem, match="unauthenticated"):
        company.refresh(tokens["refresh_token"])
    for attempt in (
        lambda: company.refresh(renewed["refresh_token"]),
        lambda: bench.introspect(renewed["access_token"]),
    ):
        with pytest.raises(Problem, match="unauthenticated"):
            attempt()
    assert len(company.told("credential.revoked")) == 1
    assert [row.action for row in company.audit()][-1] == "session.reused"


def test_the_same_renewal_repeated_gets_the_same_token(company: Company) -> None:
    tokens = company.sign_in()
    key = uuid4().hex
    first = company.refresh(tokens["refresh_token"], idempotency_key=key)
    assert company.refresh(tokens["refresh_token"], idempotency_key=key)["refresh_token"] == first["refresh_token"]
    company.refresh(first["refresh_token"], idempotency_key=uuid4().hex)
    with pytest.raises(Problem, match="unauthenticated"):
        company.refresh(tokens["refresh_token"], idempotency_key=key)


def test_a_made_up_refresh_token_harms_nobody(company: Company) -> None:
    tokens = company.sign_in()
    body, _, code = tokens["refresh_token"].rpartition("_")
    for forged in (f"{body}_{'A' * len(code)}", f"{body[:-1]}9_{code}", "nonsense"):
        with pytest.raises(Problem, match="unauthenticated"):
            company.refresh(forged)
    company.refresh(tokens["refresh_token"])


def test_a_session_ends_unrenewed_or_at_its_longest(company: Company) -> None:
    rules = tools.rules()
    with clock.freeze(NOW):
        idle, busy = company.sign_in(), company.sign_in()
    moment, token = NOW, busy["refresh_token"]
    while moment + rules.refresh < NOW + rules.longest + rules.refresh:
        moment += rules.refresh - timedelta(minutes=1)
        with clock.freeze(moment):
            if moment >= NOW + rules.longest:
                break
            token = company.refresh(token)["refresh_token"]
    with clock.freeze(NOW + rules.longest), pytest.raises(Problem, match="unauthenticated"):
        company.refresh(token)
    with clock.freeze(NOW + rules.refresh), pytest.raises(Problem, match="unauthenticated"):
        company.refresh(idle["refresh_token"])


def test_signing_out_ends_this_session_only(company: Company, bench: Bench) -> None:
    here, there = company.sign_in(), company.sign_in()
    company.call(contract.SIGN_OUT, bench.context_of(here["access_token"]))
    with pytest.raises(Problem, match="unauthenticated"):
        bench.introspect(here["access_token"])
    assert bench.introspect(there["access_token"])
    company.call(contract.SIGN_OUT)


def test_a_new_password_signs_out_everywhere(company: Company) -> None:
    tokens = company.sign_in()
    staff_id = company.call(contract.LIST_STAFF)["items"][0]["id"]
    company.call(contract.SET_STAFF_PASSWORD, staff_id=staff_id, password="a quite new one")
    with pytest.raises(Problem, match="unauthenticated"):
        company.refresh(tokens["refresh_token"])
    with pytest.raises(Problem, match="sign_in_refused"):
        company.sign_in()
    company.sign_in(password="a quite new one")


def test_a_repeated_password_request_is_told_from_another(company: Company, bench: Bench) -> None:
    staff_id = company.call(contract.LIST_STAFF)["items"][0]["id"]
    ctx = company.admin.with_(idempotency_key=uuid4().hex)
    company.call(contract.SET_STAFF_PASSWORD, ctx, staff_id=staff_id, password="a quite new one")
    company.call(contract.SET_STAFF_PASSWORD, ctx, staff_id=staff_id, password="a quite new one")
    with pytest.raises(Problem, match="idempotency_key_reused"):
        company.call(contract.SET_STAFF_PASSWORD, ctx, staff_id=staff_id, password="an other new one")
    company.sign_in(password="a quite new one")


def test_neither_password_nor_token_is_kept(company: Company, bench: Bench) -> None:
    tokens = company.sign_in(idempotency_key=uuid4().hex)
    renewed = company.refresh(tokens["refresh_token"], idempotency_key=uuid4().hex)
    with bench.database.begin(company.id) as session:
        kept = [
            str(vars(row))
            for model in (StaffSession, StaffLogin, StoredRequest)
            for row in session.scalars(select(model))
        ]
    everything = " ".join(kept)
    for secret in (
        PASSWORD,
        renewed["access_token"],
        *(t["refresh_token"].split("_", 4)[4] for t in (tokens, renewed)),  # the code may hold a `_` itself
    ):
        assert secret not in everything


def test_rotated_keys_are_taken_up_at_once_and_sign_nobody_out(company: Company, bench: Bench) -> None:
    tokens, before = company.sign_in(), tools.keys()
    keyring.replace(tools.settings().signing_keys_path, before.rotated())
    assert tools.keys().signing.kid != before.signing.kid
    assert bench.introspect(tokens["access_token"])
    assert bench.introspect(company.refresh(tokens["refresh_token"])["access_token"])


def test_wrong_passwords_at_once_count_one_by_one(company: Company) -> None:
    with clock.freeze(NOW), ThreadPoolExecutor(8) as threads:
        attempts = [threads.submit(company.sign_in, password="wrong password") for _ in range(8)]
        assert all(isinstance(attempt.exception(), Problem) for attempt in attempts)
        with pytest.raises(Problem, match="sign_in_refused"):
            company.sign_in()
    assert [row.action for row in company.audit()].count("session.refused") == 5


def test_sessions_that_ended_long_ago_are_forgotten(company: Company, bench: Bench) -> None:
    with clock.freeze(NOW - timedelta(days=60)):
        company.sign_in()
    company.sign_in()
    jobs.forget_sessions(Job(bench))
    with bench.database.begin(company.id) as session:
        assert len(session.scalars(select(StaffSession)).all()) == 1
