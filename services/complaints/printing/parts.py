"""The parts papers are made of: facts of the case, a form, a sheet, who signed, what happened."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from contracts.policies.complaints.vocabulary import STANDARD_FACTS
from services.complaints import schemas
from services.complaints.domain.case import Flow, Proposal
from services.complaints.domain.disclosure import Disclosure
from services.complaints.models import AttachmentRow, HistoryRow, SheetRow
from services.complaints.policy import text
from services.complaints.policy.specs import FieldSpec, FormSpec
from services.complaints.printing.paper import Block, Facts, Fields, Grid, Prose, Signature, Signatures, Table
from services.complaints.printing.source import Source
from services.complaints.printing.values import yuan
from services.complaints.queries import relatives
from services.complaints.usecases import store

Pairs = list[tuple[str, str]]
_OF_HISTORY, _OF_FILES, _OF_MERGED = (17, 25, 21, 37), (46, 14, 22, 18), (22, 18, 16, 44)  # column widths


# -- the case ----------------------------------------------------------------------------------------------------------


def facts(of: Source) -> Iterator[Block]:
    """What the complaint is: where it stands, who complained of what."""
    yield Facts(of.words("case"), _filled(_standing(of)))
    yield Facts(of.words("complainant"), _filled(_complainant(of)))
    yield Prose(of.words("content"), of.row.content)
    if of.row.remedy_sought:
        yield Prose(of.words("remedy_sought"), of.row.remedy_sought)
    own = [(name, spec) for name, spec in of.policy.facts.items() if name not in STANDARD_FACTS]
    pairs = [(text(spec.labels, of.locale), of.writer.plain(spec, of.case.facts.get(name))) for name, spec in own]
    if _filled(pairs):
        yield Facts(of.words("facts"), _filled(pairs))


def _standing(of: Source) -> Pairs:
    row, words, write = of.row, of.words, of.writer
    summary = schemas.summary(of.tx, of.policy, row)
    label = of.policy.label
    return [
        (words("received_at"), write.moment(row.received_at)), (words("occurred_at"), write.moment(row.occurred_at)),
        (words("channel"), label("channels", row.channel, of.locale) or ""), (words("unit"), of.unit),
        (words("category"), summary["category_label"] or ""), (words("level"), summary["level_label"]),
        (words("stage"), summary["stage_label"]), (words("state"), words(row.state)),
        (words("validity"), label("validities", row.validity, of.locale) or ""),
        (words("handler"), of.staff(str(row.handler_id)) or "" if row.handler_id else ""),
        (words("subject"), row.subject or ""), (words("external_ref"), row.external_ref or ""),
        (words("claimed_amount"), yuan(row.claimed_amount) if row.claimed_amount else ""),
        (words("group_size"), str(row.group_size) if row.group_size > 1 else ""),
        (words("outcome"), label("outcomes", row.outcome, of.locale) or ""),
        (words("satisfaction"), label("satisfaction", row.satisfaction, of.locale) or ""),
        (words("closed_at"), write.moment(row.closed_at)),
        (words("follows"), "、".join(link["number"] for link in relatives.links(of.tx, row))),
    ]  # fmt: skip


def _complainant(of: Source) -> Pairs:
    shown = schemas.complainant(of.row, clear=of.clear)
    kind = of.policy.label("complainant_kinds", shown["kind"], of.locale) or ""
    names = ("name", "phone", "email", "vehicle_plate", "unit_no", "address")
    return [*((of.words(name), shown[name] or "") for name in names), (of.words("kind"), kind)]


def merged(of: Source) -> Iterator[Block]:
    """The duplicates that were merged into it, each with what its complainant said."""
    header = [of.words(name) for name in ("case_number", "received_at", "name", "content")]
    rows = [
        [one["number"], of.writer.moment(one["received_at"]), one["complainant"]["name"] or "", one["content"]]
        for one in relatives.merged(of.tx, of.row)
    ]
    if rows:
        yield Table(of.words("merged"), Grid(header, rows, _OF_MERGED))


def people(of: Source) -> Iterator[Block]:
    """Who has which part."""
    shown = schemas.parties(of.policy, of.case, of.staff, of.locale)
    pairs = [
        (one["label"], one["name"] or of.policy.label("departments", one["department"], of.locale) or "")
        for one in shown
    ]
    if _filled(pairs):
        yield Facts(of.words("parties"), _filled(pairs))


def checks(of: Source) -> Iterator[Block]:
    """What was ticked, by whom."""
    signed = [
        Signature(what=one["label"], who=one["by"], words=one["evidence"] or "", at=of.writer.moment(one["at"]))
        for one in schemas.ticks(of.policy, of.case, of.locale)
        if one["done"]
    ]
    if signed:
        yield Signatures(of.words("ticks"), signed)


def files(of: Source) -> Iterator[Block]:
    """What is attached."""
    header = [of.words(name) for name in ("file", "size", "by", "at")]
    rows = [
        [_filename(of, one), f"{one.size / 1024:,.0f} kB", one.by, of.writer.moment(one.at)] for one in of.attachments
    ]
    if rows:
        yield Table(of.words("files"), Grid(header, rows, _OF_FILES))


def _filename(of: Source, file: AttachmentRow) -> str:
    """The file's name; struck out, it says so."""
    return file.filename if file.struck_at is None else of.words("struck", name=file.filename, why=file.struck_reason)


def answer(of: Source, told: Sequence[Disclosure]) -> Iterator[Block]:
    """A letter to the complainant: what they said, what was decided, who answers for it."""
    row, words = of.row, of.words
    yield Prose("", words("dear", name=row.complainant_name or words("customer")))
    yield Prose(words("told_us", at=of.writer.moment(row.received_at)[:10]), row.content)
    if row.remedy_sought:
        yield Prose(words("remedy_sought"), row.remedy_sought)
    pairs = [(text(one.field.labels, of.locale), of.writer.plain(one.field, one.value)) for one in told]
    yield Fields(words("decided"), pairs)
    yield Signatures("", (), [of.tx.tenant.name])


# -- forms and sheets --------------------------------------------------------------------------------------------------


def form(of: Source, spec: FormSpec, title: str = "") -> Iterator[Block]:
    """The form as filled in so far, and who filled it in."""
    values = of.case.forms.get(spec.key, {})
    pairs = [(text(one.labels, of.locale), of.writer.value(one, values.get(key))) for key, one in spec.fields.items()]
    lacking = any(one.required and values.get(key) is None for key, one in spec.fields.items())
    note = of.words("unfilled") if not values else of.words("incomplete") if lacking else ""
    yield Fields(title, pairs, note, internal=bool(title) and spec.internal)
    entries = [entry for entry in of.history if _is_of_form(of, entry, spec.key)]
    signed = [_filled_in(of, entry) for entry in entries]
    kinds = {kind for entry in entries for kind in _proposed(of, entry)}
    signed += [one for p in of.case.flow.proposals if p.kind in kinds for one in _decisions(of, p)]
    if signed or spec.signatures:
        yield Signatures(of.words("signatures"), signed, [text(labels, of.locale) for labels in spec.signatures])


def sheet(of: Source, row: SheetRow, title: str = "") -> Iterator[Block]:
    """The sheet: where it stands, what is on it, who handed it on."""
    spec, kept = of.policy.sheets[row.kind], store.sheet_of(row)
    standing = [
        (of.words("number"), row.number), (of.words("case_number"), of.row.number),
        (of.words("state"), of.words(row.state)),
        (of.words("stage"), text(spec.flow.stages[row.stage].labels, of.locale)),
        (of.words("opened_at"), of.writer.moment(row.opened_at)), (of.words("due_at"), of.writer.moment(row.due_at)),
        (of.words("closed_at"), of.writer.moment(row.closed_at)),
    ]  # fmt: skip
    yield Facts(title, _filled(standing))
    asked = {**{field.key: field for field in spec.fields}, **spec.holds}
    pairs = [(text(one.labels, of.locale), of.writer.value(one, kept.values.get(key))) for key, one in asked.items()]
    if pairs:
        yield Fields("", pairs)
    signed = [_filled_in(of, entry) for entry in of.history if entry.sheet_id == row.id and entry.action]
    signed += [one for proposal in kept.flow.proposals for one in _decisions(of, proposal)]
    empty = [text(labels, of.locale) for labels in spec.signatures]
    if signed or empty:
        yield Signatures(of.words("signatures"), signed, empty)


def _is_of_form(of: Source, entry: HistoryRow, key: str) -> bool:
    action = of.action(entry) if entry.action else None
    return action is not None and action.form == key


def _filled_in(of: Source, entry: HistoryRow) -> Signature:
    action = of.action(entry)
    what = text(action.labels, of.locale) if action else of.words("filled")
    return Signature(what=what, who=entry.by, words=entry.note or "", at=of.writer.moment(entry.at))


def _proposed(of: Source, entry: HistoryRow) -> Iterator[str]:
    action = of.action(entry)
    yield from (effect.args["kind"] for effect in (action.effects if action else ()) if effect.name == "propose")


# -- who decided, what happened ----------------------------------------------------------------------------------------


def approvals(of: Source) -> Iterator[Block]:
    """Every proposal of the case and its sheets with what was decided."""
    flows: list[Flow] = [of.case.flow, *(store.sheet_of(row).flow for row in of.sheets)]
    proposals = [proposal for flow in flows for proposal in flow.proposals]
    signed = [one for proposal in proposals for one in (_made(of, proposal), *_decisions(of, proposal))]
    if signed:
        yield Signatures(of.words("proposals"), signed)


def _made(of: Source, one: Proposal) -> Signature:
    what = f"{of.words('proposed')}: {schemas.authority_label(of.policy, one.kind, of.locale)}"
    words = " ".join(filter(None, [yuan(one.amount) if one.amount else "", one.text]))
    return Signature(what=what, who=one.by, words=f"{words} ({of.words(one.state)})", at=of.writer.moment(one.at))


def _decisions(of: Source, proposal: Proposal) -> Iterator[Signature]:
    label = schemas.authority_label(of.policy, proposal.kind, of.locale)
    for one in proposal.decisions:
        role = of.people.role_name(one.role, of.locale) if one.role else ""
        who = f"{one.by} ({role})" if role else one.by
        words = " ".join(filter(None, [of.words(one.verdict), one.note]))
        yield Signature(what=label, who=who, words=words, at=of.writer.moment(one.at))


def history(of: Source, newest: int | None = None) -> Iterator[Block]:
    """What happened, oldest first; `newest` leaves out all but the last so many entries, and says so."""
    left_out = max(len(of.history) - newest, 0) if newest is not None else 0
    rows = [[of.writer.moment(e.at), _happened(of, e), e.by, "\n".join(_told(of, e))] for e in of.history[left_out:]]
    note = of.words("earlier", count=left_out) if left_out else ""
    yield Table(
        of.words("history"), Grid([of.words(name) for name in ("at", "what", "by", "words")], rows, _OF_HISTORY), note
    )


def _happened(of: Source, entry: HistoryRow) -> str:
    label = schemas.entry_label(of.tx, of.policy, entry)
    sheet = next((row.number for row in of.sheets if row.id == entry.sheet_id), None)
    return f"{label} ({sheet})" if sheet else label


def _told(of: Source, entry: HistoryRow) -> Iterator[str]:
    """What an entry holds, in words; what only programs read is left out."""
    action = of.action(entry) if entry.action else None
    known: Iterable[FieldSpec] = action.fields if action else ()
    if entry.what == "amended":
        known = of.policy.facts.values()
    for spec in known:
        if entry.fields.get(spec.key) is not None:
            yield f"{text(spec.labels, of.locale)}: {of.writer.plain(spec, entry.fields[spec.key])}"
    yield from _named(of, entry.fields)
    if entry.note:
        yield entry.note


def _named(of: Source, held: dict[str, Any]) -> Iterator[str]:
    """The keys of the policy that an entry of the engine names, by their labels."""
    if held.get("deadline") in of.policy.deadlines:
        yield text(of.policy.deadlines[held["deadline"]].labels, of.locale)
    if held.get("before") in of.policy.levels and held.get("after") in of.policy.levels:
        yield " → ".join(of.policy.label("levels", held[name], of.locale) or "" for name in ("before", "after"))
    if "verdict" in held:
        yield f"{schemas.authority_label(of.policy, held['kind'], of.locale)}: {of.words(held['verdict'])}"
    for name in ("filename", "number"):
        if isinstance(held.get(name), str):
            yield held[name]


def _filled(pairs: Pairs) -> Pairs:
    return [pair for pair in pairs if pair[1]]
