"""The doors of files: attached, printed, kept, exported."""

from __future__ import annotations

from typing import Any

from chassis.service import Call, operation
from contracts import complaints as contract
from contracts.complaints import exports as exporting
from services.complaints.printing import rendering
from services.complaints.queries import exports as export_queries
from services.complaints.queries import lists
from services.complaints.service import shared
from services.complaints.usecases import attachments, exports, papers, printing, striking


class Files:
    """Attachments, papers, exports."""

    # -- files ---------------------------------------------------------------------------------------------------------

    @operation(contract.LIST_ATTACHMENTS)
    def list_attachments(self, call: Call) -> Any:
        return call.read(lists.attachments)

    @operation(contract.ADD_ATTACHMENT)
    def add_attachment(self, call: Call) -> Any:
        return call.run(attachments.add, shared.storage())

    @operation(contract.GET_ATTACHMENT)
    def get_attachment(self, call: Call) -> Any:
        return call.read(attachments.read, shared.storage())

    @operation(contract.DOWNLOAD_ATTACHMENT)
    def download_attachment(self, call: Call) -> Any:
        return call.read(attachments.read, shared.storage())

    @operation(contract.STRIKE_ATTACHMENT)
    def strike_attachment(self, call: Call) -> Any:
        return call.run(striking.strike)

    # -- papers --------------------------------------------------------------------------------------------------------

    @operation(contract.PRINT_FORM)
    def print_form(self, call: Call) -> Any:
        return call.dump(rendering.download(call.gather(printing.form)))

    @operation(contract.PRINT_SHEET)
    def print_sheet(self, call: Call) -> Any:
        return call.dump(rendering.download(call.gather(printing.sheet)))

    @operation(contract.PRINT_COMPLAINT)
    def print_complaint(self, call: Call) -> Any:
        return call.dump(rendering.download(call.gather(printing.whole)))

    @operation(contract.LIST_PAPERS)
    def list_papers(self, call: Call) -> Any:
        return call.read(papers.listed)

    @operation(contract.DOWNLOAD_PAPER)
    def download_paper(self, call: Call) -> Any:
        return call.dump(papers.content(call.gather(papers.opened), shared.storage()))

    # -- exports -------------------------------------------------------------------------------------------------------

    @operation(exporting.CREATE_EXPORT)
    def create_export(self, call: Call) -> Any:
        taken = call.run(exports.ask, *shared.export_limits(), then=export_queries.shown)
        shared.export_queue.tell(call.ctx.tenant_id)
        return taken

    @operation(exporting.LIST_EXPORTS)
    def list_exports(self, call: Call) -> Any:
        return call.read(export_queries.listed)

    @operation(exporting.GET_EXPORT)
    def get_export(self, call: Call) -> Any:
        return call.read(export_queries.one)

    @operation(exporting.DOWNLOAD_EXPORT)
    def download_export(self, call: Call) -> Any:
        return call.read(export_queries.content, shared.export_storage())
