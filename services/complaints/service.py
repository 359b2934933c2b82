"""The complaints service: cases worked by each company's own policy, from intake to closing."""

from __future__ import annotations

from functools import cache
from typing import Any

from chassis.service import Call, Delivery, Job, Service, every, on, operation
from chassis.storage import FolderStorage
from contracts import complaints as contract
from contracts import customers, tenants
from contracts.complaints import exports as exporting
from contracts.complaints import kept_reports as kept
from services.complaints import jobs
from services.complaints.printing import rendering
from services.complaints.queries import bulk as bulk_queries
from services.complaints.queries import exports as export_queries
from services.complaints.queries import filters as filter_queries
from services.complaints.queries import kept_reports, lists, precedents, previews, reports, showing, status, totals
from services.complaints.queries import reply_templates as reply_queries
from services.complaints.settings import ComplaintsSettings
from services.complaints.usecases import (
    attachments,
    bulk,
    cases,
    complainant,
    exports,
    filters,
    issuing,
    linking,
    links,
    merging,
    papers,
    printing,
    reply_templates,
    report_files,
    splitting,
    watching,
)
from services.complaints.usecases import kept_reports as keeping

_bulk_queue = jobs.BulkQueue()


@cache
def _storage() -> FolderStorage:
    return FolderStorage(ComplaintsSettings.load().attachments_dir)


@cache
def _export_storage() -> FolderStorage:
    """Apart from the attachments: an export is deleted, and who attaches one to a case keeps theirs."""
    return FolderStorage(ComplaintsSettings.load().attachments_dir / "exports")


@cache
def _export_limits() -> tuple[int, int]:
    """How many a company may have under way, and for how many days they are kept."""
    settings = ComplaintsSettings.load()
    return settings.exports_at_once, settings.export_days


_timetable = jobs.Timetable()
_exports = jobs.ExportQueue()


class ComplaintsService(Service):
    name = "complaints"
    settings = ComplaintsSettings

    # -- cases ---------------------------------------------------------------------------------------------------------

    @operation(contract.CREATE_COMPLAINT)
    def create_complaint(self, call: Call) -> Any:
        return call.run(cases.register, then=showing.shown)

    @operation(contract.LIST_COMPLAINTS)
    def list_complaints(self, call: Call) -> Any:
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

    @operation(contract.DAILY_REPORT)
    def daily_report(self, call: Call) -> Any:
        return call.read(reports.daily)

    @operation(contract.WEEKLY_REPORT)
    def weekly_report(self, call: Call) -> Any:
        return call.read(reports.weekly)

    @operation(contract.MONTHLY_REPORT)
    def monthly_report(self, call: Call) -> Any:
        return call.read(reports.monthly)

    @operation(contract.YEARLY_REPORT)
    def yearly_report(self, call: Call) -> Any:
        return call.read(reports.yearly)

    @operation(kept.LIST_REPORTS)
    def list_reports(self, call: Call) -> Any:
        return call.read(kept_reports.listed)

    @operation(kept.GET_REPORT)
    def get_report(self, call: Call) -> Any:
        return call.read(kept_reports.one)

    @operation(kept.MAKE_REPORT)
    def make_report(self, call: Call) -> Any:
        return call.run(keeping.make, call.look(keeping.count_earlier), then=kept_reports.shown)

    @operation(kept.REVISE_REPORT)
    def revise_report(self, call: Call) -> Any:
        return call.run(keeping.revise, call.look(keeping.count_again), then=kept_reports.shown)

    @operation(kept.DOWNLOAD_REPORT)
    def download_report(self, call: Call) -> Any:
        return call.dump(report_files.download(call, _storage()))

    @operation(kept.REPORT_SCHEDULE)
    def report_schedule(self, call: Call) -> Any:
        return call.read(kept_reports.schedule)

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
            _bulk_queue.hint(call.ctx.tenant_id)
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

    # -- exports -------------------------------------------------------------------------------------------------------

    @operation(exporting.CREATE_EXPORT)
    def create_export(self, call: Call) -> Any:
        taken = call.run(exports.ask, *_export_limits(), then=export_queries.shown)
        _exports.hint(call.ctx.tenant_id)
        return taken

    @operation(exporting.LIST_EXPORTS)
    def list_exports(self, call: Call) -> Any:
        return call.read(export_queries.listed)

    @operation(exporting.GET_EXPORT)
    def get_export(self, call: Call) -> Any:
        return call.read(export_queries.one)

    @operation(exporting.DOWNLOAD_EXPORT)
    def download_export(self, call: Call) -> Any:
        return call.read(export_queries.content, _export_storage())

    # -- the case library ----------------------------------------------------------------------------------------------

    @operation(contract.LIST_PRECEDENTS)
    def list_precedents(self, call: Call) -> Any:
        return call.read(precedents.listed)

    @operation(contract.PRECEDENT_AWARDS)
    def precedent_awards(self, call: Call) -> Any:
        return call.read(precedents.awards)

    # -- a policy to come ----------------------------------------------------------------------------------------------

    @operation(contract.PREVIEW_POLICY)
    def preview_policy(self, call: Call) -> Any:
        return call.dump(previews.preview(call))

    # -- files ---------------------------------------------------------------------------------------------------------

    @operation(contract.LIST_ATTACHMENTS)
    def list_attachments(self, call: Call) -> Any:
        return call.read(lists.attachments)

    @operation(contract.ADD_ATTACHMENT)
    def add_attachment(self, call: Call) -> Any:
        return call.run(attachments.add, _storage())

    @operation(contract.GET_ATTACHMENT)
    def get_attachment(self, call: Call) -> Any:
        return call.read(attachments.read, _storage())

    @operation(contract.DOWNLOAD_ATTACHMENT)
    def download_attachment(self, call: Call) -> Any:
        return call.read(attachments.read, _storage())

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
        return call.dump(papers.content(call.gather(papers.opened), _storage()))

    # -- the complainant's status page ---------------------------------------------------------------------------------

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
        return call.run(complainant.add_file, _storage())

    @operation(contract.GET_STATUS_FILE)
    def get_status_file(self, call: Call) -> Any:
        return call.read(complainant.read_file, _storage())

    @operation(contract.SEND_STATUS_MESSAGE)
    def send_status_message(self, call: Call) -> Any:
        return call.run(complainant.write, then=status.afterwards)

    @operation(contract.ANSWER_DECISION)
    def answer_decision(self, call: Call) -> Any:
        return call.run(complainant.answer, then=status.afterwards)

    @operation(contract.RATE_COMPLAINT)
    def rate_complaint(self, call: Call) -> Any:
        return call.run(complainant.rate, then=status.afterwards)

    # -- what others tell, and what happens by itself ------------------------------------------------------------------

    @on(customers.CUSTOMER_LINKED)
    def customer_linked(self, delivery: Delivery) -> None:
        delivery.apply(linking.customer_found)

    @on(customers.CUSTOMER_UPDATED)
    def customer_updated(self, delivery: Delivery) -> None:
        delivery.apply(linking.customer_graded)

    @on(tenants.ROLE_CHANGED)
    def role_changed(self, delivery: Delivery) -> None:
        delivery.apply(watching.role_changed)

    @every(seconds=1)
    def sweep_deadlines(self, job: Job) -> None:
        job.sweep_deadlines(jobs.deadline_fired)

    @every(seconds=0.5)
    def work_bulk_through(self, job: Job) -> None:
        jobs.work_bulk_through(job, _bulk_queue)

    @every(seconds=5)
    def make_papers(self, job: Job) -> None:
        if ComplaintsSettings.load().papers_at_closing:
            jobs.make_papers(job, _storage())

    @every(seconds=5)
    def make_reports(self, job: Job) -> None:
        jobs.make_reports(job, _timetable)

    @every(seconds=2)
    def make_exports(self, job: Job) -> None:
        jobs.make_exports(job, _exports, _export_storage())

    @every(seconds=3600)
    def forget_exports(self, job: Job) -> None:
        jobs.forget_exports(job, _export_storage())
