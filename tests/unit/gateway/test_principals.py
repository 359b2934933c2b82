"""What is remembered of credentials, and for how long."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chassis import clock
from contracts.problems import UNAUTHENTICATED, UNAVAILABLE, Problem
from gateway.principals import FRESH_SECONDS, MAX_ENTRIES, REFUSED_SECONDS, STALE_SECONDS, Principals
from tests.unit.gateway.toys import Credentials


class Service:
    """The tenants service as the cache sees it, with a clock to move."""

    def __init__(self) -> None:
        self.credentials = Credentials()
        self.credentials.add("good")
        self.down = False
        self.time = 1000.0
        self.principals = Principals(self.introspect, now=lambda: self.time)

    def introspect(self, credential: str) -> dict[str, Any]:
        if self.down:
            raise UNAVAILABLE(service="tenants")
        return self.credentials.introspect({"credential": credential}, "")


@pytest.fixture
def service() -> Service:
    return Service()


def test_a_good_credential_is_asked_for_once_while_fresh(service: Service) -> None:
    for _ in range(3):
        assert service.principals.of("good").actor.name == "POS"
    assert service.credentials.asked == 1
    service.time += FRESH_SECONDS
    service.principals.of("good")
    assert service.credentials.asked == 2


def test_a_revoked_credential_ends_when_no_longer_fresh(service: Service) -> None:
    service.principals.of("good")
    service.credentials.known.clear()
    service.time += FRESH_SECONDS
    with pytest.raises(Problem, match=UNAUTHENTICATED.code):
        service.principals.of("good")
    assert not service.principals.knows("good")


def test_a_revoked_credential_ends_at_once_with_its_event(service: Service) -> None:
    id_ = service.principals.of("good").credential_id
    service.credentials.known.clear()
    service.principals.forget(id_)
    with pytest.raises(Problem, match=UNAUTHENTICATED.code):
        service.principals.of("good")


def test_who_is_revoked_is_forgotten_and_nobody_else(service: Service) -> None:
    service.credentials.add("other")
    id_ = service.principals.of("good").credential_id
    service.principals.of("other")
    service.principals.forget(id_)
    service.down = True
    assert service.principals.of("other"), "with the tenants service away, the other goes on"
    with pytest.raises(Problem, match=UNAVAILABLE.code):
        service.principals.of("good")


def test_after_missed_events_everybody_is_asked_for_anew_but_kept_meanwhile(service: Service) -> None:
    service.principals.of("good")
    service.principals.recheck()
    service.principals.of("good")
    assert service.credentials.asked == 2
    service.principals.recheck()
    service.down = True
    assert service.principals.of("good")


def test_known_credentials_outlive_an_outage_of_five_minutes(service: Service) -> None:
    service.principals.of("good")
    service.down = True
    service.time += STALE_SECONDS - 1
    assert service.principals.of("good")
    with pytest.raises(Problem, match=UNAVAILABLE.code):
        service.principals.of("never seen")
    service.time += 2
    with pytest.raises(Problem, match=UNAVAILABLE.code):
        service.principals.of("good")


def test_a_token_expires_in_the_cache_too(service: Service) -> None:
    end = clock.now() + timedelta(minutes=10)
    service.credentials.add("token", expires_at=end.isoformat())
    assert service.principals.of("token")
    with clock.freeze(end), pytest.raises(Problem, match=UNAUTHENTICATED.code):
        service.principals.of("token")
    assert service.credentials.asked == 1


def test_a_bad_credential_is_not_asked_for_at_every_request(service: Service) -> None:
    for _ in range(3):
        with pytest.raises(Problem, match=UNAUTHENTICATED.code):
            service.principals.of("bad")
    assert service.credentials.asked == 1
    service.credentials.add("bad")
    service.time += REFUSED_SECONDS
    assert service.principals.of("bad")


def test_an_answer_older_than_the_change_is_not_kept(service: Service) -> None:
    def overtaken(credential: str) -> dict[str, Any]:
        reply = service.introspect(credential)
        principals.recheck()  # the event arrives while the answer is on its way
        return reply

    principals = Principals(overtaken, now=lambda: service.time)
    principals.of("good")
    assert not principals.knows("good")


def test_garbage_does_not_push_out_who_is_known(service: Service) -> None:
    service.principals.of("good")
    for n in range(MAX_ENTRIES + 10):
        with pytest.raises(Problem):
            service.principals.of(f"garbage {n}")
    assert service.principals.knows("good")
    assert len(service.principals._refused) == MAX_ENTRIES


def test_who_must_set_up_a_second_factor_is_asked_for_each_time(service: Service) -> None:
    service.credentials.add("enrolling", must_enrol=True)
    assert service.principals.of("enrolling").must_enrol
    service.credentials.known["enrolling"]["must_enrol"] = False
    assert not service.principals.of("enrolling").must_enrol
