"""What is kept of a case at its closings (SPEC PL-9): by the real press, on both databases."""

from __future__ import annotations

import hashlib
import io
import os
import signal
import subprocess
import sys
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pypdf
import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError

from chassis import clock, press
from chassis.timers import Job
from contracts import complaints as contract
from contracts.problems import PRINTING_UNAVAILABLE
from services.complaints import jobs
from services.complaints.jobs import papers as job
from services.complaints.models import PaperRow, PapersDue
from services.complaints.service import shared
from services.complaints.usecases import papers
from tests.platform.fixtures import Databases
from tests.service.complaints.bench import Bench, Json
from tests.service.complaints.played import PHONE, Played

Make = Callable[[], int]
ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module", autouse=True)
def _press() -> Iterator[None]:
    yield
    press.close()


@pytest.fixture
def make(bench: Bench) -> Make:
    """One run of the job that makes papers."""
    return lambda: jobs.make_papers(Job(bench), shared.storage())


@pytest.fixture
def closed(bench: Bench, make: Make) -> Played:
    while make():  # what other tests left
        pass
    return Played(bench.company()).close()


def kept(of: Played) -> list[Json]:
    items: list[Json] = of.company.call(contract.LIST_PAPERS, complaint_id=of.id)["items"]
    return items


def content(of: Played, paper: Json) -> bytes:
    answer = of.company.call(contract.DOWNLOAD_PAPER, of.masked(), complaint_id=of.id, paper_id=paper["id"])
    assert (answer["media_type"], answer["filename"]) == (paper["media_type"], paper["filename"])
    return b64decode(answer["content"])


@pytest.mark.clause("PL-9")
def test_closing_keeps_the_whole_file_and_the_forms(closed: Played, make: Make) -> None:
    assert kept(closed) == []
    assert make() == 1
    assert make() == 0
    file, forms = kept(closed)
    assert [(p["kind"], p["closing"], p["locale"]) for p in (file, forms)] == [
        ("case_file", 1, "zh-CN"), ("forms", 1, "zh-CN"),
    ]  # fmt: skip
    for paper in (file, forms):
        assert hashlib.sha256(content(closed, paper)).hexdigest() == paper["sha256"]
        assert len(content(closed, paper)) == paper["size"]
    text = "".join("".join(p.extract_text() for p in pypdf.PdfReader(io.BytesIO(content(closed, file))).pages).split())
    for expected in ("投诉案卷", "投诉总结", "处理及时", "结案存档", "同意,尽快办理"):
        assert expected in text
    assert PHONE not in text
    book = openpyxl.load_workbook(io.BytesIO(content(closed, forms)))
    assert {"投诉信息", "客户投诉处理表", "投诉总结"} <= set(book.sheetnames)
    result = {row[0].value: row[1].value for row in book["调查与处理方案"].iter_rows(min_row=5)}
    assert (result["处理方案"], result["补偿金额"]) == ("免费更换刹车片", 1234.56)


def test_closing_again_keeps_new_ones_and_leaves_the_old(closed: Played, make: Make) -> None:
    make()
    before = kept(closed)
    contents = [content(closed, paper) for paper in before]
    closed.reopen().close()
    assert make() == 1
    after = kept(closed)
    assert after[:2] == before
    assert [paper["closing"] for paper in after] == [1, 1, 2, 2]
    assert [content(closed, paper) for paper in before] == contents


ELSEWHERE = """
import sys
from pathlib import Path
from chassis.db import Database
from chassis.storage import FolderStorage
from chassis.timers import Job
from services.complaints import jobs
from tests.service.complaints.bench import Bench

jobs.make_papers(Job(Bench(Database("complaints", sys.argv[1]))), FolderStorage(Path(sys.argv[2])))
"""


def test_a_process_killed_in_the_middle_leaves_it_to_be_taken_up_again(
    closed: Played, make: Make, databases: Databases, tmp_path: Path
) -> None:
    (tmp_path / "papers_stored").touch()
    command = [sys.executable, "-W", "ignore", "-c", ELSEWHERE, databases.url, str(shared.storage()._root)]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, "KEFU_FAULTS": str(tmp_path)}, check=False)
    assert done.returncode == -signal.SIGKILL
    assert make() == 0  # somebody has it
    with later(papers.LEASE):
        assert make() == 1
    assert len(kept(closed)) == 2


def later(span: timedelta) -> AbstractContextManager[None]:
    return clock.freeze(clock.now() + span + timedelta(seconds=1))


def test_two_at_once_keep_one(closed: Played, make: Make, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lease ran out while the first was still rendering: the second's papers stay."""
    render = job.rendering.pdf

    def slowly(*args: Any, **more: Any) -> bytes:
        monkeypatch.setattr(job.rendering, "pdf", render)
        with later(papers.LEASE):
            assert make() == 1
        return render(*args, **more)

    monkeypatch.setattr(job.rendering, "pdf", slowly)
    assert make() == 0
    assert len(kept(closed)) == 2


def test_a_press_that_fails_is_asked_again_later_and_later(
    closed: Played, make: Make, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: Any, **_more: Any) -> bytes:
        raise PRINTING_UNAVAILABLE(reason="no font")

    moment, waits = clock.now(), []
    with monkeypatch.context() as patch:
        patch.setattr(job.rendering, "pdf", refuse)
        for _ in range(3):
            with clock.freeze(moment):
                assert make() == 0
            with bench.database.begin(closed.company.id) as session:
                next_at = session.scalars(select(PapersDue.next_at)).one()
            waits.append((next_at - moment) / papers.LEASE)
            moment = next_at
    assert waits == [1, 2, 4]
    with clock.freeze(moment):
        assert make() == 1


def test_a_kept_paper_is_never_changed(closed: Played, make: Make, bench: Bench) -> None:
    make()
    with pytest.raises(DBAPIError, match="never changed"), bench.database.begin(closed.company.id) as session:
        session.execute(update(PaperRow).values(size=1))


def test_a_paper_of_another_company_or_case_is_not_there(closed: Played, make: Make, bench: Bench) -> None:
    make()
    paper = kept(closed)[0]["id"]
    other = Played(bench.company())
    same_company = closed.company.register()
    for company, case in ((other.company, other.id), (other.company, closed.id), (closed.company, same_company["id"])):
        refused = company.refused(contract.DOWNLOAD_PAPER, complaint_id=case, paper_id=paper)
        assert refused.code == "not_found"
