"""A destroyed file leaves nothing of the people in it, and every figure as it was (SPEC DC-6, PL-11)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner
from sqlalchemy import delete, select

from chassis import audit, press
from chassis.ids import new_id
from chassis.metrics import REGISTRY
from chassis.storage import FolderStorage
from chassis.tables import AuditRow
from chassis.timers import Job, TenantQueue
from contracts import complaints as contract
from contracts.complaints import exports as exporting
from contracts.complaints import kept_reports as reporting
from kefu.commands.erasures import group as erasures
from services.complaints import jobs
from services.complaints.models import Base, ErasureDue, ErasureRow
from services.complaints.service import shared
from services.complaints.usecases import remains
from services.complaints.usecases.erasing import EXPORTS, KEPT, LEASE
from tests.platform.fixtures import Databases
from tests.service.complaints.bench import Bench, Json
from tests.service.complaints.destroyed import CANARIES, DAY, RECEIVED, WORDS, Destroyed, around

pytestmark = pytest.mark.clause("DC-6", "PL-11")
Erase = Callable[..., int]
ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module", autouse=True)
def _press() -> Iterator[None]:
    yield
    press.close()


@pytest.fixture
def exports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FolderStorage:
    made = FolderStorage(tmp_path / "exports")
    monkeypatch.setattr(shared, "export_storage", lambda: made)
    monkeypatch.setattr(shared, "export_limits", lambda: (3, 7))
    return made


@pytest.fixture
def erase(bench: Bench, exports: FolderStorage) -> Erase:
    """One run of the job, on a day after the destruction; how many cases were done."""

    def run(after: timedelta = timedelta(minutes=5)) -> int:
        with around(DAY + after):
            return jobs.erase_cases(Job(bench), {KEPT: shared.storage(), EXPORTS: exports})

    return run


@pytest.fixture
def file(bench: Bench) -> Destroyed:
    """A case whose file may be destroyed, and was not yet."""
    made = Destroyed(bench.company("decoration"))
    made.follow_up()
    return made


@pytest.fixture
def gone(file: Destroyed, erase: Erase) -> Destroyed:
    file.approve()
    file.record()
    file.seal()
    assert erase() == 1
    return file


def storage_root() -> Path:
    root: Path = shared.storage()._root  # type: ignore[attr-defined]
    return root


def figures(of: Destroyed) -> list[Json]:
    """What the company's reports say of the month in which the case came and was closed."""
    call, when = of.company.call, RECEIVED.strftime("%Y-%m")
    with around(DAY):
        return [
            call(contract.MONTHLY_REPORT, month=when), call(contract.WEEKLY_REPORT, date=RECEIVED.date().isoformat()),
            call(contract.DAILY_REPORT, date=RECEIVED.date().isoformat()), call(contract.COUNT_COMPLAINTS),
        ]  # fmt: skip


def test_nothing_of_the_people_is_left(file: Destroyed, bench: Bench, erase: Erase, exports: FolderStorage) -> None:
    with around(RECEIVED + timedelta(minutes=1)):
        while jobs.make_papers(Job(bench), shared.storage()):
            pass
    file.approve()
    with around(DAY):
        asked = file.company.call(exporting.CREATE_EXPORT, file.who("president"), list="complaints", filters={})
        queue = TenantQueue(60)
        queue._looked_at = float("inf")
        queue.tell(file.company.id)
        jobs.make_exports(Job(bench), queue, exports)
    file.record()
    file.seal()
    before = file.places()
    assert {"complaints", "history", "sheets", "audit", "requests", "merges", "bulk_jobs", "statements"} <= set(before)
    assert set().union(*before.values()) == set(CANARIES), "the words are everywhere to begin with"
    assert len(file.files(storage_root())) == len(("contents", "duplicate")) + 4 + 2
    assert file.rows("papers") == 2
    assert file.files(exports._root)
    counted = figures(file)
    assert erase() == 1
    left = file.places()
    assert left.pop("outbox", None) is not None, "events that the relay has not published yet: it deletes them then"
    assert left == {}
    assert file.files(storage_root()) == file.files(exports._root) == []
    tables = ("attachments", "papers", "statements", "status_links", "watchers", "mentions", "papers_due")
    assert {table: file.rows(table) for table in tables} == dict.fromkeys(tables, 0)
    assert figures(file) == counted
    refused = file.company.refused(exporting.GET_EXPORT, file.who("president"), export_id=asked["id"])
    assert refused.code == "not_found"


def test_what_is_left_is_its_number_dates_figures_and_the_record(gone: Destroyed) -> None:
    shown = gone.company.case(gone.case)
    assert (shown["number"], shown["state"], shown["level"]) == (gone.case["number"], "closed", "ordinary")
    assert (shown["category"], shown["outcome"], shown["satisfaction"]) == ("engineering", "settled", "satisfied")
    assert (shown["content"], shown["actions"], shown["complainant"]["name"]) == ("", [], None)
    assert shown["facts"]["subject"] == "***"
    record = shown["erasure"]
    assert shown["erased_at"] == record["erased_at"]
    assert record["paper"].startswith("DA2026-")
    assert [(one["by"], one["role"]) for one in record["approvals"]] == [("president", "president")]
    assert (record["proposed_by"], record["recorded_by"]) == ("president-office", "president-office")
    assert [entry["what"] for entry in gone.company.history(gone.case)] == ["erased", "erased"]
    assert all(sheet["state"] == "done" for sheet in shown["sheets"])
    found = gone.company.call(contract.LIST_COMPLAINTS, q=gone.case["number"])["items"]
    assert [one["id"] for one in found] == [gone.id]
    assert gone.company.call(contract.LIST_COMPLAINTS, q=WORDS)["items"] == []


def test_others_are_told_and_left_alone(gone: Destroyed) -> None:
    told = gone.company.events("complaint.erased")
    assert {one["complaint_id"] for one in told} == {gone.id, gone.duplicate["id"]}
    assert {one["customer_id"] for one in told} == {None}
    assert all(word not in str(told) for word in CANARIES)
    other = gone.company.case(gone.other)
    assert (other["content"], other["erased_at"], other["erasure"]) == ("另一件事", None, None)


def test_nothing_more_can_be_done_with_it(gone: Destroyed) -> None:
    company = gone.company
    with around(DAY + timedelta(days=1)):
        for operation, fields in (
            (contract.ACT, {"name": "complain_again", "content": "x"}), (contract.UPDATE_COMPLAINT, {"subject": "x"}),
            (contract.UNMASK_COMPLAINANT, {"reason": "why"}), (contract.PRINT_COMPLAINT, {}),
            (contract.ISSUE_STATUS_LINK, {}), (contract.ADD_ATTACHMENT, {"content": "eA==", "filename": "x.txt"}),
            (contract.MERGE_COMPLAINT, {"into": gone.other["id"], "reason": "same"}), (contract.WATCH, {}),
        ):  # fmt: skip
            problem = company.refused(operation, complaint_id=gone.id, **fields)
            assert (problem.code, problem.status) == ("case_erased", 410), operation.name
            assert problem.params["paper"].startswith("DA2026-")
        merged = company.refused(contract.UPDATE_COMPLAINT, complaint_id=gone.duplicate["id"], subject="x")
        assert merged.code == "case_erased"


def test_from_the_record_on_it_stands_still(file: Destroyed) -> None:
    """The paper is in the shredder; the rows follow within a minute or so."""
    file.approve()
    assert file.record()["stage"] == "destroyed"
    shown = file.company.case(file.case)
    assert (shown["erased_at"], shown["erasure"]["erased_at"], shown["actions"]) == (None, None, [])
    refused = file.company.refused(contract.UPDATE_COMPLAINT, complaint_id=file.id, subject="x")
    assert refused.code == "case_erased"


def test_a_call_whose_reply_was_erased_is_not_carried_out_again(file: Destroyed, erase: Erase) -> None:
    """Whoever repeats it hears that it was done; others' replies stay."""
    company, mine, others = file.company, file.keyed("president_office"), file.keyed("president")
    with around(DAY - timedelta(hours=1)):
        watched = company.call(contract.WATCH, others, complaint_id=file.other["id"])
    file.approve()
    with around(DAY):
        sheet = {"complaint_id": file.id, "sheet_id": file.sheet_id("filed_dossier"), "name": "record_destruction"}
        record = {"destroyed_on": "2029-03-05", "witness": file.who("service_head").actor.id}
        company.call(contract.ACT_ON_SHEET, mine, **sheet, **record)
    file.seal()
    assert erase() == 1
    with around(DAY + timedelta(hours=1)):
        problem = company.refused(contract.ACT_ON_SHEET, mine, **sheet, **record)
        assert (problem.code, problem.status) == ("reply_erased", 410)
        assert company.call(contract.WATCH, others, complaint_id=file.other["id"]) == watched


KEEPS = {
    "sheets": "emptied", "merges": "emptied", "bulk_items": "emptied", "precedents": "name nobody",
    "erasures": "the record itself", "erasures_due": "ids and times",
}  # fmt: skip


def test_every_table_about_a_case_is_thought_of() -> None:
    """Whoever adds one decides what becomes of it."""
    about = {name for name, table in Base.metadata.tables.items() if "complaint_id" in table.columns}
    assert about == {model.__tablename__ for model in remains._WHOLE} | set(KEEPS)


# -- what holds it ----------------------------------------------------------------------------------------------------


def held(of: Destroyed) -> dict[str, str]:
    with around(DAY):
        path = {"complaint_id": of.id, "sheet_id": of.sheet_id("filed_dossier"), "name": "record_destruction"}
        record = {"destroyed_on": "2029-03-05", "witness": of.who("service_head").actor.id}
        problem = of.company.refused(contract.ACT_ON_SHEET, of.who("president_office"), **path, **record)
    assert (problem.code, problem.status) == ("case_held", 409)
    why: dict[str, str] = problem.params["why"]
    return why


def test_work_that_goes_on_holds_it(bench: Bench) -> None:
    """An improvement nobody took up, a lawsuit without outcome: they are sheets."""
    file = Destroyed(bench.company("decoration"))
    file.approve()
    assert held(file)["en"] == "there are papers being worked on: Suggested improvement, Opinion or suggestion"
    file.follow_up()
    assert file.record()["stage"] == "destroyed"


def test_an_open_case_that_follows_it_holds_it(file: Destroyed) -> None:
    follower = file.company.register(follows=file.id, content="又坏了")
    file.approve()
    assert held(file)["en"] == f"open cases come of it: {follower['number']}"


# -- the job ----------------------------------------------------------------------------------------------------------


def test_it_waits_for_the_audits_seals(file: Destroyed, erase: Erase) -> None:
    file.approve()
    file.record()
    assert erase() == 0
    assert file.kept().content == WORDS
    file.seal()
    assert erase(timedelta(minutes=6)) == 1


def test_the_audit_is_whole_and_names_what_allowed_it(gone: Destroyed, bench: Bench) -> None:
    gone.seal()
    with bench.database.begin(gone.company.id, read_only=True) as session:
        assert list(audit.verify(session, gone.company.id, DAY)) == []
        (record,) = audit.erasures(session, gone.company.id)
        acts = session.scalars(select(AuditRow.action).where(AuditRow.erased_by == record.id)).all()
    assert {"complaint.registered", "complaint.settle", "complaint.record_destruction", "complaint.merged"} <= set(acts)
    assert len(acts) == len(audit.erased_rows(record))
    assert (record.after["number"], record.subject_id.hex) == (gone.case["number"], gone.id.replace("-", ""))
    assert record.after["approved_by"] == [gone.who("president").actor.id]


def test_once(gone: Destroyed, erase: Erase, bench: Bench) -> None:
    before = gone.kept().updated_at
    assert erase(timedelta(days=1)) == 0
    assert gone.kept().updated_at == before
    with bench.database.begin(gone.company.id, read_only=True) as session:
        assert session.scalars(select(ErasureDue)).all() == []


def test_a_file_that_cannot_be_deleted_is_tried_again_and_told(
    file: Destroyed, erase: Erase, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.approve()
    file.record()
    file.seal()
    after = timedelta(minutes=5)
    with monkeypatch.context() as patch:
        patch.setattr(FolderStorage, "discard", _refuse)
        for attempt in range(3):
            assert erase(after) == 0
            after += LEASE * 2**attempt + timedelta(seconds=1)
    assert gauge("kefu_erasures_stuck") >= 1
    assert file.kept().content == "", "its rows are gone"
    assert erase(after) == 1
    assert gauge("kefu_erasures_stuck") == 0
    assert file.files(storage_root()) == []


def _refuse(*_: object) -> bool:
    raise PermissionError("read-only file system")


def gauge(name: str) -> float:
    value = REGISTRY.get_sample_value(name, {"service": "complaints"})
    return value if value is not None else -1


ELSEWHERE = """
import sys
from pathlib import Path
from datetime import timedelta
from chassis.db import Database
from chassis.storage import FolderStorage
from chassis.timers import Job
from services.complaints import jobs
from services.complaints.usecases import remains
from services.complaints.usecases.erasing import EXPORTS, KEPT
from tests.service.complaints.bench import Bench
from tests.service.complaints.destroyed import DAY, around

kept, exports = (FolderStorage(Path(root)) for root in sys.argv[2:])
with around(DAY + timedelta(minutes=5)):
    jobs.erase_cases(Job(Bench(Database("complaints", sys.argv[1]))), {KEPT: kept, EXPORTS: exports})
"""


@pytest.mark.parametrize("point", ["case_erased", "case_files_deleted"])
def test_a_process_killed_in_the_middle_leaves_the_rest_to_another(
    file: Destroyed, erase: Erase, databases: Databases, tmp_path: Path, point: str
) -> None:
    file.approve()
    file.record()
    file.seal()
    faults = tmp_path / "faults"
    faults.mkdir()
    (faults / point).touch()
    roots = [str(storage_root()), str(tmp_path / "exports")]
    command = [sys.executable, "-W", "ignore", "-c", ELSEWHERE, databases.url, *roots]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, "KEFU_FAULTS": str(faults)}, check=False)
    assert done.returncode == -signal.SIGKILL
    left = file.files(storage_root())
    assert bool(left) == (point == "case_erased")
    assert erase() == 0, "somebody has it"
    assert erase(timedelta(minutes=6) + LEASE) == 1
    assert file.files(storage_root()) == []
    assert {name for name in file.places() if name != "outbox"} == set()
    assert len(file.company.events("complaint.erased")) == 2, "told once"


def test_a_file_that_another_case_has_stays(file: Destroyed, erase: Erase, bench: Bench) -> None:
    shared_by = file.company.attach(file.other, f"contents {WORDS}")
    file.approve()
    file.record()
    file.seal()
    assert erase() == 1
    asked: dict[str, Any] = {"complaint_id": file.other["id"], "attachment_id": shared_by["id"]}
    assert file.company.call(contract.GET_ATTACHMENT, **asked)["sha256"] == shared_by["sha256"]
    assert len(file.files(storage_root())) == 1


def test_a_reports_file_that_was_attached_to_it_stays(file: Destroyed, erase: Erase) -> None:
    call = file.company.call
    with around(RECEIVED):
        report = call(reporting.MAKE_REPORT, report="monthly", period="2026-01")
        printed = call(reporting.DOWNLOAD_REPORT, report_id=report["id"], format="xlsx")
        call(contract.ADD_ATTACHMENT, complaint_id=file.id, content=printed["content"], filename="r.xlsx")
    file.approve()
    file.record()
    file.seal()
    assert erase() == 1
    assert call(reporting.DOWNLOAD_REPORT, report_id=report["id"], format="xlsx") == printed


def test_files_that_nobody_names_are_discarded(file: Destroyed, bench: Bench) -> None:
    """A process that died between storing a paper and recording it left one."""
    with around(DAY):
        orphan = shared.storage().put(file.company.id, f"half a paper: {WORDS}".encode())
        before = {path.name for path in file.files(storage_root())}
        assert jobs.discard_orphans(Job(bench), shared.storage()) >= 1
        assert {path.name for path in file.files(storage_root())} == before - {orphan}
        for one in file.company.call(contract.LIST_ATTACHMENTS, complaint_id=file.id)["items"]:
            asked = {"complaint_id": file.id, "attachment_id": one["id"]}
            assert file.company.call(contract.GET_ATTACHMENT, **asked)["sha256"] == one["sha256"]


def test_every_table_that_names_a_file_is_asked() -> None:
    """Or its files would be discarded."""
    naming = {name for name, table in Base.metadata.tables.items() if "sha256" in table.columns}
    assert naming == {"attachments", "papers", "report_files", "exports"}, "exports have a storage of their own"


# -- after a restore ---------------------------------------------------------------------------------------------------


def test_what_a_restore_brings_back_is_erased_again(
    file: Destroyed, erase: Erase, databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list of destructions is kept apart; the restored databases have the case, and no record."""
    monkeypatch.setenv("KEFU_DATABASE_URL", databases.url)
    monkeypatch.setenv("KEFU_AMQP_URI", "amqp://127.0.0.1/not-used")
    file.approve()
    file.record()
    kept = CliRunner().invoke(erasures, ["list"])
    lines = [line for line in kept.stdout.splitlines() if file.id in line]
    assert len(lines) == 1
    assert not any(word in lines[0] for word in CANARIES)
    _forget_the_record(file)
    (tmp_path / "list").write_text("\n".join([*lines, _unknown(lines[0])]))
    replayed = CliRunner().invoke(erasures, ["replay", str(tmp_path / "list")])
    assert (replayed.exit_code, replayed.stdout.splitlines()) == (0, ["1  not here", "1  to be erased"])
    file.seal()
    assert erase() == 1
    assert {name for name in file.places() if name != "outbox"} == set()
    assert file.company.case(file.case)["erasure"]["approvals"][0]["by"] == "president"
    again = CliRunner().invoke(erasures, ["replay", str(tmp_path / "list")])
    assert again.stdout.splitlines() == ["1  erased already", "1  not here"]


def _forget_the_record(of: Destroyed) -> None:
    with of.company.bench.database.begin(of.company.id) as session:
        session.execute(delete(ErasureDue))
        session.execute(delete(ErasureRow))


def _unknown(line: str) -> str:
    """A case that came after the back-up."""
    record = orjson.loads(line)
    return orjson.dumps({**record, "complaint_id": str(new_id())}).decode()


def test_a_list_that_is_none_says_which_line(tmp_path: Path, databases: Databases) -> None:
    (tmp_path / "list").write_text("{}\n")
    refused = CliRunner().invoke(erasures, ["replay", str(tmp_path / "list")])
    assert refused.exit_code == 1
    assert "line 1 is no record" in refused.output
