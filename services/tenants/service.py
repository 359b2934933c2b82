"""The tenants service's doors: its table of contents."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from chassis.service import Call, Job, Service, every, operation
from contracts import tenants as contract
from contracts.problems import INVALID, both
from services.tenants import jobs, passwords, tools
from services.tenants.queries import calendar as calendar_queries
from services.tenants.queries import keys as key_queries
from services.tenants.queries import organisation, principals
from services.tenants.queries import policies as policy_queries
from services.tenants.queries import registry as registry_queries
from services.tenants.queries import snapshot as snapshot_queries
from services.tenants.settings import TenantsSettings
from services.tenants.usecases import (
    calendar,
    keys,
    org_units,
    own,
    policies,
    registry,
    roles,
    second_factor,
    sessions,
    staff,
)

_GUESSABLE = both(
    "is easily guessed: common, a pattern, or made of your or your company's name. Take a few words that do not belong "
    "together",
    "容易被猜到:过于常见、有规律,或含有本人或公司的名称。请使用几个互不相关的词",
)
_BREACHED = both(
    "is known from a breach of some other site, so it is tried first everywhere; take another one, and change it "
    "wherever else you use it",
    "已在其他网站的泄露事件中公开,极易被尝试。请换用其他密码,并修改其他使用该密码的账号",
)


class TenantsService(Service):
    name = "tenants"
    settings = TenantsSettings

    # -- the register of companies -------------------------------------------------------------------------------------

    @operation(contract.CREATE_TENANT)
    def create_tenant(self, call: Call) -> Any:
        return call.run(registry.create_tenant, tools.settings().packs_dir)

    @operation(contract.LIST_TENANTS)
    def list_tenants(self, call: Call) -> Any:
        return call.read(registry_queries.tenants)

    @operation(contract.GET_TENANT)
    def get_tenant(self, call: Call) -> Any:
        return call.read(registry_queries.tenant)

    @operation(contract.UPDATE_TENANT)
    def update_tenant(self, call: Call) -> Any:
        return call.run(registry.update_tenant)

    @operation(contract.ENABLE_SERVICE)
    def enable_service(self, call: Call) -> Any:
        return call.run(registry.enable_service, tools.settings().packs_dir)

    @operation(contract.DISABLE_SERVICE)
    def disable_service(self, call: Call) -> Any:
        return call.run(registry.disable_service)

    @operation(contract.LIST_SERVICES)
    def list_services(self, call: Call) -> Any:
        return call.read(registry_queries.my_services)

    # -- org units, roles, staff ---------------------------------------------------------------------------------------

    @operation(contract.CREATE_ORG_UNIT)
    def create_org_unit(self, call: Call) -> Any:
        return call.run(org_units.create_org_unit)

    @operation(contract.LIST_ORG_UNITS)
    def list_org_units(self, call: Call) -> Any:
        return call.read(organisation.org_units)

    @operation(contract.GET_ORG_UNIT)
    def get_org_unit(self, call: Call) -> Any:
        return call.read(organisation.org_unit)

    @operation(contract.UPDATE_ORG_UNIT)
    def update_org_unit(self, call: Call) -> Any:
        return call.run(org_units.update_org_unit)

    @operation(contract.DELETE_ORG_UNIT)
    def delete_org_unit(self, call: Call) -> Any:
        return call.run(org_units.close_org_unit)

    @operation(contract.CREATE_ROLE)
    def create_role(self, call: Call) -> Any:
        return call.run(roles.create_role)

    @operation(contract.LIST_ROLES)
    def list_roles(self, call: Call) -> Any:
        return call.read(organisation.roles)

    @operation(contract.GET_ROLE)
    def get_role(self, call: Call) -> Any:
        return call.read(organisation.role)

    @operation(contract.UPDATE_ROLE)
    def update_role(self, call: Call) -> Any:
        return call.run(roles.update_role)

    @operation(contract.DELETE_ROLE)
    def delete_role(self, call: Call) -> Any:
        return call.run(roles.delete_role)

    @operation(contract.CREATE_STAFF)
    def create_staff(self, call: Call) -> Any:
        _hash_password(call)
        return call.run(staff.create_staff)

    @operation(contract.LIST_STAFF)
    def list_staff(self, call: Call) -> Any:
        return call.read(organisation.staff_list)

    @operation(contract.GET_STAFF)
    def get_staff(self, call: Call) -> Any:
        return call.read(organisation.staff)

    @operation(contract.UPDATE_STAFF)
    def update_staff(self, call: Call) -> Any:
        return call.run(staff.update_staff)

    @operation(contract.ACTIVATE_STAFF)
    def activate_staff(self, call: Call) -> Any:
        return call.run(staff.activate_staff)

    @operation(contract.DEACTIVATE_STAFF)
    def deactivate_staff(self, call: Call) -> Any:
        return call.run(staff.deactivate_staff)

    @operation(contract.SET_STAFF_PASSWORD)
    def set_staff_password(self, call: Call) -> Any:
        _hash_password(call)
        return call.run(staff.set_password)

    @operation(contract.RESET_SECOND_FACTOR)
    def reset_second_factor(self, call: Call) -> Any:
        return call.run(staff.reset_second_factor)

    # -- keys and sessions ---------------------------------------------------------------------------------------------

    @operation(contract.CREATE_API_KEY)
    def create_api_key(self, call: Call) -> Any:
        return _unsealed(call.run(keys.create_api_key, tools.keys()))

    @operation(contract.CREATE_ADMIN_KEY)
    def create_admin_key(self, call: Call) -> Any:
        return _unsealed(call.run(keys.create_admin_key, tools.keys()))

    @operation(contract.LIST_API_KEYS)
    def list_api_keys(self, call: Call) -> Any:
        return call.read(key_queries.api_keys)

    @operation(contract.REVOKE_API_KEY)
    def revoke_api_key(self, call: Call) -> Any:
        return call.run(keys.revoke_api_key)

    @operation(contract.SIGN_IN)
    def sign_in(self, call: Call) -> Any:
        return call.dump(sessions.sign_in(call.work, call.ctx, call.data, tools.secrets(), tools.rules()))

    @operation(contract.REFRESH_SESSION)
    def refresh_session(self, call: Call) -> Any:
        return call.dump(sessions.refresh(call.work, call.ctx, call.data, tools.keys(), tools.rules()))

    @operation(contract.SIGN_OUT)
    def sign_out(self, call: Call) -> Any:
        return call.run(sessions.sign_out)

    @operation(contract.CHANGE_PASSWORD)
    def change_password(self, call: Call) -> None:
        _refuse_guessable(call, "new_password", UUID(call.ctx.actor.id) if call.ctx.actor.kind == "staff" else None)
        own.change_password(call.work, call.ctx, call.data, tools.rules().lock)

    @operation(contract.LIST_MY_SESSIONS)
    def list_my_sessions(self, call: Call) -> Any:
        return call.read(organisation.own_sessions)

    @operation(contract.END_MY_SESSION)
    def end_my_session(self, call: Call) -> Any:
        return call.run(own.end_session)

    @operation(contract.GET_SECOND_FACTOR)
    def get_second_factor(self, call: Call) -> Any:
        return call.read(organisation.own_second_factor)

    @operation(contract.BEGIN_SECOND_FACTOR)
    def begin_second_factor(self, call: Call) -> Any:
        return call.dump(second_factor.begin(call.work, call.ctx, call.data, tools.judge()))

    @operation(contract.CONFIRM_SECOND_FACTOR)
    def confirm_second_factor(self, call: Call) -> Any:
        sealed = call.run(second_factor.confirm, tools.vault())["recovery_codes"]
        return {"recovery_codes": [tools.vault().open(code) for code in sealed]}

    @operation(contract.RENEW_RECOVERY_CODES)
    def renew_recovery_codes(self, call: Call) -> Any:
        return call.dump(second_factor.renew_recovery_codes(call.work, call.ctx, call.data, tools.judge()))

    @operation(contract.REMOVE_SECOND_FACTOR)
    def remove_second_factor(self, call: Call) -> None:
        second_factor.remove(call.work, call.ctx, call.data, tools.judge())

    @operation(contract.GET_ME)
    def get_me(self, call: Call) -> Any:
        return call.read(principals.me)

    # -- calendar and policies -----------------------------------------------------------------------------------------

    @operation(contract.GET_CALENDAR)
    def get_calendar(self, call: Call) -> Any:
        return call.read(calendar_queries.calendar)

    @operation(contract.PUT_CALENDAR)
    def put_calendar(self, call: Call) -> Any:
        return call.run(calendar.put_calendar)

    @operation(contract.LIST_CALENDAR_DAYS)
    def list_calendar_days(self, call: Call) -> Any:
        return call.read(calendar_queries.days)

    @operation(contract.GET_POLICY)
    def get_policy(self, call: Call) -> Any:
        return call.read(policy_queries.policy)

    @operation(contract.LIST_POLICY_VERSIONS)
    def list_policy_versions(self, call: Call) -> Any:
        return call.read(policy_queries.versions)

    @operation(contract.CREATE_POLICY_DRAFT)
    def create_policy_draft(self, call: Call) -> Any:
        return call.run(policies.create_draft, tools.settings().packs_dir)

    @operation(contract.GET_POLICY_DRAFT)
    def get_policy_draft(self, call: Call) -> Any:
        return call.read(policy_queries.draft)

    @operation(contract.DIFF_POLICY_DRAFT)
    def diff_policy_draft(self, call: Call) -> Any:
        return call.read(policy_queries.draft_diff)

    @operation(contract.ACTIVATE_POLICY_DRAFT)
    def activate_policy_draft(self, call: Call) -> Any:
        return call.run(policies.activate_draft, tools.settings().packs_dir)

    # -- what the others ask, and what runs by itself ------------------------------------------------------------------

    @operation(contract.INTROSPECT)
    def introspect(self, call: Call) -> Any:
        return call.read(principals.introspect, tools.keys())

    @operation(contract.SNAPSHOT)
    def snapshot(self, call: Call) -> Any:
        return call.read(snapshot_queries.snapshot)

    @operation(contract.DRAFT_DOCUMENT)
    def draft_document(self, call: Call) -> Any:
        return call.read(policy_queries.own_draft)

    @every(seconds=3600)
    def forget_sessions(self, job: Job) -> None:
        jobs.forget_sessions(job)


def _hash_password(call: Call) -> None:
    """Put the password's hash in its place, and a keyed code of it in what the stored request is recognised by."""
    if call.data.get("password") is not None:
        _refuse_guessable(call, "password", call.data.get("staff_id"))
    password = call.data.pop("password", None)
    if password is not None:
        call.payload = call.payload | {"password": tools.keys().fingerprint(password)}
        call.data["password_hash"] = passwords.hash_password(password)


def _refuse_guessable(call: Call, field: str, staff_id: UUID | None) -> None:
    """Problem: `invalid_request` for a password that is common, made of the person's or the company's names, or known
    from a breach."""
    words = call.look(lambda tx, _: [*registry_queries.names(tx), *own.words_of(tx, staff_id)])
    asked = [call.data[name] for name in ("username", "name") if call.data.get(name)]
    if passwords.is_guessable(call.data[field], [*words, *asked]):
        raise INVALID([{"field": field, "code": "guessable", "message": _GUESSABLE}])
    if passwords.is_breached(call.data[field], tools.breaches()):
        raise INVALID([{"field": field, "code": "breached", "message": _BREACHED}])


def _unsealed(reply: dict[str, Any]) -> dict[str, Any]:
    """The reply with its secret readable, on its way out; the stored one keeps it sealed."""
    return reply | {"secret": tools.keys().open(reply["secret"])}
