"""The doors of whoever works with many cases."""

from __future__ import annotations

from typing import Any

from chassis.service import Call, operation
from contracts import complaints as contract
from services.complaints.queries import bulk as bulk_queries
from services.complaints.queries import filters as filter_queries
from services.complaints.queries import reply_templates as reply_queries
from services.complaints.service import shared
from services.complaints.usecases import bulk, filters, reply_templates


class Desk:
    """Saved filters, acts on many cases, reply templates."""

    # -- saved filters -------------------------------------------------------------------------------------------------

    @operation(contract.LIST_FILTERS)
    def list_filters(self, call: Call) -> Any:
        return call.read(filter_queries.listed)

    @operation(contract.CREATE_FILTER)
    def create_filter(self, call: Call) -> Any:
        return call.run(filters.create)

    @operation(contract.GET_FILTER)
    def get_filter(self, call: Call) -> Any:
        return call.read(filter_queries.one)

    @operation(contract.UPDATE_FILTER)
    def update_filter(self, call: Call) -> Any:
        return call.run(filters.change)

    @operation(contract.DELETE_FILTER)
    def delete_filter(self, call: Call) -> Any:
        return call.run(filters.drop)

    @operation(contract.SET_DEFAULT_FILTER)
    def set_default_filter(self, call: Call) -> Any:
        return call.run(filters.set_default)

    @operation(contract.UNSET_DEFAULT_FILTER)
    def unset_default_filter(self, call: Call) -> Any:
        return call.run(filters.unset_default)

    # -- acts on many cases --------------------------------------------------------------------------------------------

    @operation(contract.CREATE_BULK)
    def create_bulk(self, call: Call) -> Any:
        reply = call.run(bulk.create, then=bulk_queries.shown)
        if call.ctx.tenant_id is not None:
            shared.bulk_queue.tell(call.ctx.tenant_id)
        return reply

    @operation(contract.LIST_BULK)
    def list_bulk(self, call: Call) -> Any:
        return call.read(bulk_queries.listed)

    @operation(contract.GET_BULK)
    def get_bulk(self, call: Call) -> Any:
        return call.read(bulk_queries.one)

    @operation(contract.LIST_BULK_ITEMS)
    def list_bulk_items(self, call: Call) -> Any:
        return call.read(bulk_queries.items)

    @operation(contract.CANCEL_BULK)
    def cancel_bulk(self, call: Call) -> Any:
        return call.run(bulk.cancel, then=bulk_queries.shown)

    # -- reply templates -----------------------------------------------------------------------------------------------

    @operation(contract.LIST_REPLY_TEMPLATES)
    def list_reply_templates(self, call: Call) -> Any:
        return call.read(reply_queries.listed)

    @operation(contract.CREATE_REPLY_TEMPLATE)
    def create_reply_template(self, call: Call) -> Any:
        return call.run(reply_templates.create)

    @operation(contract.GET_REPLY_TEMPLATE)
    def get_reply_template(self, call: Call) -> Any:
        return call.read(reply_queries.one)

    @operation(contract.UPDATE_REPLY_TEMPLATE)
    def update_reply_template(self, call: Call) -> Any:
        return call.run(reply_templates.change)

    @operation(contract.DELETE_REPLY_TEMPLATE)
    def delete_reply_template(self, call: Call) -> Any:
        return call.run(reply_templates.drop)

    @operation(contract.LIST_REPLY_TEMPLATE_VERSIONS)
    def list_reply_template_versions(self, call: Call) -> Any:
        return call.read(reply_queries.versions)

    @operation(contract.RENDER_REPLY_TEMPLATE)
    def render_reply_template(self, call: Call) -> Any:
        return call.read(reply_queries.rendered)
