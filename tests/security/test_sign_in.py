"""Guessing passwords: what is wrong cannot be told from the answer, not even by its time; guessing is slowed down."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import psutil
import pytest

from tests.clauses.driver import PASSWORD, Company, Json
from tests.platform.running import Platform

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.parametrize("platform", ["sqlite"], indirect=True, scope="session"),
]

LOCKED_AFTER = 5
ROUNDS = 4
"""Below the number of failures that locks an account."""
ALIKE = 0.4
"""The cheapest kind of refusal costs at least this share of the dearest, in CPU time of the service, which others' load
does not change. A password's hash is most of it: leaving it out for accounts that do not exist would show."""


@pytest.fixture(scope="module")
def company(platform: Platform) -> Iterator[Company]:
    with ExitStack() as stack:
        made = Company.found(platform, stack)
        for username in ("known", "guessed", "victim"):
            made.hire(username)
        yield made


def _sign_in(company: Company, **wrong: str) -> httpx.Response:
    body: Json = {"tenant": company.code, "username": "known", "password": PASSWORD, **wrong}
    return httpx.post(f"{company.platform.base_url}/v1/sessions", json=body, trust_env=False, timeout=30)


GUESSES = {
    "company": {"tenant": "no-such-company"},
    "user": {"username": "no-such-user"},
    "password": {"username": "guessed", "password": "not the password"},
}


def test_whatever_is_wrong_the_answer_is_the_same(company: Company) -> None:
    assert _sign_in(company).status_code == 201
    answers = {name: _sign_in(company, **guess) for name, guess in GUESSES.items()}
    assert {_shown(answer) for answer in answers.values()} == {_shown(answers["password"])}
    assert answers["password"].status_code == 401


def _shown(answer: httpx.Response) -> tuple[object, ...]:
    """Everything of the answer but its request's id and the moment."""
    document = {name: value for name, value in answer.json().items() if name != "request_id"}
    headers = {name: value for name, value in answer.headers.items() if name not in {"x-request-id", "date"}}
    return answer.status_code, str(sorted(document.items())), str(sorted(_without_counts(headers).items()))


def _without_counts(headers: dict[str, str]) -> dict[str, str]:
    """The rate limit's counters go on from one request to the next."""
    return {name: "" if name.startswith("ratelimit") else value for name, value in headers.items()}


def test_whatever_is_wrong_the_answer_takes_as_long(company: Company) -> None:
    costs = {name: _cost(company, guess) for name, guess in GUESSES.items()}
    assert min(costs.values()) > ALIKE * max(costs.values()), costs


def _cost(company: Company, guess: dict[str, str]) -> float:
    """CPU seconds of the tenants process for `ROUNDS` refusals."""
    process = psutil.Process(company.platform.pid("tenants"))
    before = sum(process.cpu_times()[:2])
    for _ in range(ROUNDS):
        assert _sign_in(company, **guess).status_code == 401
    return sum(process.cpu_times()[:2]) - before


def test_a_locked_account_is_refused_its_own_password_in_the_same_words(company: Company) -> None:
    wrong = [_sign_in(company, username="victim", password=f"guess {n}") for n in range(LOCKED_AFTER)]
    right = _sign_in(company, username="victim")
    assert _shown(right) == _shown(wrong[0])
    assert _sign_in(company).status_code == 201  # another's account is as open as before
