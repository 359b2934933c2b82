"""The doors of the notifications service."""

from __future__ import annotations

from typing import Any, ClassVar

from chassis import tenancy
from chassis.delivery import Received
from chassis.service import Call, Delivery, Job, Service, every, on, operation
from chassis.work import Transaction
from contracts import complaints, tenants
from contracts import notifications as contract
from services.notifications.jobs import LOOK_SECONDS, Dispatcher, forget_old
from services.notifications.queries import channels as channel_queries
from services.notifications.queries import lists
from services.notifications.queries import templates as template_queries
from services.notifications.queries import webhooks as webhook_queries
from services.notifications.queries.webhooks import PARTNER_EVENTS
from services.notifications.sending.lateness import Lateness
from services.notifications.settings import NotificationsSettings
from services.notifications.subscribers import Subscribers
from services.notifications.usecases import (
    channels,
    deliveries,
    forgetting,
    inbox,
    messages,
    opt_outs,
    templates,
    webhook_deliveries,
    webhooks,
)
from services.notifications.vault import vault

_OWN_HANDLERS = (tenants.ORG_UNIT_CHANGED, complaints.COMPLAINT_ERASED)
"""Events that partners are told of by handlers that do something else as well."""


class NotificationsService(Service):
    """Messages to staff and customers (NT-1..NT-7), events to partners (PL-12, UX-14)."""

    name = "notifications"
    settings = NotificationsSettings
    dispatcher: ClassVar[Dispatcher] = Dispatcher()
    lateness: ClassVar[Lateness] = Lateness()
    subscribers: ClassVar[Subscribers] = Subscribers()

    # -- asked by other services ---------------------------------------------------------------------------------------

    @on(complaints.MESSAGE_REQUESTED)
    def complaint_message_requested(self, delivery: Delivery) -> None:
        delivery.then(lambda: self.dispatcher.wake(delivery.event.tenant_id))
        delivery.apply(messages.requested)

    @on(complaints.MESSAGE_WITHDRAWN)
    def complaint_message_withdrawn(self, delivery: Delivery) -> None:
        delivery.apply(messages.withdrawn)

    @on(tenants.MESSAGE_REQUESTED)
    def staff_message_requested(self, delivery: Delivery) -> None:
        delivery.then(lambda: self.dispatcher.wake(delivery.event.tenant_id))
        delivery.apply(messages.requested)

    # -- messages ------------------------------------------------------------------------------------------------------

    @operation(contract.SEND_MESSAGE)
    def send_message(self, call: Call) -> Any:
        return self._sent(call, messages.send_message)

    @operation(contract.WITHDRAW_MESSAGE)
    def withdraw_message(self, call: Call) -> Any:
        return call.run(messages.withdraw_message)

    # -- the caller's inbox --------------------------------------------------------------------------------------------

    @operation(contract.LIST_NOTIFICATIONS)
    def list_notifications(self, call: Call) -> Any:
        return call.read(lists.notifications)

    @operation(contract.READ_NOTIFICATION)
    def read_notification(self, call: Call) -> Any:
        return call.run(inbox.read_notification)

    @operation(contract.READ_ALL)
    def read_all(self, call: Call) -> Any:
        return call.run(inbox.read_all)

    # -- wordings ------------------------------------------------------------------------------------------------------

    @operation(contract.LIST_TEMPLATES)
    def list_templates(self, call: Call) -> Any:
        return call.read(template_queries.templates)

    @operation(contract.GET_TEMPLATE)
    def get_template(self, call: Call) -> Any:
        return call.read(template_queries.template)

    @operation(contract.PUT_TEMPLATE)
    def put_template(self, call: Call) -> Any:
        return call.run(templates.put_template)

    @operation(contract.DELETE_TEMPLATE)
    def delete_template(self, call: Call) -> Any:
        return call.run(templates.delete_template)

    @operation(contract.PREVIEW_TEMPLATE)
    def preview_template(self, call: Call) -> Any:
        return call.read(template_queries.preview)

    # -- deliveries ----------------------------------------------------------------------------------------------------

    @operation(contract.LIST_DELIVERIES)
    def list_deliveries(self, call: Call) -> Any:
        return call.read(lists.deliveries)

    @operation(contract.GET_DELIVERY)
    def get_delivery(self, call: Call) -> Any:
        return call.read(lists.delivery)

    @operation(contract.RESEND_DELIVERY)
    def resend_delivery(self, call: Call) -> Any:
        return self._sent(call, deliveries.resend_delivery)

    @operation(contract.CANCEL_DELIVERY)
    def cancel_delivery(self, call: Call) -> Any:
        return call.run(deliveries.cancel_delivery)

    @operation(contract.RECORD_RECEIPT)
    def record_receipt(self, call: Call) -> Any:
        return call.run(deliveries.record_receipt)

    # -- channels and opt-outs -----------------------------------------------------------------------------------------

    @operation(contract.LIST_CHANNELS)
    def list_channels(self, call: Call) -> Any:
        return call.read(channel_queries.channels)

    @operation(contract.PUT_CHANNEL)
    def put_channel(self, call: Call) -> Any:
        return call.run(channels.put_channel)

    @operation(contract.TEST_CHANNEL)
    def test_channel(self, call: Call) -> Any:
        return self._sent(call, channels.test_channel)

    @operation(contract.LIST_OPT_OUTS)
    def list_opt_outs(self, call: Call) -> Any:
        return call.read(lists.opt_outs)

    @operation(contract.ADD_OPT_OUT)
    def add_opt_out(self, call: Call) -> Any:
        return call.run(opt_outs.add_opt_out)

    @operation(contract.REMOVE_OPT_OUT)
    def remove_opt_out(self, call: Call) -> Any:
        return call.run(opt_outs.remove_opt_out)

    # -- webhooks ------------------------------------------------------------------------------------------------------

    @on(*(event for event in PARTNER_EVENTS.values() if event not in _OWN_HANDLERS))
    def tell_partners(self, delivery: Delivery) -> None:
        event = delivery.event
        if self.subscribers.want(delivery):
            delivery.then(lambda: self.dispatcher.wake(event.tenant_id))
            delivery.apply(webhook_deliveries.plan, event)

    @on(tenants.ORG_UNIT_CHANGED, always=True)
    def follow_org_unit(self, delivery: Delivery) -> None:
        """Keeps the copy as every service does, and tells partners: an event has one handler."""
        delivery.then(lambda: self.dispatcher.wake(delivery.event.tenant_id))
        delivery.apply(_follow_and_tell, delivery.event)

    @on(complaints.COMPLAINT_ERASED)
    def complaint_erased(self, delivery: Delivery) -> None:
        """Forgets the case, and tells partners: an event has one handler."""
        delivery.then(lambda: self.dispatcher.wake(delivery.event.tenant_id))
        delivery.apply(forgetting.case_erased, delivery.event, self.subscribers.want(delivery))

    @operation(contract.LIST_EVENT_TYPES)
    def list_event_types(self, call: Call) -> Any:
        return call.read(webhook_queries.event_types)

    @operation(contract.LIST_WEBHOOKS)
    def list_webhooks(self, call: Call) -> Any:
        return call.read(webhook_queries.webhooks)

    @operation(contract.CREATE_WEBHOOK)
    def create_webhook(self, call: Call) -> Any:
        return _unsealed(self._changed(call, webhooks.create_webhook))

    @operation(contract.GET_WEBHOOK)
    def get_webhook(self, call: Call) -> Any:
        return call.read(webhook_queries.webhook)

    @operation(contract.UPDATE_WEBHOOK)
    def update_webhook(self, call: Call) -> Any:
        return self._changed(call, webhooks.update_webhook)

    @operation(contract.DELETE_WEBHOOK)
    def delete_webhook(self, call: Call) -> Any:
        return self._changed(call, webhooks.delete_webhook)

    @operation(contract.ROTATE_WEBHOOK_SECRET)
    def rotate_webhook_secret(self, call: Call) -> Any:
        return _unsealed(call.run(webhooks.rotate_secret))

    @operation(contract.ENABLE_WEBHOOK)
    def enable_webhook(self, call: Call) -> Any:
        return self._sent(call, webhooks.enable_webhook)

    @operation(contract.DISABLE_WEBHOOK)
    def disable_webhook(self, call: Call) -> Any:
        return call.run(webhooks.disable_webhook)

    @operation(contract.TEST_WEBHOOK)
    def test_webhook(self, call: Call) -> Any:
        return self._sent(call, webhook_deliveries.test_webhook)

    @operation(contract.RESEND_FAILED)
    def resend_failed(self, call: Call) -> Any:
        return self._sent(call, webhook_deliveries.resend_failed)

    @operation(contract.LIST_WEBHOOK_DELIVERIES)
    def list_webhook_deliveries(self, call: Call) -> Any:
        return call.read(webhook_queries.deliveries)

    @operation(contract.GET_WEBHOOK_DELIVERY)
    def get_webhook_delivery(self, call: Call) -> Any:
        return call.read(webhook_queries.delivery)

    @operation(contract.RESEND_WEBHOOK_DELIVERY)
    def resend_webhook_delivery(self, call: Call) -> Any:
        return self._sent(call, webhook_deliveries.resend_delivery)

    # -- by itself -----------------------------------------------------------------------------------------------------

    @every(seconds=LOOK_SECONDS)
    def send_due(self, job: Job) -> None:
        self.dispatcher.look(job)

    @every(seconds=10)
    def watch_webhooks(self, job: Job) -> None:
        self.lateness.look(job)

    @every(seconds=3600)
    def forget_old_webhooks(self, job: Job) -> None:
        forget_old(job)

    def _sent(self, call: Call, usecase: Any) -> Any:
        """Carry out what plans deliveries, and look at them once they are committed."""
        reply = call.run(usecase)
        self.dispatcher.wake(call.ctx.tenant_id)
        return reply

    def _changed(self, call: Call, usecase: Any) -> Any:
        """Carry out what changes which events are wanted, and look that up anew once it is committed."""
        reply = call.run(usecase)
        self.subscribers.forget(call.ctx.tenant_id)
        return reply


def _follow_and_tell(tx: Transaction, data: dict[str, Any], event: Received) -> None:
    tenancy.store_unit(tx.session, tx.tenant_id, data)
    if contract.SERVICE in tx.tenant.services:
        webhook_deliveries.plan(tx, data, event)


def _unsealed(reply: dict[str, Any]) -> dict[str, Any]:
    """The reply with its secret readable, on its way out; the stored one keeps it sealed."""
    return reply | {"secret": vault().open(reply["secret"])}
