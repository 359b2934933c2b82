"""The doors of the complainant's status page."""

from __future__ import annotations

from typing import Any

from chassis.service import Call, operation
from contracts import complaints as contract
from services.complaints.queries import status
from services.complaints.service import shared
from services.complaints.usecases import complainant, issuing, links


class Complainants:
    """Links to one's own case, and what is done by them."""

    @operation(contract.OPEN_STATUS)
    def open_status(self, call: Call) -> Any:
        return call.dump(links.open_by_code(call.work, call.ctx, call.data))

    @operation(contract.RESOLVE_STATUS_LINK)
    def resolve_status_link(self, call: Call) -> Any:
        return call.dump(links.resolve(call.work, call.ctx, call.data))

    @operation(contract.ISSUE_STATUS_LINK)
    def issue_status_link(self, call: Call) -> Any:
        # Without idempotency key: a stored reply would keep the link readable.
        call.ctx = call.ctx.with_(idempotency_key=None)
        return issuing.with_qr(call.run(issuing.issue))

    @operation(contract.REVOKE_STATUS_LINK)
    def revoke_status_link(self, call: Call) -> Any:
        return call.run(issuing.revoke)

    @operation(contract.GET_STATUS)
    def get_status(self, call: Call) -> Any:
        return call.read(status.status)

    @operation(contract.ADD_STATUS_FILE)
    def add_status_file(self, call: Call) -> Any:
        return call.run(complainant.add_file, shared.storage())

    @operation(contract.GET_STATUS_FILE)
    def get_status_file(self, call: Call) -> Any:
        return call.read(complainant.read_file, shared.storage())

    @operation(contract.SEND_STATUS_MESSAGE)
    def send_status_message(self, call: Call) -> Any:
        return call.run(complainant.write, then=status.afterwards)

    @operation(contract.ANSWER_DECISION)
    def answer_decision(self, call: Call) -> Any:
        return call.run(complainant.answer, then=status.afterwards)

    @operation(contract.RATE_COMPLAINT)
    def rate_complaint(self, call: Call) -> Any:
        return call.run(complainant.rate, then=status.afterwards)
