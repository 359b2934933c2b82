"""The decision is told to the complainant as soon as they may read it, once; another one is told again (SPEC IS-6)."""

from __future__ import annotations

from services.complaints.domain import disclosure
from services.complaints.domain.outcome import Notify
from services.complaints.domain.working import Working


def tell_decision(work: Working) -> None:
    """Remember the decision that can be read now, and have the complainant told by the policy's `status_page.decided`.

    Nothing when none can be read or the complainant was told of this very one: what is hidden and shown again as it was
    is no other decision.
    """
    shown = disclosure.decision(work.policy, work.case, work.now)
    if not shown or (found := disclosure.fingerprint(shown)) == work.case.decision:
        return
    work.case.decision = found
    work.changed()
    template = work.policy.status_page.get("decided")
    if template is not None:
        work.emit(Notify(people=(), complainant=True, template=template, urgent=False, values={}, sheet_id=None))
