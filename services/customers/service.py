"""The customers service: who the company's customers are, how to reach them, what they own, what happened with them."""

from __future__ import annotations

from typing import Any

from chassis.service import Call, Delivery, Job, Service, every, on, operation
from contracts import complaints
from contracts import customers as contract
from services.customers import jobs, queries
from services.customers.settings import CustomersSettings
from services.customers.usecases import assets, contacts, files, households, imports, linking, settlements


class CustomersService(Service):
    name = "customers"
    settings = CustomersSettings

    # -- files ---------------------------------------------------------------------------------------------------------

    @operation(contract.CREATE_CUSTOMER)
    def create_customer(self, call: Call) -> Any:
        return call.run(files.register)

    @operation(contract.LIST_CUSTOMERS)
    def list_customers(self, call: Call) -> Any:
        return call.read(queries.customers)

    @operation(contract.SEARCH_CUSTOMERS)
    def search_customers(self, call: Call) -> Any:
        return call.read(queries.customers)

    @operation(contract.GET_CUSTOMER)
    def get_customer(self, call: Call) -> Any:
        return call.read(queries.customer)

    @operation(contract.UPDATE_CUSTOMER)
    def update_customer(self, call: Call) -> Any:
        return call.run(files.change)

    @operation(contract.UNMASK_CUSTOMER)
    def unmask_customer(self, call: Call) -> Any:
        # Without idempotency key: its reply is never to be stored, and each look is recorded.
        call.ctx = call.ctx.with_(idempotency_key=None)
        return call.run(files.unmask)

    @operation(contract.GET_TIMELINE)
    def get_timeline(self, call: Call) -> Any:
        return call.read(queries.timeline)

    # -- contacts, assets, households ----------------------------------------------------------------------------------

    @operation(contract.LIST_CONTACTS)
    def list_contacts(self, call: Call) -> Any:
        return call.read(queries.contacts_of)

    @operation(contract.ADD_CONTACT)
    def add_contact(self, call: Call) -> Any:
        return call.run(contacts.add)

    @operation(contract.REMOVE_CONTACT)
    def remove_contact(self, call: Call) -> Any:
        return call.run(contacts.remove)

    @operation(contract.LIST_ASSETS)
    def list_assets(self, call: Call) -> Any:
        return call.read(queries.assets_of)

    @operation(contract.ADD_ASSET)
    def add_asset(self, call: Call) -> Any:
        return call.run(assets.add)

    @operation(contract.UPDATE_ASSET)
    def update_asset(self, call: Call) -> Any:
        return call.run(assets.change)

    @operation(contract.LIST_MEMBERS)
    def list_members(self, call: Call) -> Any:
        return call.read(queries.members_of)

    @operation(contract.ADD_MEMBER)
    def add_member(self, call: Call) -> Any:
        return call.run(households.add_member)

    @operation(contract.REMOVE_MEMBER)
    def remove_member(self, call: Call) -> Any:
        return call.run(households.remove_member)

    # -- imports -------------------------------------------------------------------------------------------------------

    @operation(contract.CREATE_IMPORT)
    def create_import(self, call: Call) -> Any:
        reply = call.run(imports.create)
        if call.ctx.tenant_id is not None:
            jobs.import_queue().tell(call.ctx.tenant_id)
        return reply

    @operation(contract.LIST_IMPORTS)
    def list_imports(self, call: Call) -> Any:
        return call.read(queries.imports)

    @operation(contract.GET_IMPORT)
    def get_import(self, call: Call) -> Any:
        return call.read(queries.import_)

    @operation(contract.LIST_IMPORT_ERRORS)
    def list_import_errors(self, call: Call) -> Any:
        return call.read(queries.import_errors)

    @every(seconds=0.5)
    def work_imports_through(self, job: Job) -> None:
        jobs.run(job, jobs.import_queue())

    # -- contracts -----------------------------------------------------------------------------------------------------

    @operation(contract.QUOTE_SETTLEMENT)
    def quote_settlement(self, call: Call) -> Any:
        return call.read(settlements.quote)

    # -- for and from other services -----------------------------------------------------------------------------------

    @operation(contract.LOOKUP)
    def lookup(self, call: Call) -> Any:
        return call.read(queries.lookup)

    @on(complaints.COMPLAINANT_NAMED)
    def complainant_named(self, delivery: Delivery) -> None:
        delivery.apply(linking.match)

    @on(complaints.COMPLAINT_OPENED)
    def complaint_opened(self, delivery: Delivery) -> None:
        delivery.apply(linking.record, delivery.event.type)

    @on(complaints.COMPLAINT_MOVED)
    def complaint_moved(self, delivery: Delivery) -> None:
        delivery.apply(linking.record, delivery.event.type)

    @on(complaints.LEVEL_CHANGED)
    def level_changed(self, delivery: Delivery) -> None:
        delivery.apply(linking.record, delivery.event.type)

    @on(complaints.PROPOSAL_DECIDED)
    def proposal_decided(self, delivery: Delivery) -> None:
        delivery.apply(linking.record, delivery.event.type)

    @on(complaints.COMPLAINT_CLOSED)
    def complaint_closed(self, delivery: Delivery) -> None:
        delivery.apply(linking.record, delivery.event.type)

    @on(complaints.COMPLAINT_REOPENED)
    def complaint_reopened(self, delivery: Delivery) -> None:
        delivery.apply(linking.record, delivery.event.type)

    @on(complaints.COMPLAINT_MERGED)
    def complaint_merged(self, delivery: Delivery) -> None:
        delivery.apply(linking.record, delivery.event.type)

    @on(complaints.COMPLAINT_UNMERGED)
    def complaint_unmerged(self, delivery: Delivery) -> None:
        delivery.apply(linking.record, delivery.event.type)

    @on(complaints.COMPLAINT_SPLIT)
    def complaint_split(self, delivery: Delivery) -> None:
        delivery.apply(linking.record, delivery.event.type)

    @on(complaints.COMPLAINT_ERASED)
    def complaint_erased(self, delivery: Delivery) -> None:
        delivery.apply(linking.forget)

    @on(complaints.SHEET_OPENED)
    def sheet_opened(self, delivery: Delivery) -> None:
        delivery.apply(linking.record, delivery.event.type)

    @on(complaints.SHEET_CLOSED)
    def sheet_closed(self, delivery: Delivery) -> None:
        delivery.apply(linking.record, delivery.event.type)
