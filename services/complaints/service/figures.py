"""The doors of what is learnt from cases."""

from __future__ import annotations

from typing import Any

from chassis.service import Call, operation
from contracts import complaints as contract
from contracts.complaints import kept_reports as kept
from services.complaints.queries import kept_reports, precedents, previews, reports
from services.complaints.service import shared
from services.complaints.usecases import kept_reports as keeping
from services.complaints.usecases import report_files


class Figures:
    """Reports, the case library, the preview of a policy to come."""

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
        return call.dump(report_files.download(call, shared.storage()))

    @operation(kept.REPORT_SCHEDULE)
    def report_schedule(self, call: Call) -> Any:
        return call.read(kept_reports.schedule)

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
