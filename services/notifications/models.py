"""Tables of the notifications service."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from chassis.db import ServiceBase, TenantOwned, TenantRow, Versioned, service_metadata
from services.notifications.domain.deliveries import DUE
from services.notifications.domain.webhooks import UNFINISHED


class Base(ServiceBase):
    __abstract__ = True
    metadata = service_metadata()


def _only(condition: str) -> dict[str, Any]:
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


_ONLY_DUE = _only(f"state IN ({', '.join(repr(str(state)) for state in DUE)})")
_ONLY_UNFINISHED = _only(f"state IN ({', '.join(repr(str(state)) for state in UNFINISHED)})")
_ONLY_UNREAD = _only("read_at IS NULL")


def _of_message() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["tenant_id", "message_id"], ["messages.tenant_id", "messages.id"])


def _of_webhook() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["tenant_id", "webhook_id"], ["webhooks.tenant_id", "webhooks.id"])


class About:
    """Mixin: the record a message is about."""

    subject_kind: Mapped[str | None] = mapped_column(String(64))
    subject_id: Mapped[UUID | None]
    subject_number: Mapped[str | None] = mapped_column(String(100))

    @property
    def subject(self) -> dict[str, Any] | None:
        if self.subject_id is None:
            return None
        return {"kind": self.subject_kind, "id": self.subject_id, "number": self.subject_number}


class Message(About, TenantRow, Base):
    """One request to tell somebody something. Its recipients became notices and deliveries."""

    __tablename__ = "messages"
    key: Mapped[str] = mapped_column(String(64))
    urgent: Mapped[bool]
    variables: Mapped[dict[str, Any]]
    not_before: Mapped[datetime | None]
    not_after: Mapped[datetime | None]
    dedupe_key: Mapped[str | None] = mapped_column(String(200))
    withdrawn_at: Mapped[datetime | None]
    org_unit_id: Mapped[UUID | None]
    """The store it is about."""
    created_at: Mapped[datetime]
    __table_args__ = (
        Index("uq_messages_dedupe", "tenant_id", "dedupe_key", unique=True),
        Index("ix_messages_subject", "tenant_id", "subject_id"),
    )


class Notice(About, TenantRow, Base):
    """A message in a staff member's in-app inbox, worded when it came."""

    __tablename__ = "notices"
    message_id: Mapped[UUID]
    staff_id: Mapped[UUID]
    key: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(String(400))
    body: Mapped[str] = mapped_column(Text)
    urgent: Mapped[bool]
    visible_at: Mapped[datetime]
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    __table_args__ = (
        _of_message(),
        Index("ix_notices_inbox", "tenant_id", "staff_id", "created_at", "id"),
        Index("ix_notices_unread", "tenant_id", "staff_id", **_ONLY_UNREAD),
        Index("ix_notices_message", "tenant_id", "message_id"),
    )


class Attempt(TenantRow, Base):
    """One try to hand a delivery to its provider, and what came of it."""

    __tablename__ = "attempts"
    delivery_id: Mapped[UUID]
    number: Mapped[int]
    at: Mapped[datetime]
    outcome: Mapped[str] = mapped_column(String(10))
    detail: Mapped[str] = mapped_column(String(500))
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "delivery_id"], ["deliveries.tenant_id", "deliveries.id"]),
        Index("ix_attempts_delivery", "tenant_id", "delivery_id", "id"),
    )


class Delivery(About, Versioned, TenantRow, Base):
    """One message to one address over one external channel. While it is being sent, `due_at` is the lease's end."""

    __tablename__ = "deliveries"
    message_id: Mapped[UUID]
    key: Mapped[str] = mapped_column(String(64))
    channel: Mapped[str] = mapped_column(String(20))
    recipient_kind: Mapped[str] = mapped_column(String(10))
    staff_id: Mapped[UUID | None]
    customer_id: Mapped[UUID | None]
    org_unit_id: Mapped[UUID | None]
    """The message's."""
    language: Mapped[str] = mapped_column(String(10))
    address_sealed: Mapped[str] = mapped_column(Text)
    address_masked: Mapped[str] = mapped_column(String(254))
    address_key: Mapped[str] = mapped_column(String(32))
    """Fingerprint of channel and address, for opt-outs."""
    person_key: Mapped[str] = mapped_column(String(32))
    """Fingerprint of whoever is told, over all channels, for the frequency cap."""
    urgent: Mapped[bool]
    state: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str | None] = mapped_column(String(500))
    attempts: Mapped[int] = mapped_column(default=0)
    """Attempts since it was queued or last sent again by a person."""
    due_at: Mapped[datetime]
    not_after: Mapped[datetime | None]
    created_at: Mapped[datetime]
    tried_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    provider_id: Mapped[str | None] = mapped_column(String(200))
    title: Mapped[str | None] = mapped_column(String(400))
    body: Mapped[str | None] = mapped_column(Text)
    """As worded at the first attempt: every later one says the same under the same provider key."""
    tries: Mapped[list[Attempt]] = relationship(order_by=Attempt.id, viewonly=True)
    __table_args__ = (
        _of_message(),
        Index("ix_deliveries_due", "tenant_id", "urgent", "channel", "due_at", **_ONLY_DUE),
        Index("ix_deliveries_listed", "tenant_id", "created_at", "id"),
        Index("ix_deliveries_state", "tenant_id", "state", "created_at", "id"),
        Index("ix_deliveries_message", "tenant_id", "message_id"),
        Index("ix_deliveries_subject", "tenant_id", "subject_id"),
        Index("ix_deliveries_person", "tenant_id", "person_key", "tried_at"),
        Index("ix_deliveries_provider", "tenant_id", "provider_id"),
    )

    @property
    def address(self) -> str:
        """The masked address: the only one replies can show."""
        return self.address_masked


class OwnWording(Versioned, TenantOwned, Base):
    """A tenant's own wording over its packs'."""

    __tablename__ = "wordings"
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    language: Mapped[str] = mapped_column(String(10), primary_key=True)
    channel: Mapped[str] = mapped_column(String(20), primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)


class ChannelSetup(Versioned, TenantOwned, Base):
    """The provider a tenant chose for a channel. Its secret is sealed."""

    __tablename__ = "channels"
    channel: Mapped[str] = mapped_column(String(20), primary_key=True)
    provider: Mapped[str] = mapped_column(String(20))
    enabled: Mapped[bool]
    settings: Mapped[dict[str, Any]]
    secret_sealed: Mapped[str | None] = mapped_column(Text)


class OptOut(TenantRow, Base):
    """An address that wants no ordinary messages over a channel."""

    __tablename__ = "opt_outs"
    channel: Mapped[str] = mapped_column(String(20))
    address_key: Mapped[str] = mapped_column(String(32))
    address_masked: Mapped[str] = mapped_column(String(254))
    reason: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]
    __table_args__ = (
        Index("uq_opt_outs_address", "tenant_id", "address_key", unique=True),
        Index("ix_opt_outs_listed", "tenant_id", "created_at", "id"),
    )

    @property
    def address(self) -> str:
        return self.address_masked


class Webhook(Versioned, TenantRow, Base):
    """A partner's endpoint and the events it gets. Its secrets are sealed."""

    __tablename__ = "webhooks"
    url: Mapped[str] = mapped_column(String(2000))
    event_types: Mapped[list[str]]
    description: Mapped[str] = mapped_column(String(200))
    secret_sealed: Mapped[str] = mapped_column(Text)
    old_secret_sealed: Mapped[str | None] = mapped_column(Text)
    old_secret_until: Mapped[datetime | None]
    disabled_reason: Mapped[str | None] = mapped_column(String(10))
    """None: it is enabled."""
    created_at: Mapped[datetime]
    health: Mapped[WebhookHealth] = relationship(viewonly=True)

    @property
    def enabled(self) -> bool:
        return self.disabled_reason is None

    @property
    def failing_since(self) -> datetime | None:
        return self.health.failing_since

    @property
    def last_delivered_at(self) -> datetime | None:
        return self.health.delivered_at


class WebhookHealth(TenantOwned, Base):
    """How an endpoint does. Apart from the endpoint itself, whose version counts people's changes only."""

    __tablename__ = "webhook_health"
    webhook_id: Mapped[UUID] = mapped_column(primary_key=True)
    in_a_row: Mapped[int] = mapped_column(default=0)
    """Failed attempts since the last success."""
    failing_since: Mapped[datetime | None]
    rest_until: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    __table_args__ = (_of_webhook(),)


class WebhookAttempt(TenantRow, Base):
    """One POST, and what came back."""

    __tablename__ = "webhook_attempts"
    delivery_id: Mapped[UUID]
    number: Mapped[int]
    at: Mapped[datetime]
    outcome: Mapped[str] = mapped_column(String(10))
    status: Mapped[int | None]
    duration_ms: Mapped[int | None]
    error: Mapped[str | None] = mapped_column(String(500))
    response: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "delivery_id"], ["webhook_deliveries.tenant_id", "webhook_deliveries.id"]),
        Index("ix_webhook_attempts_delivery", "tenant_id", "delivery_id", "id"),
    )


class WebhookDelivery(TenantRow, Base):
    """One event on its way to one endpoint. While it is being sent, `due_at` is the lease's end."""

    __tablename__ = "webhook_deliveries"
    webhook_id: Mapped[UUID]
    event_id: Mapped[UUID]
    event_type: Mapped[str] = mapped_column(String(100))
    aggregate_id: Mapped[UUID]
    sequence: Mapped[int]
    """Counts an endpoint's events of one aggregate in their order."""
    org_unit_id: Mapped[UUID | None]
    """The store that the event says it is about."""
    body: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(10))
    attempts: Mapped[int] = mapped_column(default=0)
    status: Mapped[int | None]
    due_at: Mapped[datetime]
    created_at: Mapped[datetime]
    delivered_at: Mapped[datetime | None]
    tries: Mapped[list[WebhookAttempt]] = relationship(order_by=WebhookAttempt.id, viewonly=True)
    __table_args__ = (
        _of_webhook(),
        Index("uq_webhook_deliveries_event", "tenant_id", "webhook_id", "event_id", unique=True),
        Index("uq_webhook_deliveries_order", "tenant_id", "webhook_id", "aggregate_id", "sequence", unique=True),
        Index("ix_webhook_deliveries_due", "tenant_id", "webhook_id", "due_at", **_ONLY_UNFINISHED),
        Index("ix_webhook_deliveries_listed", "tenant_id", "webhook_id", "created_at", "id"),
        Index("ix_webhook_deliveries_kept", "tenant_id", "created_at"),
    )
