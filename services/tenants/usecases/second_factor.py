"""A person's second factor: set up, proved at sign-in, replaced, taken away (ASVS 6.3.3, 6.5).

What changes it wants the password again, and the present code once there is one; a wrong one counts as a failed
sign-in, so that a stolen session is no way to guess.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from chassis.vault import Vault
from chassis.work import Transaction, Work
from contracts import tenants as contract
from contracts.context import Context
from contracts.problems import CONFLICT, both
from services.tenants import passwords, second_factor
from services.tenants.domain import Failures, LockRule
from services.tenants.models import Staff, StaffLogin, Tenant
from services.tenants.usecases.logins import end_others, failures_of, keep_failures, own_login

R = TypeVar("R")


class Judge(NamedTuple):
    """By what proofs are judged: when failures lock the account, and what opens the sealed secret."""

    lock: LockRule
    vault: Vault


_NONE_YET = both("there is no second factor yet; set one up first", "尚未设置第二验证因素,请先设置")
_NOT_BEGUN = both(
    "nothing waits to be confirmed, or it waited too long; begin again", "没有待确认的设置或已超时,请重新开始设置"
)
_WANTED = both(
    "one of your roles wants a second factor; set up another app in its place instead",
    "您的角色要求第二验证因素,请改为更换验证器应用",
)


def begin(work: Work, ctx: Context, data: dict[str, Any], judge: Judge) -> dict[str, Any]:
    """A new secret for the person's app; the one before stays good until `confirm`. Problem: `proof_refused`."""

    def act(tx: Transaction, login: StaffLogin) -> dict[str, Any]:
        secret, until = second_factor.new_secret(), tx.now + second_factor.CONFIRM_WITHIN
        login.pending_sealed, login.pending_until = judge.vault.seal(secret), until
        staff = tx.session.get_one(Staff, (tx.tenant_id, login.staff_id))
        company = tx.session.get_one(Tenant, tx.tenant_id).name
        uri = second_factor.provisioning_uri(secret, staff.username, company)
        return {"secret": secret, "provisioning_uri": uri, "confirm_before": until}

    return _proved(work, ctx, data, judge, act)


def confirm(tx: Transaction, data: dict[str, Any], vault: Vault) -> dict[str, Any]:
    """The app works: from now on signing in wants its codes, and the person's other sessions end.

    The recovery codes leave sealed, because the reply is stored for repeats; the door opens them. Problems:
    `proof_refused`, `conflict`.
    """
    login = own_login(tx, lock=True)
    if login is None:
        raise contract.PROOF_REFUSED()
    if login.pending_sealed is None or login.pending_until is None or login.pending_until <= tx.now:
        raise CONFLICT(reason=_NOT_BEGUN)
    step = second_factor.step_of(vault.open(login.pending_sealed), data["code"], tx.now, None)
    if step is None:
        raise contract.PROOF_REFUSED()
    login.factor_sealed, login.factor_since, login.factor_step = login.pending_sealed, tx.now, step
    login.pending_sealed = login.pending_until = None
    end_others(tx, login.staff_id)
    tx.audit("second_factor.set", "staff", login.staff_id)
    tell(tx, login.staff_id, "second_factor_set")
    return {"recovery_codes": [vault.seal(code) for code in _new_recovery_codes(login)]}


def renew_recovery_codes(work: Work, ctx: Context, data: dict[str, Any], judge: Judge) -> dict[str, Any]:
    """Ten new ones; the old ones are no longer good. Problems: `proof_refused`, `conflict`."""

    def act(tx: Transaction, login: StaffLogin) -> dict[str, Any]:
        _require_one(login)
        tx.audit("recovery_codes.renewed", "staff", login.staff_id)
        return {"recovery_codes": _new_recovery_codes(login)}

    return _proved(work, ctx, data, judge, act)


def remove(work: Work, ctx: Context, data: dict[str, Any], judge: Judge) -> None:
    """Back to the password alone. Problems: `proof_refused`, `conflict` where a role wants one."""

    def act(tx: Transaction, login: StaffLogin) -> None:
        _require_one(login)
        if tx.session.get_one(Staff, (tx.tenant_id, login.staff_id)).needs_second_factor:
            raise CONFLICT(reason=_WANTED)
        forget(login)
        end_others(tx, login.staff_id)
        tx.audit("second_factor.removed", "staff", login.staff_id)
        tell(tx, login.staff_id, "second_factor_removed")

    _proved(work, ctx, data, judge, act)


def is_proof(tx: Transaction, login: StaffLogin, code: str, vault: Vault) -> bool:
    """Whether `code` proves the second factor; it is then used up. The caller holds the login's row."""
    if login.factor_sealed is None:
        return False
    if second_factor.is_recovery_code(code):  # needs nothing unsealed: good when the sealing key is lost, too
        return _is_recovery(tx, login, code)
    step = second_factor.step_of(vault.open(login.factor_sealed), code, tx.now, login.factor_step)
    login.factor_step = step or login.factor_step
    return step is not None


def forget(login: StaffLogin) -> None:
    """Nothing of the second factor is left."""
    login.factor_sealed = login.factor_since = login.factor_step = None
    login.pending_sealed = login.pending_until = login.recovery_digests = None


def tell(tx: Transaction, staff_id: UUID, what: str, **variables: Any) -> None:
    """Tell the person, at once and by whatever reaches them: it may have been somebody else."""
    message = {
        "key": f"staff.{what}",
        "urgent": True,
        "recipients": [{"kind": "staff", "staff_id": staff_id}],
        "variables": {"at": tx.now.isoformat(), **variables},
    }
    tx.emit(contract.MESSAGE_REQUESTED, staff_id, message)


def _proved(
    work: Work, ctx: Context, data: dict[str, Any], judge: Judge, act: Callable[[Transaction, StaffLogin], R]
) -> R:
    """What `act` comes to, after the caller has shown again who they are. A refusal is counted, then raised."""
    with work.begin(ctx, read_only=True) as tx:
        login = own_login(tx)
        stored = login.password_hash if login else None
    passed = passwords.matches(stored, data["password"])
    with work.begin(ctx) as tx:
        login = own_login(tx, lock=True)
        if login is not None and _is_owner(tx, login, passed and login.password_hash == stored, data["code"], judge):
            return act(tx, login)
    raise contract.PROOF_REFUSED()


def _is_owner(tx: Transaction, login: StaffLogin, passed: bool, code: str | None, judge: Judge) -> bool:
    failures = failures_of(login)
    if failures.locked(tx.now):
        return False
    good = passed and (login.factor_sealed is None or is_proof(tx, login, code or "", judge.vault))
    keep_failures(login, Failures() if good else failures.after_another(judge.lock, tx.now))
    if not good:
        tx.audit("proof.refused", "staff", login.staff_id)
    return good


def _require_one(login: StaffLogin) -> None:
    if login.factor_sealed is None:
        raise CONFLICT(reason=_NONE_YET)


def _new_recovery_codes(login: StaffLogin) -> list[str]:
    codes = second_factor.new_recovery_codes()
    login.recovery_digests = [second_factor.digest(code) for code in codes]
    return codes


def _is_recovery(tx: Transaction, login: StaffLogin, code: str) -> bool:
    digest = second_factor.digest(code)
    kept = [other for other in login.recovery_digests or () if other != digest]
    if len(kept) == len(login.recovery_digests or ()):
        return False
    login.recovery_digests = kept
    tx.audit("recovery_code.used", "staff", login.staff_id, after={"left": len(kept)})
    tell(tx, login.staff_id, "recovery_code_used", left=len(kept))
    return True
