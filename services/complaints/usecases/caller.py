"""Who acts and when, as the engine sees it."""

from __future__ import annotations

from chassis.ids import new_id
from chassis.work import Transaction
from services.complaints.domain import Actor, Now


def actor_of(tx: Transaction) -> Actor:
    """The caller as the engine sees them."""
    ctx = tx.ctx
    return Actor(
        id=ctx.actor.id, name=ctx.actor.name, roles=ctx.roles, may=ctx.may, locale=ctx.locale,
        is_staff=ctx.actor.kind == "staff",
    )  # fmt: skip


def now_of(tx: Transaction) -> Now:
    """This moment in the tenant's zone."""
    return Now(tx.now, tx.tenant.timezone)


def new_text_id() -> str:
    return str(new_id())
