"""The forms of a case as a workbook: one sheet for the facts, one for each form."""

from __future__ import annotations

from collections.abc import Iterator

from chassis.press import Sheet
from services.complaints.policy import text
from services.complaints.policy.specs import FormSpec
from services.complaints.printing import parts
from services.complaints.printing.paper import Facts, Prose
from services.complaints.printing.source import Source

_WIDTHS = (32, 80)


def forms(of: Source) -> list[Sheet]:
    """The sheets. Forms that were never filled in are left out."""
    filled = [spec for key, spec in of.policy.forms.items() if key in of.case.forms]
    return [_facts(of), *(_form(of, spec) for spec in filled)]


def _facts(of: Source) -> Sheet:
    return Sheet(
        title=of.words("case"), preface=_preface(of, of.words("case_file")), widths=_WIDTHS, rows=list(_stated(of)),
        header=(of.words("what"), of.words("text")),
    )  # fmt: skip


def _stated(of: Source) -> Iterator[tuple[str, str]]:
    for block in parts.facts(of):
        if isinstance(block, Facts):
            yield from block.pairs
        elif isinstance(block, Prose):
            yield block.title, block.text


def _form(of: Source, spec: FormSpec) -> Sheet:
    values, title = of.case.forms[spec.key], text(spec.labels, of.locale)
    rows = [(text(one.labels, of.locale), of.writer.cell(one, values.get(key))) for key, one in spec.fields.items()]
    named = f"{title} ({of.words('internal')})" if spec.internal else title
    header = (of.words("what"), of.words("text"))
    return Sheet(title=title, preface=_preface(of, named), widths=_WIDTHS, rows=rows, header=header)


def _preface(of: Source, title: str) -> tuple[str, ...]:
    return (title, f"{of.tx.tenant.name} · {of.words('number')} {of.row.number}")
