"""The tenants service's published language: the companies, how they are made up, who may do what, by which policy.

Split by what it is about; import the names from here: `from contracts import tenants` and `tenants.STAFF_LEFT`.
"""

from __future__ import annotations

from contracts.core import ServiceContract
from contracts.tenants import calendar, internal, keys, me, organisation, policies, registry, sessions
from contracts.tenants.calendar import GET_CALENDAR, LIST_CALENDAR_DAYS, PUT_CALENDAR
from contracts.tenants.common import OPTIONAL_SERVICES, PERMISSIONS, TENANTS
from contracts.tenants.events import (
    CREDENTIAL_REVOKED,
    EVENTS,
    ORG_UNIT_CHANGED,
    POLICY_ACTIVATED,
    ROLE_CHANGED,
    SERVICE_DISABLED,
    SERVICE_ENABLED,
    STAFF_CHANGED,
    STAFF_LEFT,
    TENANT_CHANGED,
)
from contracts.tenants.internal import DRAFT_DOCUMENT, INTROSPECT, SNAPSHOT
from contracts.tenants.keys import (
    CREATE_ADMIN_KEY,
    CREATE_API_KEY,
    LIST_API_KEYS,
    REVOKE_API_KEY,
    SCOPE_TOO_WIDE,
)
from contracts.tenants.me import CHANGE_PASSWORD, END_MY_SESSION, LIST_MY_SESSIONS, WRONG_PASSWORD
from contracts.tenants.organisation import (
    ACTIVATE_STAFF,
    CREATE_ORG_UNIT,
    CREATE_ROLE,
    CREATE_STAFF,
    DEACTIVATE_STAFF,
    DELETE_ORG_UNIT,
    DELETE_ROLE,
    GET_ORG_UNIT,
    GET_ROLE,
    GET_STAFF,
    LIST_ORG_UNITS,
    LIST_ROLES,
    LIST_STAFF,
    SET_STAFF_PASSWORD,
    UPDATE_ORG_UNIT,
    UPDATE_ROLE,
    UPDATE_STAFF,
)
from contracts.tenants.policies import (
    ACTIVATE_POLICY_DRAFT,
    CREATE_POLICY_DRAFT,
    DIFF_POLICY_DRAFT,
    DRAFT_OUTDATED,
    GET_POLICY,
    GET_POLICY_DRAFT,
    LIST_POLICY_VERSIONS,
    POLICY_INVALID,
)
from contracts.tenants.registry import (
    CREATE_TENANT,
    DISABLE_SERVICE,
    ENABLE_SERVICE,
    GET_TENANT,
    LIST_SERVICES,
    LIST_TENANTS,
    UNKNOWN_PACK,
    UPDATE_TENANT,
)
from contracts.tenants.sessions import (
    GET_ME,
    REFRESH_SESSION,
    SIGN_IN,
    SIGN_IN_REFUSED,
    SIGN_OUT,
)

CONTRACT = ServiceContract(
    name=TENANTS,
    title="Tenants, staff and policy",
    operations=(
        *registry.OPERATIONS,
        *organisation.OPERATIONS,
        *keys.OPERATIONS,
        *calendar.OPERATIONS,
        *policies.OPERATIONS,
        *sessions.OPERATIONS,
        *me.OPERATIONS,
        *internal.OPERATIONS,
    ),
    events=EVENTS,
    permissions=PERMISSIONS,
)

__all__ = [
    "ACTIVATE_POLICY_DRAFT",
    "ACTIVATE_STAFF",
    "CHANGE_PASSWORD",
    "CONTRACT",
    "CREATE_ADMIN_KEY",
    "CREATE_API_KEY",
    "CREATE_ORG_UNIT",
    "CREATE_POLICY_DRAFT",
    "CREATE_ROLE",
    "CREATE_STAFF",
    "CREATE_TENANT",
    "CREDENTIAL_REVOKED",
    "DEACTIVATE_STAFF",
    "DELETE_ORG_UNIT",
    "DELETE_ROLE",
    "DIFF_POLICY_DRAFT",
    "DISABLE_SERVICE",
    "DRAFT_DOCUMENT",
    "DRAFT_OUTDATED",
    "ENABLE_SERVICE",
    "END_MY_SESSION",
    "GET_CALENDAR",
    "GET_ME",
    "GET_ORG_UNIT",
    "GET_POLICY",
    "GET_POLICY_DRAFT",
    "GET_ROLE",
    "GET_STAFF",
    "GET_TENANT",
    "INTROSPECT",
    "LIST_API_KEYS",
    "LIST_CALENDAR_DAYS",
    "LIST_MY_SESSIONS",
    "LIST_ORG_UNITS",
    "LIST_POLICY_VERSIONS",
    "LIST_ROLES",
    "LIST_SERVICES",
    "LIST_STAFF",
    "LIST_TENANTS",
    "OPTIONAL_SERVICES",
    "ORG_UNIT_CHANGED",
    "POLICY_ACTIVATED",
    "POLICY_INVALID",
    "PUT_CALENDAR",
    "REFRESH_SESSION",
    "REVOKE_API_KEY",
    "ROLE_CHANGED",
    "SCOPE_TOO_WIDE",
    "SERVICE_DISABLED",
    "SERVICE_ENABLED",
    "SET_STAFF_PASSWORD",
    "SIGN_IN",
    "SIGN_IN_REFUSED",
    "SIGN_OUT",
    "SNAPSHOT",
    "STAFF_CHANGED",
    "STAFF_LEFT",
    "TENANT_CHANGED",
    "UNKNOWN_PACK",
    "UPDATE_ORG_UNIT",
    "UPDATE_ROLE",
    "UPDATE_STAFF",
    "UPDATE_TENANT",
    "WRONG_PASSWORD",
]
