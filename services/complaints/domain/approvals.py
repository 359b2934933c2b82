"""Approval by authority (SPEC PL-8, NX-1): who decides what, in which order, never one's own proposal."""

from __future__ import annotations

from contracts.complaints.problems import ACTION_NOT_AVAILABLE, BEYOND_AUTHORITY, OWN_PROPOSAL
from contracts.problems import INVALID, Problem
from services.complaints.domain.case import APPROVED, PENDING, REJECTED, WITHDRAWN, Actor, Decision, Flow, Proposal
from services.complaints.domain.outcome import ProposalDecided
from services.complaints.domain.people import People
from services.complaints.domain.values import error
from services.complaints.domain.working import Working
from services.complaints.policy import Policy, text


def propose(work: Working, kind: str, amount: int, words: str) -> None:
    """Put a proposal up; one of the kind that still waits is withdrawn."""
    earlier = work.flow.proposal(kind)
    if earlier is not None and earlier.state == PENDING:
        earlier.state = WITHDRAWN
    step = work.policy.authority_for(kind, amount, work.scope)
    by = work.actor
    work.flow.proposals.append(
        Proposal(
            kind=kind,
            amount=amount,
            text=words,
            by_id=by.id if by else "",
            by=by.name if by else "",
            at=work.now.moment,
            chain=[list(group) for group in step.chain],
        )
    )
    work.changed()


def approve(work: Working, kind: str, note: str) -> None:
    """One step of the chain says yes; with the last one the proposal is approved."""
    proposal = _decide(work, kind, APPROVED, note)
    if proposal.position == len(proposal.chain):
        _settle(work, proposal, APPROVED)


def reject(work: Working, kind: str, note: str) -> None:
    """Any step's no ends it; it goes back to the proposer."""
    _settle(work, _decide(work, kind, REJECTED, note), REJECTED)


def delegate(work: Working, kind: str, to: str) -> None:
    """Whoever is to decide lets a colleague decide instead; never the proposer."""
    proposal = waiting(work, kind)
    actor = acting(work)
    if to in {proposal.by_id, actor.id}:
        raise INVALID(
            [
                error(
                    "to",
                    "not_a_delegate",
                    "must be somebody else than you and the proposer",
                    "受托人不能是本人或提出人",
                )
            ]
        )
    proposal.delegated[str(proposal.position)] = to
    proposal.decisions.append(_decision(work, "delegated", to))
    work.changed()


def may_decide(flow: Flow, people: People, kind: str, actor: Actor) -> bool:
    """Whether the proposal of `kind` waits for this actor: by the chain or by delegation, and not their own."""
    proposal = flow.proposal(kind)
    if proposal is None or proposal.state != PENDING or proposal.by_id == actor.id:
        return False
    delegated = proposal.delegated.get(str(proposal.position)) == actor.id
    return delegated or people.includes(proposal.chain[proposal.position], actor)


def refusal(policy: Policy, flow: Flow, people: People, kind: str, actor: Actor) -> Problem | None:
    """Why `actor` cannot decide the waiting proposal of `kind`; None when they can."""
    proposal = flow.proposal(kind)
    label = text(_kind_labels(policy, kind), actor.locale)
    if proposal is None or proposal.state != PENDING:
        return ACTION_NOT_AVAILABLE(action=label, why=_NOTHING[actor.locale == "en"], available="-", waits_for="-")
    if may_decide(flow, people, kind, actor):
        return None
    who = people.names(proposal.chain[proposal.position], actor.locale)
    if proposal.by_id == actor.id:
        return OWN_PROPOSAL(who=who)
    return BEYOND_AUTHORITY(amount=yuan(proposal.amount), kind=label, who=who)


def beyond(work: Working, kind: str, amount: int) -> Problem | None:
    """Why the actor alone may not settle `amount` (SPEC MF-11, PC-5); None when they may."""
    actor = acting(work)
    chain = work.policy.authority_for(kind, amount, work.scope).chain
    if len(chain) == 1 and work.people.includes(chain[0], actor):
        return None
    who = work.people.names([w for group in chain for w in group], actor.locale)
    return BEYOND_AUTHORITY(amount=yuan(amount), kind=text(_kind_labels(work.policy, kind), actor.locale), who=who)


def waiting(work: Working, kind: str) -> Proposal:
    """The proposal that waits and that the actor may decide; the fitting problem otherwise."""
    problem = refusal(work.policy, work.flow, work.people, kind, acting(work))
    if problem is not None:
        raise problem
    proposal = work.flow.proposal(kind)
    assert proposal is not None
    return proposal


def acting(work: Working) -> Actor:
    """The actor. Timers have none, and never decide."""
    assert work.actor is not None
    return work.actor


def yuan(fen: int) -> str:
    """An amount for people: 1234.50."""
    return f"{fen // 100}.{fen % 100:02d}"


_NOTHING = ("没有待审批的方案", "nothing waits for approval")


def _kind_labels(policy: Policy, kind: str) -> dict[str, str]:
    labels: dict[str, str] = next(k["labels"] for k in policy.document["authority"] if k["key"] == kind)
    return labels


def _decide(work: Working, kind: str, verdict: str, note: str) -> Proposal:
    proposal = waiting(work, kind)
    proposal.decisions.append(_decision(work, verdict, note))
    work.changed()
    return proposal


def _decision(work: Working, verdict: str, note: str) -> Decision:
    actor = acting(work)
    role = next(iter(sorted(actor.roles)), None)
    return Decision(by_id=actor.id, by=actor.name, role=role, verdict=verdict, note=note, at=work.now.moment)


def _settle(work: Working, proposal: Proposal, verdict: str) -> None:
    proposal.state = verdict
    work.emit(ProposalDecided(kind=proposal.kind, amount=proposal.amount, verdict=verdict, sheet_id=work.sheet_id))
    work.changed()
