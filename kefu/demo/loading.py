"""Takes on the demonstration companies. Looks first, so that a second time changes nothing."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from kefu.demo.accounts import Account, AccountsFile
from kefu.demo.api import Caller, Json, Key, Refused, SignedIn

SERVICES = ["customers", "complaints", "notifications"]
_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Staff:
    id: str
    name: str
    role: str


@dataclass(slots=True)
class Company:
    """A company that is on the platform. `new`: it was not there before."""

    spec: Json
    account: Account
    url: str
    locale: str
    new: bool
    units: dict[str, str] = field(default_factory=dict)
    staff: dict[str, Staff] = field(default_factory=dict)
    _callers: dict[str, Caller] = field(default_factory=dict)

    @property
    def code(self) -> str:
        return str(self.spec["code"])

    @property
    def name(self) -> str:
        return str(self.spec["name"])

    @property
    def admin(self) -> Caller:
        return self._caller("", lambda: Key(self.account.admin_key))

    def person(self, username: str) -> Caller:
        """The platform as that staff member uses it."""
        return self._caller(username, lambda: SignedIn(self.code, username, self.account.password))

    def close(self) -> None:
        for caller in self._callers.values():
            caller.close()

    def _caller(self, name: str, auth: Callable[[], Any]) -> Caller:
        if name not in self._callers:
            self._callers[name] = Caller(self.url, auth(), self.locale)
        return self._callers[name]


def specs() -> list[Json]:
    """The companies of companies.yaml."""
    found: list[Json] = yaml.safe_load((_HERE / "companies.yaml").read_text(encoding="utf-8"))
    return found


class Loader:
    """Loads companies with the operator's key; remembers their accounts in `accounts`."""

    def __init__(self, url: str, operator_key: str, locale: str, accounts: AccountsFile) -> None:
        self._url, self._locale, self._accounts = url, locale, accounts
        self._operator = Caller(url, Key(operator_key), locale)

    def load(self, spec: Json) -> Company:
        """The company, made whole: tenant, org units, staff. Whatever is there already stays as it is."""
        tenant = self._tenant(spec["code"])
        known = self._accounts.get(spec["code"]) if tenant else None
        tenant = tenant or self._operator.post(
            "/v1/tenants", {**{k: spec[k] for k in ("code", "name", "packs")}, "services": SERVICES}
        )
        works = known is not None and self._works(known)
        account = known if known and works else self._new_account(tenant["id"])
        company = Company(spec, account, self._url, self._locale, new=not works)
        _complete_units(company)
        _complete_staff(company, reset=not works)
        self._accounts.keep(company.code, account)
        return company

    def _tenant(self, code: str) -> Json | None:
        found = self._operator.all("/v1/tenants", q=code)
        return next((tenant for tenant in found if tenant["code"] == code), None)

    def _works(self, account: Account) -> bool:
        caller = Caller(self._url, Key(account.admin_key), self._locale)
        try:
            caller.get("/v1/me")
        except Refused:
            return False
        finally:
            caller.close()
        return True

    def _new_account(self, tenant_id: str) -> Account:
        made = self._operator.post(f"/v1/tenants/{tenant_id}/admin-keys", {"name": "demonstration"})
        return Account(made["secret"], secrets.token_urlsafe(12))


def _complete_units(company: Company) -> None:
    company.units = {unit["code"]: unit["id"] for unit in company.admin.all("/v1/org-units")}
    for unit in company.spec["units"]:
        if unit["code"] not in company.units:
            parent = company.units[unit["under"]] if "under" in unit else None
            body = {"code": unit["code"], "name": unit["name"], "kind": unit["kind"], "parent_id": parent}
            company.units[unit["code"]] = company.admin.post("/v1/org-units", body)["id"]


def _complete_staff(company: Company, *, reset: bool) -> None:
    """`reset`: those who are there get the new password, because nobody knows the old one."""
    there = {person["username"]: person["id"] for person in company.admin.all("/v1/staff")}
    for spec in company.spec["staff"]:
        staff_id = there.get(spec["username"])
        if staff_id is None:
            staff_id = _new_staff(company, spec)
        elif reset:
            company.admin.put(f"/v1/staff/{staff_id}/password", {"password": company.account.password})
        company.staff[spec["username"]] = Staff(staff_id, spec["name"], spec["role"])


def _new_staff(company: Company, spec: Json) -> str:
    body = {
        "username": spec["username"], "name": spec["name"], "roles": [spec["role"]],
        "password": company.account.password,
        "org_unit_ids": [company.units[spec["unit"]]] if "unit" in spec else None,
    }  # fmt: skip
    return str(company.admin.post("/v1/staff", body)["id"])
