"""Companies for clause tests: each made from packs, with a store and staff of every role one asks for; REST only.

company = new_company()                                      # of the industry pack "dealership"
case = company.as_("front_desk").register(content="...")
case = company.as_("general_manager").act(case, "approve")   # the case afterwards; fails when refused
problem = company.as_("technician").refused(case, "approve")
assert (problem["status"], problem["code"]) == (403, "forbidden")
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import ExitStack
from datetime import datetime
from typing import Any, Self
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx

from kefu.waiting import wait_until
from tests.platform.running import Platform

PASSWORD = "correct horse battery"
ZONE = ZoneInfo("Asia/Shanghai")
SECONDS = 15.0
"""Within this time what one service tells another must have arrived."""

Json = dict[str, Any]


class SignedIn(httpx.Auth):
    """Signs in when first needed, and again when the credential ran out: tests move the clock."""

    def __init__(self, tenant: str, username: str) -> None:
        self._body = {"tenant": tenant, "username": username, "password": PASSWORD}
        self._token = ""

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        for _ in range(2):
            if not self._token:
                session = yield httpx.Request("POST", request.url.join("/v1/sessions"), json=self._body)
                session.read()
                assert session.is_success, session.text
                self._token = session.json()["access_token"]
            request.headers["Authorization"] = f"Bearer {self._token}"
            answer = yield request
            if answer.status_code != httpx.codes.UNAUTHORIZED:
                return
            self._token = ""

    requires_response_body = True


class Person:
    """Somebody who calls the platform: a staff member, or with `id` empty the administrator's key."""

    def __init__(self, client: httpx.Client, id_: str, username: str, company: Company) -> None:
        self.client, self.id, self.username, self.company = client, id_, username, company

    # -- any call ------------------------------------------------------------------------------------------------------

    def call(self, verb: str, path: str, **request: Any) -> Any:
        """The reply's body; fails on a problem."""
        answer = self.client.request(verb, path, **request)
        assert answer.is_success, f"{verb} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def get(self, path: str, **query: Any) -> Any:
        return self.call("GET", path, params=query)

    def post(self, path: str, **body: Any) -> Any:
        return self.call("POST", path, json=body)

    def problem(self, verb: str, path: str, **request: Any) -> Json:
        """The problem document the call is refused with; fails when it is not refused."""
        answer = self.client.request(verb, path, **request)
        assert answer.headers["content-type"].startswith("application/problem+json"), answer.text
        found: Json = answer.json()
        return found

    # -- complaints ----------------------------------------------------------------------------------------------------

    def register(self, **fields: Any) -> Json:
        """A new case from `intake()` with these fields."""
        case: Json = self.post("/v1/complaints", **self.company.intake(**fields))
        return case

    def case(self, case: Mapping[str, Any]) -> Json:
        """The case as it is now, with the actions open to this person."""
        found: Json = self.get(f"/v1/complaints/{case['id']}")
        return found

    def act(self, case: Mapping[str, Any], action: str, **fields: Any) -> Json:
        """Take the action; the case (or, given a sheet, the sheet) afterwards."""
        done: Json = self.post(f"{place(case)}/actions/{action}", **fields)
        return done

    def refused(self, case: Mapping[str, Any], action: str, **fields: Any) -> Json:
        """The problem with which the action is refused."""
        return self.problem("POST", f"{place(case)}/actions/{action}", json=fields)

    def may(self, case: Mapping[str, Any]) -> set[str]:
        """Names of the actions this person may take on the case or sheet now."""
        return {action["name"] for action in self.get(place(case))["actions"]}

    def history(self, case: Mapping[str, Any], what: str | None = None) -> list[Json]:
        """The case's history, oldest first; entries of one sort only when `what` is given."""
        entries: list[Json] = self.get(f"/v1/complaints/{case['id']}/history", limit=100)["items"][::-1]
        return [entry for entry in entries if what in {None, entry["what"]}]

    def deadline(self, case: Mapping[str, Any], kind: str) -> Json:
        """The case's newest deadline of that kind."""
        clocks = self.get(f"/v1/complaints/{case['id']}/deadlines")["items"]
        found: Json = [clock for clock in clocks if clock["kind"] == kind][-1]
        return found

    def minutes_of(self, case: Mapping[str, Any], kind: str) -> float:
        """How long the case's newest deadline of that kind is, in minutes by the clock."""
        clock = self.deadline(case, kind)
        return (moment(clock["due_at"]) - moment(clock["started_at"])).total_seconds() / 60

    def form(self, case: Mapping[str, Any], key: str) -> Json:
        """Values of one form of the case by field, as filled in so far."""
        forms = self.get(f"/v1/complaints/{case['id']}/forms")["items"]
        (form,) = (form for form in forms if form["key"] == key)
        return {value["name"]: value["value"] for value in form["values"]}

    # -- what they are told --------------------------------------------------------------------------------------------

    def inbox(self, case: Mapping[str, Any] | None = None) -> list[str]:
        """Templates of this person's notices (about that case), oldest first."""
        notices = self.get("/v1/notifications", limit=100)["items"][::-1]
        wanted = (case or {}).get("id")
        return [n["key"] for n in notices if wanted in {None, (n["subject"] or {}).get("id")}]

    def await_notice(self, case: Mapping[str, Any], template: str, number: int = 1) -> None:
        """Wait until that many notices by the template about the case are in the inbox."""
        what = f"{number} notice(s) {template} for {self.username}"
        wait_until(lambda: self.inbox(case).count(template) >= number, limit=SECONDS, what=what)


class Company:
    """A tenant with one store. `admin` is its administrator's key."""

    def __init__(self, platform: Platform, stack: ExitStack, pack: str, more: Mapping[str, Any]) -> None:
        self.platform, self._stack = platform, stack
        self.code = f"c{uuid4().hex[:10]}"
        body = {
            "code": self.code, "name": "宏远", "packs": [pack], "timezone": "Asia/Shanghai",
            "services": ["customers", "complaints", "notifications"], **more,
        }  # fmt: skip
        with platform.client() as operator:
            made = operator.post("/v1/tenants", json=body)
            assert made.is_success, made.text
            self.id: str = made.json()["id"]
            key = operator.post(f"/v1/tenants/{self.id}/admin-keys", json={"name": "test"}).raise_for_status().json()
        self.admin = Person(stack.enter_context(platform.client(key["secret"])), "", "admin", self)
        self.store = self.open_unit("s01")
        self._people: dict[str, Person] = {}

    @classmethod
    def found(cls, platform: Platform, stack: ExitStack, pack: str = "dealership", **more: Any) -> Self:
        """Make a tenant of that pack; `more` goes into POST /v1/tenants (overrides, services, timezone, ...)."""
        return cls(platform, stack, pack, more)

    def open_unit(self, code: str, **more: Any) -> str:
        """Id of a new org unit."""
        body = {"code": code, "name": code, "kind": "store", **more}
        unit: Json = self.admin.call("POST", "/v1/org-units", json=body)
        return str(unit["id"])

    def as_(self, role: str) -> Person:
        """The store's one staff member with that role, hired when first asked for."""
        if role not in self._people:
            self._people[role] = self.hire(role, role)
        return self._people[role]

    def team(self, *roles: str) -> list[Person]:
        """One staff member of each role, known to all services from the first case on."""
        return [self.as_(role) for role in roles]

    def hire(self, username: str, *roles: str, unit: str | None = None) -> Person:
        """A new staff member of the store, or of the org unit `unit`."""
        body = {
            "username": username, "name": username, "roles": roles, "password": PASSWORD,
            "org_unit_ids": [unit or self.store],
        }  # fmt: skip
        made = self.admin.post("/v1/staff", **body)
        client = httpx.Client(
            base_url=self.platform.base_url, auth=SignedIn(self.code, username), timeout=30, trust_env=False
        )
        return Person(self._stack.enter_context(client), made["id"], username, self)

    def intake(self, **fields: Any) -> Json:
        """What a complaint's registration sends; `fields` replace, a None takes away."""
        usual = {
            "channel": "phone", "content": "刹车异响,维修两次未解决", "org_unit_id": self.store,
            "complainant": {"name": "王芳", "phone": "13800138000", "vehicle_plate": "京A12345"},
        }  # fmt: skip
        return {name: value for name, value in {**usual, **fields}.items() if value is not None}

    def override(self, overrides: Mapping[str, Any]) -> int:
        """Put these overrides of the complaints policy in force; its version, once the complaints service has it."""
        draft = self.admin.post("/v1/policies/complaints/drafts", overrides=overrides)
        active = self.admin.post(f"/v1/policies/complaints/drafts/{draft['id']}/activate")
        version: int = active["version"]
        wait_until(lambda: self.policy_version() == version, limit=SECONDS, what=f"policy version {version} arrives")
        return version

    def policy_version(self) -> int:
        """The version of the policy new cases begin with."""
        version: int = self.admin.get("/v1/complaint-intake")["policy_version"]
        return version


def place(case: Mapping[str, Any]) -> str:
    """The address of a case, or of a sheet."""
    if "complaint_id" in case:
        return f"/v1/complaints/{case['complaint_id']}/sheets/{case['id']}"
    return f"/v1/complaints/{case['id']}"


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def month_of(text: str) -> str:
    """The month in which that moment is for the companies, who all live in one zone."""
    return moment(text).astimezone(ZONE).strftime("%Y-%m")


def yuan(amount: float) -> Json:
    """Money as the contract writes it: integer fen."""
    return {"amount": round(amount * 100), "currency": "CNY"}


def errors_of(problem: Mapping[str, Any]) -> set[str]:
    """Names of the fields a refused call was wrong in."""
    return {error["field"] for error in problem["errors"]}
