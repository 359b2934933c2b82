"""People change their own password, see where they are signed in and end it (ASVS 6.2, 7.5)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from contracts import tenants as contract
from contracts.problems import Problem
from services.tenants import tools
from tests.service.tenants.bench import PASSWORD, Bench, Company

NEW = "a quite new one"


@pytest.fixture
def company(bench: Bench) -> Company:
    company = bench.company(name="宏远汽车")
    company.staff()
    return company


def refused(company: Company, *call: Any, **payload: Any) -> Problem:
    with pytest.raises(Problem) as caught:
        company.call(*call, **payload)
    return caught.value


def change(company: Company, ctx: Any, password: str = PASSWORD, new: str = NEW) -> None:
    company.call(contract.CHANGE_PASSWORD, ctx, password=password, new_password=new)


def test_whoever_knows_the_present_password_takes_a_new_one_and_stays_signed_in_here_only(company: Company) -> None:
    elsewhere, here = company.sign_in(), company.as_staff()
    change(company, here)
    assert company.call(contract.GET_ME, here)["actor"]["name"] == "李顾问"
    assert [s["current"] for s in company.call(contract.LIST_MY_SESSIONS, here)["items"]] == [True]
    with pytest.raises(Problem, match="unauthenticated"):
        company.refresh(elsewhere["refresh_token"])
    with pytest.raises(Problem, match="sign_in_refused"):
        company.sign_in()
    assert company.sign_in(password=NEW)["access_token"]
    assert [row.action for row in company.audit() if row.action.startswith("password")] == ["password.changed"]


def test_a_wrong_present_password_changes_nothing_and_locks_like_a_failed_sign_in(company: Company) -> None:
    here = company.as_staff()
    for _ in range(tools.settings().sign_in_attempts):
        assert (
            refused(company, contract.CHANGE_PASSWORD, here, password="nope", new_password=NEW).code == "wrong_password"
        )
    assert (
        refused(company, contract.CHANGE_PASSWORD, here, password=PASSWORD, new_password=NEW).code == "wrong_password"
    )
    with pytest.raises(Problem, match="sign_in_refused"):
        company.sign_in()


def test_a_key_has_neither_password_nor_sessions(company: Company) -> None:
    problem = refused(company, contract.CHANGE_PASSWORD, password=PASSWORD, new_password=NEW)
    assert problem.code == "wrong_password"
    assert company.call(contract.LIST_MY_SESSIONS)["items"] == []


@pytest.mark.parametrize(
    "guessable",
    [
        "password12",
        "1234567890",
        "qwertyuiop",
        "aaaaaaaaaaaa",
        "Passw0rd2026",
        "iloveyou1314",
        "consultant-li-2026",
        "宏远汽车-x8Kq-77",
    ],
)
def test_what_is_common_or_named_after_person_or_company_is_no_password(company: Company, guessable: str) -> None:
    staff = company.staff("consultant", email="consultant@example.com")
    here = company.as_staff("consultant")
    for call in (
        (
            contract.CREATE_STAFF,
            company.admin,
            {"username": "consultant-li", "name": "李", "roles": [], "password": guessable},
        ),
        (contract.SET_STAFF_PASSWORD, company.admin, {"staff_id": staff["id"], "password": guessable}),
        (contract.CHANGE_PASSWORD, here, {"password": PASSWORD, "new_password": guessable}),
    ):
        problem = refused(company, *call[:2], **call[2])
        assert [error["code"] for error in problem.errors] == ["guessable"], call[0].name
    assert company.sign_in("consultant")["access_token"]


def test_what_is_known_from_a_breach_is_no_new_password(
    company: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leaked = "seven quiet lanterns"
    digest = hashlib.sha1(leaked.encode(), usedforsecurity=False).hexdigest().upper()
    (tmp_path / "breaches").write_text(f"{'0' * 40}:1\n{digest}:23\n{'F' * 40}:2\n")
    here = company.as_staff()
    change(company, here, new=leaked)
    monkeypatch.setenv("KEFU_BREACHED_PASSWORDS_FILE", str(tmp_path / "breaches"))
    tools.forget()
    problem = refused(company, contract.CHANGE_PASSWORD, here, password=leaked, new_password=leaked)
    assert [(error["field"], error["code"]) for error in problem.errors] == [("new_password", "breached")]
    staff = {"username": "new", "name": "新", "roles": [], "password": leaked}
    assert refused(company, contract.CREATE_STAFF, **staff).errors[0]["code"] == "breached"
    assert company.sign_in(password=leaked)["access_token"], "who has it already is not locked out"
    change(company, here, password=leaked)


@pytest.fixture(autouse=True)
def _settings_anew() -> Iterator[None]:
    yield
    tools.forget()


def test_one_sees_and_ends_ones_own_sessions_and_nobody_elses(company: Company) -> None:
    company.staff("zhao")
    lost, here, other = company.as_staff(), company.as_staff(), company.as_staff("zhao")
    listed = company.call(contract.LIST_MY_SESSIONS, here)["items"]
    assert [(s["id"], s["current"]) for s in listed] == [(here.credential_id, True), (lost.credential_id, False)]
    for stranger in (other.credential_id, uuid4()):
        assert refused(company, contract.END_MY_SESSION, here, session_id=stranger).code == "not_found"
    company.call(contract.END_MY_SESSION, here, session_id=lost.credential_id)
    assert [s["id"] for s in company.call(contract.LIST_MY_SESSIONS, here)["items"]] == [here.credential_id]
    assert {told["credential_id"] for told in company.told("credential.revoked")} == {lost.credential_id}
    assert refused(company, contract.END_MY_SESSION, here, session_id=lost.credential_id).code == "not_found"
