"""What others tell, and what happens by itself."""

from __future__ import annotations

from chassis.service import Delivery, Job, every, on
from contracts import customers, tenants
from services.complaints import jobs
from services.complaints.service import shared
from services.complaints.settings import ComplaintsSettings
from services.complaints.usecases import linking, watching
from services.complaints.usecases.erasing import EXPORTS, KEPT

_timetable = jobs.Timetable()


class Happenings:
    """Events of other services, and timers."""

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
        jobs.work_bulk_through(job, shared.bulk_queue)

    @every(seconds=5)
    def make_papers(self, job: Job) -> None:
        if ComplaintsSettings.load().papers_at_closing:
            jobs.make_papers(job, shared.storage())

    @every(seconds=5)
    def make_reports(self, job: Job) -> None:
        jobs.make_reports(job, _timetable)

    @every(seconds=2)
    def make_exports(self, job: Job) -> None:
        jobs.make_exports(job, shared.export_queue, shared.export_storage())

    @every(seconds=5)
    def erase_cases(self, job: Job) -> None:
        jobs.erase_cases(job, {KEPT: shared.storage(), EXPORTS: shared.export_storage()})

    @every(seconds=6 * 3600)
    def discard_orphans(self, job: Job) -> None:
        jobs.discard_orphans(job, shared.storage())

    @every(seconds=3600)
    def forget_exports(self, job: Job) -> None:
        jobs.forget_exports(job, shared.export_storage())
