"""Papers of a case, as their caller may have them (SPEC PL-9). Each print is audited; one with personal data in clear
is recorded as seeing it (SPEC PL-11)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from chassis.work import Transaction
from contracts import complaints as contract
from contracts.problems import NOT_FOUND
from services.complaints import schemas
from services.complaints.domain import disclosure
from services.complaints.policy import text
from services.complaints.printing import parts
from services.complaints.printing.paper import Block, Paper
from services.complaints.printing.source import Source
from services.complaints.queries.cases import load_whole
from services.complaints.usecases.caller import now_of
from services.complaints.usecases.cases import sheet_row
from services.complaints.usecases.effects import record

NEWEST = 150
"""Entries of the history on a print that somebody waits for; what is kept at closing has all."""


def form(tx: Transaction, data: dict[str, Any]) -> Paper:
    """The form `form` of the case; `not_found` when its policy has none of that name."""
    source = _source(tx, data)
    spec = source.policy.forms.get(data["form"])
    if spec is None:
        raise NOT_FOUND(kind="form")
    blocks = [*parts.facts(source), *parts.form(source, spec), *parts.history(source, NEWEST)]
    title = text(spec.labels, source.locale)
    return _recorded(source, f"form {spec.key}", paper(source, title, blocks, internal=spec.internal))


def sheet(tx: Transaction, data: dict[str, Any]) -> Paper:
    """The sheet `sheet_id` of the case."""
    source = _source(tx, data)
    row = sheet_row(tx, source.row, data["sheet_id"])
    title = text(source.policy.sheets[row.kind].labels, source.locale)
    blocks = [*parts.facts(source), *parts.sheet(source, row)]
    return _recorded(source, f"sheet {row.number}", paper(source, title, blocks, number=row.number))


def whole(tx: Transaction, data: dict[str, Any]) -> Paper:
    """The case's whole file; `for_` the complainant, the letter that answers them."""
    source = _source(tx, data)
    if data["for_"] == "complainant":
        return letter(source)
    return _recorded(source, "case file", case_file(source, NEWEST))


def letter(source: Source) -> Paper:
    """The answer letter, with nothing but what the policy lets the complainant know (SPEC MF-11, IS-6): their own words
    and the public fields of forms. Problem `nothing_to_tell` before there are any."""
    told = disclosure.decision(source.policy, source.case, now_of(source.tx))
    if not told:
        raise contract.NOTHING_TO_TELL()
    company, at = source.tx.tenant.name, source.writer.moment(source.tx.now)
    issued = source.words("issued", company=company, at=at[:10])
    made = paper(source, source.words("letter"), parts.answer(source, told), printed=issued)
    source.tx.audit("complaint.printed", "complaint", source.row.id, note="answer letter")
    return made


def case_file(source: Source, newest: int | None = None, printed: str = "") -> Paper:
    """Everything about the case on one paper, for the house only."""
    blocks = [
        *parts.facts(source), *parts.merged(source), *parts.people(source), *_forms(source), *_sheets(source),
        *parts.approvals(source), *parts.checks(source), *parts.files(source), *parts.history(source, newest),
    ]  # fmt: skip
    return paper(source, source.words("case_file"), blocks, internal=True, printed=printed)


def paper(
    source: Source, title: str, blocks: Iterable[Block], *, number: str = "", internal: bool = False, printed: str = ""
) -> Paper:
    """A paper of the case with the company's name and the case's number, unless it has one of its own."""
    by = source.tx.ctx.actor.name or source.tx.ctx.actor.kind
    now = source.writer.moment(source.tx.now)
    return Paper(
        locale=source.locale, company=source.tx.tenant.name, title=title, number=number or source.row.number,
        internal=internal, printed=printed or source.words("printed", by=by, at=now), blocks=list(blocks),
    )  # fmt: skip


def _forms(source: Source) -> Iterator[Block]:
    for key, spec in source.policy.forms.items():
        if key in source.case.forms:
            yield from parts.form(source, spec, text(spec.labels, source.locale))


def _sheets(source: Source) -> Iterator[Block]:
    for row in source.sheets:
        yield from parts.sheet(source, row, text(source.policy.sheets[row.kind].labels, source.locale))


def _source(tx: Transaction, data: dict[str, Any]) -> Source:
    row = load_whole(tx, data["complaint_id"])
    return Source(tx, row, data.get("locale") or tx.ctx.locale, clear=tx.ctx.may(schemas.UNMASK))


def _recorded(source: Source, what: str, made: Paper) -> Paper:
    tx, row = source.tx, source.row
    tx.audit("complaint.printed", "complaint", row.id, note=what)
    if source.clear:
        record(tx, row, "unmasked", note=made.title)
        tx.audit("complainant.unmasked", "complaint", row.id, note=f"printed: {what}")
    return made
