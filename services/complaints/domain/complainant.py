"""What the complainant says on the status page: it wakes whoever works the case, and never closes one (SPEC IS-7)."""

from __future__ import annotations

from collections.abc import Mapping

from services.complaints.domain.case import Case, Now
from services.complaints.domain.deciding import tell_decision
from services.complaints.domain.effects import resume
from services.complaints.domain.moving import run_hooks
from services.complaints.domain.outcome import Notify, Outcome
from services.complaints.domain.working import NewId, Working
from services.complaints.policy import Policy

REFUSED = "refused"
ANSWERS = frozenset({"accepted", REFUSED})
RATED = "rated"
SAID: Mapping[str, Mapping[str, str]] = {
    "message": {"zh-CN": "留言", "en": "sent a message"},
    "accepted": {"zh-CN": "接受处理结果", "en": "accepted the decision"},
    "refused": {"zh-CN": "不接受处理结果", "en": "refused the decision"},
    "rated": {"zh-CN": "评价", "en": "rated the handling"},
    "reopening": {"zh-CN": "请求重新打开", "en": "asked for the case to be reopened"},
}


def hear(policy: Policy, case: Case, kind: str, words: str, rating: str, now: Now, new_id: NewId) -> Outcome:  # noqa: PLR0917
    """The complainant said something: clocks that waited for them run again (UX-3), whoever has the case is told, and
    the policy's hooks on answers and ratings see it. A rating lets no clock run: nobody waited for it."""
    work = Working(policy, case, None, None, now, new_id)
    if kind != RATED:
        resume(work)
    _tell_handler(work, kind, words)
    if kind in ANSWERS:
        tell_decision(work)
        work.case.answer = kind
        work.case.refused = work.case.decision if kind == REFUSED else ""
        work.events.append(("answered", None))
    if kind == RATED:
        work.case.rating = rating
        work.events.append((RATED, None))
    work.changed()
    run_hooks(work)
    return work.outcome()


def _tell_handler(work: Working, kind: str, words: str) -> None:
    template = work.policy.status_page.get("notice")
    if template is None:
        return
    people = work.people.all(["$handler"] if work.closed else ["$handler", "$holder"])
    if kind == REFUSED:  # a refusal is not only theirs to answer
        people.append(work.people.up(work.policy.ladder, 1))
    work.emit(
        Notify(
            people=tuple(dict.fromkeys(people)),
            complainant=False,
            template=template,
            urgent=False,
            values={"said": SAID[kind], "words": words},
            sheet_id=None,
        )
    )
