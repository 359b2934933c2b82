"""The doors of cases and their sheets."""

from __future__ import annotations

from typing import Any

from chassis.service import Call, operation
from contracts import complaints as contract
from services.complaints.queries import lists, showing, totals
from services.complaints.usecases import cases, linking, merging, splitting, watching


class Cases:
    """Registered, amended, acted on, merged, split, watched and read."""

    @operation(contract.CREATE_COMPLAINT)
    def create_complaint(self, call: Call) -> Any:
        return call.run(cases.register, then=showing.shown)

    @operation(contract.LIST_COMPLAINTS)
    def list_complaints(self, call: Call) -> Any:
        return call.read(lists.complaints)

    @operation(contract.SEARCH_COMPLAINTS)
    def search_complaints(self, call: Call) -> Any:
        return call.read(lists.complaints)

    @operation(contract.COUNT_COMPLAINTS)
    def count_complaints(self, call: Call) -> Any:
        return call.read(totals.counts)

    @operation(contract.GET_COMPLAINT)
    def get_complaint(self, call: Call) -> Any:
        return call.read(showing.complaint)

    @operation(contract.UPDATE_COMPLAINT)
    def update_complaint(self, call: Call) -> Any:
        return call.run(cases.amend, then=showing.shown)

    @operation(contract.ACT)
    def act(self, call: Call) -> Any:
        return call.run(cases.act, then=showing.shown)

    @operation(contract.MERGE_COMPLAINT)
    def merge_complaint(self, call: Call) -> Any:
        return call.run(merging.merge, then=showing.shown)

    @operation(contract.UNMERGE_COMPLAINT)
    def unmerge_complaint(self, call: Call) -> Any:
        return call.run(merging.unmerge, then=showing.shown)

    @operation(contract.SPLIT_COMPLAINT)
    def split_complaint(self, call: Call) -> Any:
        return call.run(splitting.split, then=showing.split)

    @operation(contract.LIST_WATCHERS)
    def list_watchers(self, call: Call) -> Any:
        return call.read(showing.watchers_of)

    @operation(contract.WATCH)
    def watch(self, call: Call) -> Any:
        return call.run(watching.watch, then=showing.watchers)

    @operation(contract.UNWATCH)
    def unwatch(self, call: Call) -> Any:
        return call.run(watching.unwatch, then=showing.watchers)

    @operation(contract.ADD_WATCHER)
    def add_watcher(self, call: Call) -> Any:
        return call.run(watching.add, then=showing.watchers)

    @operation(contract.REMOVE_WATCHER)
    def remove_watcher(self, call: Call) -> Any:
        return call.run(watching.remove, then=showing.watchers)

    @operation(contract.UNMASK_COMPLAINANT)
    def unmask_complainant(self, call: Call) -> Any:
        # Without idempotency key: its reply is never to be stored, and each look is recorded.
        call.ctx = call.ctx.with_(idempotency_key=None)
        return call.run(linking.unmask)

    @operation(contract.GET_HISTORY)
    def get_history(self, call: Call) -> Any:
        return call.read(lists.history)

    @operation(contract.GET_DEADLINES)
    def get_deadlines(self, call: Call) -> Any:
        return call.read(showing.deadlines)

    @operation(contract.GET_FORMS)
    def get_forms(self, call: Call) -> Any:
        return call.read(showing.forms)

    @operation(contract.GET_DOSSIERS)
    def get_dossiers(self, call: Call) -> Any:
        return call.read(showing.dossiers)

    @operation(contract.GET_INTAKE)
    def get_intake(self, call: Call) -> Any:
        return call.read(showing.intake)

    # -- sheets --------------------------------------------------------------------------------------------------------

    @operation(contract.GET_SHEET)
    def get_sheet(self, call: Call) -> Any:
        return call.read(showing.sheet)

    @operation(contract.ACT_ON_SHEET)
    def act_on_sheet(self, call: Call) -> Any:
        return call.run(cases.act_on_sheet, then=showing.shown_sheet)

    @operation(contract.LIST_SHEETS)
    def list_sheets(self, call: Call) -> Any:
        return call.read(lists.sheets)

    @operation(contract.LIST_URGING_NOTICES)
    def list_urging_notices(self, call: Call) -> Any:
        return call.read(lists.sheets, "urging")

    @operation(contract.LIST_CORRECTIVE_ACTIONS)
    def list_corrective_actions(self, call: Call) -> Any:
        return call.read(lists.sheets, "corrective")
