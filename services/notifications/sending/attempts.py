"""One attempt: take a line's next due delivery, hand it to its provider outside any transaction, record the outcome."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from chassis import logs, metrics
from chassis.ids import new_id
from chassis.wordings import Reader
from chassis.work import Transaction
from contracts.notifications import DELIVERY_PARKED, DELIVERY_SENT
from services.notifications.domain.deliveries import COUNTED, Facts, Send, State, Stop, Wait, decide
from services.notifications.events import tell
from services.notifications.models import Attempt, ChannelSetup, Delivery, Message, OptOut
from services.notifications.policy import Policy
from services.notifications.providers import Accepted, Envelope, Failed, Outcome, Refused, provider_of
from services.notifications.providers.base import MAX_ATTEMPT_SECONDS
from services.notifications.rendering import render
from services.notifications.sending.lines import Line, is_due
from services.notifications.usecases.messages import known_variables
from services.notifications.vault import vault
from services.notifications.wordings import policy_of, wording_or_plain

log = logs.get(__name__)
Begin = Callable[[UUID], AbstractContextManager[Transaction]]
"""Opens a transaction of a tenant on the service's own account."""

LEASE = timedelta(seconds=2 * MAX_ATTEMPT_SECONDS)
"""After it a delivery counts as not sent by whoever took it: that process died."""
LOST = Failed("the sender stopped before the provider's answer was recorded")
_LOOKED_AT = 50
"""Deliveries one transaction looks at in search of one that may leave."""


def attempt_next(begin: Begin, line: Line) -> bool:
    """Send the next due delivery of `line`. False: none is due, or the tenant no longer has the service."""
    with begin(line.tenant_id) as tx:
        if "notifications" not in tx.tenant.services:
            return False
        taken, looked_at = take(tx, line)
    if taken is None:
        return looked_at > 0
    outcome = _send(taken)
    with begin(line.tenant_id) as tx:
        record(tx, taken.delivery_id, outcome)
    return True


def take(tx: Transaction, line: Line) -> tuple[Envelope | None, int]:
    """Lease the next delivery that may leave now, and say how many were looked at.

    Those that may not leave are put off, suppressed or parked on the way.
    """
    for looked_at in range(_LOOKED_AT):
        delivery = _next_due(tx, line)
        if delivery is None:
            return None, looked_at
        if delivery.state == State.SENDING:
            _apply(tx, delivery, LOST)  # its sender died: that attempt counts
            tx.session.flush()
            continue
        setup = tx.session.get(ChannelSetup, (tx.tenant_id, delivery.channel))
        policy = policy_of(tx, delivery.key)
        if _may_leave(tx, delivery, setup, policy):
            assert setup is not None
            return _leased(tx, delivery, setup, policy), looked_at + 1
        tx.session.flush()
    return None, _LOOKED_AT


def record(tx: Transaction, delivery_id: UUID, outcome: Outcome) -> None:
    """What came of an attempt. A delivery that moved on meanwhile (a receipt overtook us) is left where it is."""
    delivery = tx.session.get(Delivery, (tx.tenant_id, delivery_id), with_for_update=True)
    if delivery is not None and delivery.state == State.SENDING:
        _apply(tx, delivery, outcome)


def _send(envelope: Envelope) -> Outcome:
    try:
        return provider_of(envelope).send(envelope)
    except Exception:
        log.exception("provider broke", channel=envelope.channel, delivery_id=str(envelope.delivery_id))
        return Failed("the provider's adapter broke; see the log")


def _next_due(tx: Transaction, line: Line) -> Delivery | None:
    statement = select(Delivery).where(is_due(tx, line)).order_by(Delivery.due_at).limit(1)
    return tx.session.scalars(statement.with_for_update(skip_locked=True)).first()


def _may_leave(tx: Transaction, delivery: Delivery, setup: ChannelSetup | None, policy: Policy) -> bool:
    """Whether it leaves now; if not, it is moved to where it belongs."""
    decision = decide(_facts(tx, delivery, setup, policy))
    if isinstance(decision, Send):
        return True
    delivery.reason = decision.reason
    if isinstance(decision, Wait):
        delivery.due_at = decision.until
    elif isinstance(decision, Stop):
        delivery.state = decision.state
        metrics.DELIVERIES.labels(delivery.channel, decision.state).inc()
        if decision.state == State.PARKED:
            tell(tx, DELIVERY_PARKED, delivery)
    return False


def _facts(tx: Transaction, delivery: Delivery, setup: ChannelSetup | None, policy: Policy) -> Facts:
    ordinary = not delivery.urgent
    quiet = policy.quiet_hours if ordinary and delivery.recipient_kind == "person" else None
    return Facts(
        now=tx.now,
        urgent=delivery.urgent,
        not_after=delivery.not_after,
        reachable=bool(vault().open(delivery.address_sealed)),
        channel_open=setup is not None and setup.enabled,
        opted_out=ordinary and _opted_out(tx, delivery),
        quiet_until=quiet.until(tx.now, tx.tenant.timezone) if quiet else None,
        recent=_recent(tx, delivery, policy) if ordinary else (),
        cap=policy.cap,
    )


def _opted_out(tx: Transaction, delivery: Delivery) -> bool:
    return tx.session.scalar(select(OptOut.id).where(OptOut.address_key == delivery.address_key)) is not None


def _recent(tx: Transaction, delivery: Delivery, policy: Policy) -> list[datetime]:
    """When the same person was last sent ordinary messages, oldest first; as many as the cap counts."""
    tried = select(Delivery.tried_at).where(
        Delivery.person_key == delivery.person_key, Delivery.urgent.is_(False), Delivery.id != delivery.id,
        Delivery.tried_at > tx.now - policy.cap.window, Delivery.state.in_(COUNTED),
    )  # fmt: skip
    newest = tx.session.scalars(tried.order_by(Delivery.tried_at.desc()).limit(policy.cap.messages))
    return sorted(moment for moment in newest if moment is not None)


def _leased(tx: Transaction, delivery: Delivery, setup: ChannelSetup, policy: Policy) -> Envelope:
    if delivery.body is None:
        _word(tx, delivery, policy)
    delivery.state, delivery.reason = State.SENDING, None
    delivery.attempts, delivery.tried_at, delivery.due_at = delivery.attempts + 1, tx.now, tx.now + LEASE
    return Envelope(
        delivery_id=delivery.id, tenant_id=tx.tenant_id, channel=delivery.channel,
        to=vault().open(delivery.address_sealed), title=delivery.title or "", body=delivery.body or "",
        language=delivery.language, key=delivery.key, urgent=delivery.urgent, subject=delivery.subject,
        provider=setup.provider, settings=setup.settings,
        secret=vault().open(setup.secret_sealed) if setup.secret_sealed else None,
    )  # fmt: skip


def _word(tx: Transaction, delivery: Delivery, policy: Policy) -> None:
    """Word it once: a later attempt under the same provider key must say the same."""
    message = tx.session.get_one(Message, (tx.tenant_id, delivery.message_id))
    wording = wording_or_plain(policy, delivery.key, delivery.language, delivery.channel)
    text = render(wording, known_variables(message), Reader(delivery.language, tx.tenant.timezone))
    if text.missing:
        log.warning("message lacks variables", key=delivery.key, missing=list(text.missing), message_id=str(message.id))
    delivery.title, delivery.body = text.title[:400], text.body


def _apply(tx: Transaction, delivery: Delivery, outcome: Outcome) -> None:
    match outcome:
        case Accepted(provider_id):
            delivery.state, delivery.reason = State.SENT, None
            delivery.sent_at, delivery.provider_id = tx.now, provider_id
            _note(tx, delivery, "sent", provider_id or "")
            tell(tx, DELIVERY_SENT, delivery)
        case Refused(detail):
            _park(tx, delivery, "refused", detail)
        case Failed(detail, retry_after):
            wait = policy_of(tx, delivery.key).retry_after(delivery.attempts)
            if wait is None:
                _park(tx, delivery, "failed", detail)
                return
            delivery.state, delivery.reason = State.FAILED, detail[:500]
            delivery.due_at = tx.now + max(wait, timedelta(seconds=min(retry_after or 0, 86_400)))
            _note(tx, delivery, "failed", detail)


def _park(tx: Transaction, delivery: Delivery, outcome: str, detail: str) -> None:
    delivery.state, delivery.reason = State.PARKED, detail[:500]
    _note(tx, delivery, outcome, detail)
    metrics.DELIVERIES.labels(delivery.channel, "parked").inc()
    tell(tx, DELIVERY_PARKED, delivery)


def _note(tx: Transaction, delivery: Delivery, outcome: str, detail: str) -> None:
    metrics.DELIVERIES.labels(delivery.channel, outcome).inc()
    tx.session.add(
        Attempt(
            tenant_id=tx.tenant_id, id=new_id(), delivery_id=delivery.id, number=delivery.attempts, at=tx.now,
            outcome=outcome, detail=detail[:500],
        )
    )  # fmt: skip
