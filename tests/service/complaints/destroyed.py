"""A decoration company's case with the same people and words in every place a case has, up to the day its file may be
destroyed; and a look for them in every row and file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select

from chassis import audit, clock
from contracts import complaints as contract
from contracts.context import Actor, Context
from services.complaints.models import Base, ComplaintRow, StatusLinkRow
from services.complaints.usecases import links
from tests.platform.looking import words_in
from tests.service.complaints.bench import Company, Json

WORDS, NAME, PHONE, MAIL, PLACE = "金丝雀在唱歌", "卡娜丽", "13777770001", "jinsique@example.cn", "雀巷七十七号"
CANARIES = (WORDS, NAME, PHONE, MAIL, PLACE, "渝C77777", "7-7-0707")
PAPERS = ("contents", "tracking_sheet", "result_sheet", "inspector_report", "solution_confirmation")
RECEIVED = datetime(2026, 3, 2, 1, tzinfo=UTC)
DAY = datetime(2029, 3, 5, 1, tzinfo=UTC)
"""More than 36 months after its filing."""
COMPLAINANT = {
    "name": NAME, "phone": PHONE, "email": MAIL, "address": PLACE, "vehicle_plate": "渝C77777", "unit_no": "7-7-0707",
}  # fmt: skip
RESULT = {
    "visited": WORDS, "result": WORDS, "valid": True, "service_fault": False, "penalty_due": False,
    "compensation_due": False,
}  # fmt: skip


@contextmanager
def around(moment: datetime) -> Iterator[None]:
    """Let it be that moment, from which the clock goes on."""
    clock.set_offset(moment - datetime.now(UTC))
    try:
        yield
    finally:
        clock.set_offset(0)


class Destroyed:
    """The company, its case and the people of its policy, hired when they are first needed."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.who = cache(company.hire)
        with around(RECEIVED):
            self.case = self._registered()
            self.other = company.register(content="另一件事", complainant={"name": "何人", "phone": "13900000000"})
            self.duplicate = self._duplicate()
            self._talk()
            self._close()

    @property
    def id(self) -> str:
        return str(self.case["id"])

    def _registered(self) -> Json:
        facts = {"subject": WORDS, "remedy_sought": WORDS, "external_ref": WORDS}
        return self.company.register(self.keyed("info_officer"), content=WORDS, complainant=COMPLAINANT, **facts)

    def _duplicate(self) -> Json:
        case = self.company.register(content=f"又说:{WORDS}", complainant={**COMPLAINANT, "phone": "13777770002"})
        self.company.attach(case, f"重复 {WORDS}")
        merged = {"complaint_id": case["id"], "into": self.id, "reason": WORDS}
        self.company.call(contract.MERGE_COMPLAINT, **merged)
        return case

    def _talk(self) -> None:
        """What is said around a case: notes, colleagues named, watchers, the status page, an act on many, a look."""
        company, desk = self.company, self.who("info_officer")
        company.act(self.case, "add_note", desk, note=f"{WORDS} @{self.who('service_head').actor.name}")
        company.act(self.case, "add_note", desk, note=WORDS, audience="complainant")
        company.call(contract.WATCH, desk, complaint_id=self.id)
        complainant = self._complainant()
        company.call(contract.SEND_STATUS_MESSAGE, complainant, text=WORDS)
        company.call(contract.UNMASK_COMPLAINANT, desk, complaint_id=self.id, reason=WORDS)
        order = {"action": "add_note", "fields": {"note": WORDS}, "complaint_ids": [self.id]}
        company.call(contract.CREATE_BULK, desk, **order)
        company.work_bulk_through()

    def _complainant(self) -> Context:
        """Whoever holds a link to the status page."""
        with self.company.bench.work.begin(self.company.context()) as tx:
            links.mint(tx, UUID(self.id), self.case["number"])
        with self.company.bench.database.begin(self.company.id, read_only=True) as session:
            (link_id,) = session.scalars(select(StatusLinkRow.id))
        actor = Actor(kind="complainant", id=self.id)
        return self.company.context(actor=actor, credential_id=str(link_id), permissions=frozenset(), roles=frozenset())

    def act(self, role: str, name: str, **fields: Any) -> Json:
        return self.company.act(self.case, name, self.keyed(role), **fields)

    def keyed(self, role: str) -> Context:
        """Somebody of that role, whose call's reply is kept."""
        return self.who(role).with_(idempotency_key=str(uuid4()))

    def _close(self) -> None:
        self.act("info_officer", "confirm_record", how=WORDS)
        self.act("info_officer", "pass_on", category="engineering", site=PLACE, demand=WORDS)
        self.act("engineering_manager", "return_result", **RESULT)
        self.act(
            "complaint_officer", "record_call", reached=True, satisfaction="satisfied", opinion=WORDS,
            opinion_for="engineering",
        )  # fmt: skip
        self.act("service_head", "settle", improvement=WORDS, department="engineering")
        for paper in PAPERS:
            self.company.attach(self.case, f"{paper} {WORDS}", kind=paper)
        self.act("complaint_officer", "submit_dossier")
        self.act("service_head", "approve", note=WORDS)
        self.act("vice_president", "approve", note=WORDS)
        self.sheet("complaint_officer", "filed_dossier", "hand_in")

    def sheet(self, role: str, kind: str, name: str, **fields: Any) -> Json:
        """Take an action on the case's sheet of that kind."""
        path = {"complaint_id": self.id, "sheet_id": self.sheet_id(kind), "name": name}
        done: Json = self.company.call(contract.ACT_ON_SHEET, self.keyed(role), **path, **fields)
        return done

    def sheet_id(self, kind: str) -> str:
        """The id of the case's one sheet of that kind."""
        sheets = self.company.case(self.case)["sheets"]
        (found,) = [str(sheet["id"]) for sheet in sheets if sheet["kind"] == kind]
        return found

    def follow_up(self) -> None:
        """Finish what came of the case."""
        with around(RECEIVED + timedelta(days=3)):
            self.sheet("engineering_manager", "improvement", "take_up", answer=WORDS)
            self.sheet("info_officer", "opinion", "report_to_head")
            self.sheet("engineering_manager", "opinion", "answer", answer=WORDS)

    def approve(self) -> None:
        """Its retention is over, and the president agrees."""
        with around(DAY):
            self.company.sweep()
            self.sheet("president_office", "filed_dossier", "propose_destruction")
            self.sheet("president", "filed_dossier", "approve", note=WORDS)

    def record(self) -> Json:
        """It was destroyed."""
        with around(DAY):
            witness = self.who("service_head").actor.id
            record = {"destroyed_on": "2029-03-05", "witness": witness}
            return self.sheet("president_office", "filed_dossier", "record_destruction", **record)

    def seal(self) -> None:
        """As the service's timer does."""
        with self.company.bench.database.begin(self.company.id) as session:
            while audit.seal(session, self.company.id, DAY + timedelta(days=30)):
                pass

    # -- where the words are -------------------------------------------------------------------------------------------

    def places(self) -> dict[str, list[str]]:
        """Per table of the service's database which of the words stand in the company's rows."""
        return words_in(self.company.bench.database, self.company.id, CANARIES)

    def files(self, root: Path) -> list[Path]:
        """The company's files in that storage."""
        return sorted(path for path in (root / str(self.company.id)).rglob("*") if path.is_file())

    def rows(self, table: str) -> int:
        """How many rows about the case and its duplicate a table has."""
        model = Base.metadata.tables[table]
        ids = (UUID(self.id), UUID(self.duplicate["id"]))
        with self.company.bench.database.begin(self.company.id, read_only=True) as session:
            found = select(model.c.complaint_id).where(model.c.complaint_id.in_(ids))
            return len(session.connection().execute(found).all())

    def kept(self) -> ComplaintRow:
        """The case's row."""
        with self.company.bench.database.begin(self.company.id, read_only=True) as session:
            return session.get_one(ComplaintRow, (self.company.id, UUID(self.id)))
