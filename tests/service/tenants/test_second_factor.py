"""The second factor of a sign-in: set up, wanted, used once, lost, taken away (ASVS 6.3.3, 6.5)."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyotp
import pytest
from sqlalchemy import select

from chassis import clock
from chassis.tables import AuditRow, Outbox, StoredRequest
from contracts import tenants as contract
from contracts.context import Context
from contracts.problems import Problem
from services.tenants import tools
from services.tenants.models import StaffLogin
from tests.service.tenants.bench import ANONYMOUS, PASSWORD, Bench, Company

NOW = datetime(2026, 11, 22, 2, tzinfo=UTC)
STEP = timedelta(seconds=30)


class App:
    """An authenticator app that has scanned what the platform showed."""

    def __init__(self, uri: str) -> None:
        self._totp = pyotp.parse_uri(uri)

    def code(self, moment: datetime = NOW) -> str:
        code: str = self._totp.at(moment)  # type: ignore[union-attr]
        return code


@pytest.fixture
def company(bench: Bench) -> Iterator[Company]:
    with clock.freeze(NOW):
        company = bench.company()
        company.staff()
        yield company


def begin(company: Company, ctx: Context, code: str | None = None, password: str = PASSWORD) -> dict[str, Any]:
    begun: dict[str, Any] = company.call(contract.BEGIN_SECOND_FACTOR, ctx, password=password, code=code)
    return begun


def enrol(company: Company, ctx: Context | None = None) -> tuple[App, list[str]]:
    ctx = ctx or company.as_staff()
    app = App(begin(company, ctx)["provisioning_uri"])
    codes: list[str] = company.call(contract.CONFIRM_SECOND_FACTOR, ctx, code=app.code(NOW - STEP))["recovery_codes"]
    return app, codes


def sign_in(company: Company, code: str | None, password: str = PASSWORD) -> dict[str, Any]:
    said = {"tenant": company.code, "username": "li", "password": password, "code": code}
    tokens: dict[str, Any] = company.bench.call(contract.SIGN_IN, ANONYMOUS, **said)
    return tokens


def refusal(call: Any, *args: Any, **kwargs: Any) -> str:
    with pytest.raises(Problem) as caught:
        call(*args, **kwargs)
    return caught.value.code


def acts(company: Company) -> list[str]:
    return [row.action for row in company.audit()]


def told(company: Company) -> list[str]:
    return [message["key"] for message in company.told("staff.message_requested")]


def require(company: Company, policy: str = "required") -> None:
    clerk = next(role for role in company.call(contract.LIST_ROLES)["items"] if role["name"] == "clerk")
    company.call(contract.UPDATE_ROLE, role_id=clerk["id"], second_factor=policy)


# -- setting one up ---------------------------------------------------------------------------------------------------


def test_who_set_one_up_signs_in_with_password_and_code(company: Company) -> None:
    app, codes = enrol(company)
    assert len(codes) == 10
    assert refusal(sign_in, company, None) == "second_factor_needed"
    assert sign_in(company, app.code())["must_enrol"] is False
    assert "second_factor.set" in acts(company)
    assert told(company) == ["staff.second_factor_set"]


def test_one_counts_only_once_it_is_confirmed_in_time(company: Company) -> None:
    ctx = company.as_staff()
    assert refusal(company.call, contract.CONFIRM_SECOND_FACTOR, ctx, code="000000") == "conflict"
    app = App(begin(company, ctx)["provisioning_uri"])
    assert refusal(company.call, contract.CONFIRM_SECOND_FACTOR, ctx, code="000000") == "proof_refused"
    sign_in(company, None)
    with clock.freeze(NOW + timedelta(minutes=15)):
        late = app.code(NOW + timedelta(minutes=15))
        assert refusal(company.call, contract.CONFIRM_SECOND_FACTOR, ctx, code=late) == "conflict"
    assert company.call(contract.GET_SECOND_FACTOR, ctx)["enrolled"] is False


def test_setting_one_up_ends_what_was_opened_without_it(company: Company, bench: Bench) -> None:
    elsewhere = company.sign_in()
    here = company.as_staff()
    enrol(company, here)
    assert refusal(bench.introspect, elsewhere["access_token"]) == "unauthenticated"
    assert company.call(contract.GET_SECOND_FACTOR, here) == {
        "enrolled": True, "required": False, "since": "2026-11-22T02:00:00Z", "recovery_codes_left": 10,
    }  # fmt: skip


def test_a_stolen_session_alone_changes_nothing_and_is_no_way_to_guess(company: Company) -> None:
    ctx = company.as_staff()
    for _ in range(tools.settings().sign_in_attempts):
        assert refusal(begin, company, ctx, password="not this one") == "proof_refused"
    assert refusal(begin, company, ctx) == "proof_refused"
    assert refusal(company.sign_in) == "sign_in_refused"


def test_another_app_takes_the_place_of_the_one_before_once_it_is_confirmed(company: Company) -> None:
    ctx = company.as_staff()
    old, old_codes = enrol(company, ctx)
    assert refusal(begin, company, ctx) == "proof_refused"
    new = App(begin(company, ctx, old.code())["provisioning_uri"])
    sign_in(company, old.code(NOW + STEP))
    company.call(contract.CONFIRM_SECOND_FACTOR, ctx, code=new.code(NOW - STEP))
    with clock.freeze(NOW + 2 * STEP):
        assert refusal(sign_in, company, old.code(NOW + 2 * STEP)) == "sign_in_refused"
        assert refusal(sign_in, company, old_codes[0]) == "sign_in_refused"
        sign_in(company, new.code(NOW + 2 * STEP))


def test_a_confirmation_repeated_gets_the_same_recovery_codes(company: Company) -> None:
    ctx = company.as_staff().with_(idempotency_key=uuid4().hex)
    app = App(begin(company, ctx)["provisioning_uri"])
    first = company.call(contract.CONFIRM_SECOND_FACTOR, ctx, code=app.code())
    assert company.call(contract.CONFIRM_SECOND_FACTOR, ctx, code=app.code()) == first


def test_neither_secret_nor_recovery_code_is_kept_readable(company: Company, bench: Bench) -> None:
    ctx = company.as_staff().with_(idempotency_key=uuid4().hex)
    begun = begin(company, ctx)
    codes = company.call(contract.CONFIRM_SECOND_FACTOR, ctx, code=App(begun["provisioning_uri"]).code())
    with bench.database.begin(company.id) as session:
        kept = [
            str(vars(row))
            for model in (StaffLogin, StoredRequest, AuditRow, Outbox)
            for row in session.scalars(select(model))
        ]
    for secret in (begun["secret"], *codes["recovery_codes"]):
        assert not [row for row in kept if secret in row or secret.replace("-", "") in row]


def test_a_key_has_no_second_factor(company: Company) -> None:
    assert refusal(begin, company, company.admin) == "proof_refused"
    assert company.call(contract.GET_SECOND_FACTOR)["enrolled"] is False


# -- signing in -------------------------------------------------------------------------------------------------------


def test_a_code_is_good_once(company: Company) -> None:
    app, _ = enrol(company)
    sign_in(company, app.code())
    assert refusal(sign_in, company, app.code()) == "sign_in_refused"
    sign_in(company, app.code(NOW + STEP))


def test_a_code_used_twice_at_once_opens_one_session(company: Company) -> None:
    app, _ = enrol(company)
    with ThreadPoolExecutor(4) as threads:
        attempts = [threads.submit(sign_in, company, app.code()) for _ in range(4)]
        failed = [attempt for attempt in attempts if attempt.exception()]
    assert len(failed) == 3


def test_wrong_codes_lock_like_wrong_passwords_and_a_missing_one_gives_no_new_tries(company: Company) -> None:
    app, _ = enrol(company)
    for _ in range(tools.settings().sign_in_attempts):
        assert refusal(sign_in, company, None) == "second_factor_needed"
        assert refusal(sign_in, company, "000000") == "sign_in_refused"
    assert refusal(sign_in, company, app.code()) == "sign_in_refused"
    assert refusal(sign_in, company, None) == "sign_in_refused"


def test_without_the_password_nobody_learns_that_there_is_a_second_factor(company: Company) -> None:
    app, _ = enrol(company)
    assert refusal(sign_in, company, None, "not this one") == "sign_in_refused"
    assert refusal(sign_in, company, app.code(), "not this one") == "sign_in_refused"
    sign_in(company, app.code())


def test_a_code_where_none_is_wanted_does_no_harm(company: Company) -> None:
    assert sign_in(company, "123456")["access_token"]


# -- the app is lost --------------------------------------------------------------------------------------------------


def test_a_recovery_code_opens_one_sign_in_and_the_person_is_told(company: Company) -> None:
    _, codes = enrol(company)
    sign_in(company, codes[3].lower().replace("-", " "))
    assert refusal(sign_in, company, codes[3]) == "sign_in_refused"
    assert told(company)[1:] == ["staff.recovery_code_used"]
    assert "recovery_code.used" in acts(company)
    ctx = company.bench.context_of(sign_in(company, codes[4])["access_token"])
    assert company.call(contract.GET_SECOND_FACTOR, ctx)["recovery_codes_left"] == 8


def test_recovery_codes_open_also_when_the_sealing_key_is_lost(
    company: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, codes = enrol(company)
    monkeypatch.setenv("KEFU_SECOND_FACTOR_KEY_PATH", str(tmp_path / "another.key"))
    tools.forget()
    try:
        assert sign_in(company, codes[0])["access_token"]
    finally:
        monkeypatch.undo()
        tools.forget()


def test_new_recovery_codes_take_the_place_of_the_old(company: Company) -> None:
    ctx = company.as_staff()
    assert refusal(company.call, contract.RENEW_RECOVERY_CODES, ctx, password=PASSWORD) == "conflict"
    app, old = enrol(company, ctx)
    assert refusal(company.call, contract.RENEW_RECOVERY_CODES, ctx, password=PASSWORD) == "proof_refused"
    renewed = company.call(contract.RENEW_RECOVERY_CODES, ctx, password=PASSWORD, code=app.code())["recovery_codes"]
    assert refusal(sign_in, company, old[0]) == "sign_in_refused"
    sign_in(company, renewed[0])


def test_an_administrator_takes_a_lost_one_away_and_the_person_is_told(company: Company, bench: Bench) -> None:
    app, _ = enrol(company)
    tokens = sign_in(company, app.code())
    staff = company.call(contract.LIST_STAFF)["items"][0]
    assert staff["has_second_factor"]
    company.call(contract.RESET_SECOND_FACTOR, staff_id=staff["id"])
    company.call(contract.RESET_SECOND_FACTOR, staff_id=staff["id"])
    assert refusal(bench.introspect, tokens["access_token"]) == "unauthenticated"
    sign_in(company, None)
    assert acts(company).count("second_factor.reset") == 1
    assert told(company)[-1] == "staff.second_factor_reset"


def test_only_who_may_give_as_much_takes_it_away(company: Company) -> None:
    company.staff("boss", roles=["manager"])
    company.staff("mighty", roles=[company.call(
        contract.CREATE_ROLE, name="mighty", labels={"en": "Mighty"}, permissions=["*"]
    )["name"]])  # fmt: skip
    people = {staff["username"]: staff["id"] for staff in company.call(contract.LIST_STAFF)["items"]}
    boss = company.as_staff("boss")
    assert refusal(company.call, contract.RESET_SECOND_FACTOR, boss, staff_id=people["mighty"]) == "scope_too_wide"
    company.call(contract.RESET_SECOND_FACTOR, boss, staff_id=people["li"])


def test_one_may_go_back_to_the_password_alone(company: Company) -> None:
    ctx = company.as_staff()
    app, _ = enrol(company, ctx)
    assert refusal(company.call, contract.REMOVE_SECOND_FACTOR, ctx, password=PASSWORD) == "proof_refused"
    company.call(contract.REMOVE_SECOND_FACTOR, ctx, password=PASSWORD, code=app.code())
    sign_in(company, None)
    assert told(company)[-1] == "staff.second_factor_removed"


# -- roles that want one ----------------------------------------------------------------------------------------------


def test_a_role_that_wants_one_leads_to_it_at_the_next_sign_in(company: Company, bench: Bench) -> None:
    before = company.sign_in()["access_token"]
    require(company)
    assert bench.introspect(before)["permissions"] == ["customers.read", "tenants.read"]
    tokens = sign_in(company, None)
    assert tokens["must_enrol"] is True
    found = bench.introspect(tokens["access_token"])
    assert (found["must_enrol"], found["permissions"], found["roles"], found["services"]) == (True, [], [], [])
    enrol(company, bench.context_of(tokens["access_token"]))
    found = bench.introspect(tokens["access_token"])
    assert (found["must_enrol"], found["permissions"]) == (False, ["customers.read", "tenants.read"])
    assert company.refresh(tokens["refresh_token"])["must_enrol"] is False


def test_where_a_role_wants_one_it_cannot_be_put_away(company: Company) -> None:
    require(company)
    ctx = company.bench.context_of(sign_in(company, None)["access_token"])
    app, _ = enrol(company, ctx)
    assert company.call(contract.GET_SECOND_FACTOR, ctx)["required"] is True
    assert refusal(
        company.call, contract.REMOVE_SECOND_FACTOR, ctx, password=PASSWORD, code=app.code()
    ) == "conflict"  # fmt: skip
    require(company, "optional")
    company.call(contract.REMOVE_SECOND_FACTOR, ctx, password=PASSWORD, code=app.code())


def test_a_pack_may_want_one(bench: Bench) -> None:
    company = bench.company(packs=["shop", "depot"])
    roles = {role["name"]: role["second_factor"] for role in company.call(contract.LIST_ROLES)["items"]}
    assert roles == {"clerk": "optional", "guard": "required", "manager": "optional"}


def test_keys_are_not_concerned(company: Company) -> None:
    require(company)
    assert company.bench.introspect(company.admin_key)["must_enrol"] is False
