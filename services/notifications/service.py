"""The doors of the notifications service."""

from __future__ import annotations

from typing import Any, ClassVar

from chassis.service import Call, Delivery, Job, Service, every, on, operation
from contracts import complaints
from contracts import notifications as contract
from services.notifications.jobs import LOOK_SECONDS, Dispatcher
from services.notifications.queries import channels as channel_queries
from services.notifications.queries import lists
from services.notifications.queries import templates as template_queries
from services.notifications.settings import NotificationsSettings
from services.notifications.usecases import channels, deliveries, inbox, messages, opt_outs, templates


class NotificationsService(Service):
    """Messages to staff and customers (NT-1..NT-7)."""

    name = "notifications"
    settings = NotificationsSettings
    dispatcher: ClassVar[Dispatcher] = Dispatcher()

    # -- asked by other services ---------------------------------------------------------------------------------------

    @on(complaints.MESSAGE_REQUESTED)
    def complaint_message_requested(self, delivery: Delivery) -> None:
        delivery.apply(messages.requested)
        self.dispatcher.wake(delivery.event.tenant_id)

    @on(complaints.MESSAGE_WITHDRAWN)
    def complaint_message_withdrawn(self, delivery: Delivery) -> None:
        delivery.apply(messages.withdrawn)

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

    # -- by itself -----------------------------------------------------------------------------------------------------

    @every(seconds=LOOK_SECONDS)
    def send_due(self, job: Job) -> None:
        self.dispatcher.look(job)

    def _sent(self, call: Call, usecase: Any) -> Any:
        """Carry out what plans deliveries, and look at them once they are committed."""
        reply = call.run(usecase)
        self.dispatcher.wake(call.ctx.tenant_id)
        return reply
