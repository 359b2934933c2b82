"""The audit's chain over random trails: whatever is changed, taken away or emptied without a record is found, and what
was erased lawfully is not (SPEC PL-10, PL-11)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import orjson
from hypothesis import given
from hypothesis import strategies as st

from chassis import audit, digests
from chassis.tables import AuditRow, AuditSeal

TENANT = uuid4()
BEGUN = datetime(2026, 11, 22, tzinfo=UTC)
Chain = list[tuple[AuditSeal, AuditRow]]

texts = st.text(max_size=20)
documents = st.none() | st.dictionaries(st.sampled_from(["name", "phone", "note"]), texts | st.integers(0, 9))


def row(number: int, **values: Any) -> AuditRow:
    usual = {
        "tenant_id": TENANT, "id": uuid4(), "at": BEGUN + timedelta(seconds=number), "actor_kind": "staff",
        "actor_id": "s1", "actor_name": "Li", "source": "10.0.0.1", "request_id": f"r{number}", "action": "case.moved",
        "subject_kind": "case", "subject_id": uuid4(), "before": None, "after": None, "note": "", "erased_by": None,
        "salt": digests.new_salt(),
    }  # fmt: skip
    return AuditRow(**{**usual, **values})


@st.composite
def trails(draw: st.DrawFn) -> list[AuditRow]:
    """Some rows, a few of which the release before wrote: it knows no salt."""
    made = []
    for number in range(draw(st.integers(2, 8))):
        said = {"before": draw(documents), "after": draw(documents), "note": draw(texts)}
        made.append(row(number, **said, **({"salt": None} if draw(st.booleans()) else {})))
    return made


def sealed(rows: Sequence[AuditRow]) -> Chain:
    chain, previous = [], audit.GENESIS
    for seq, one in enumerate(rows, 1):
        version, digest, previous = digests.seal_of(previous, one)
        seal = AuditSeal(tenant_id=TENANT, seq=seq, audit_id=one.id, hash=previous, version=version, digest=digest)
        chain.append((seal, one))
    return chain


def faults(chain: Chain) -> dict[int, str]:
    """What is wrong, by the link's number."""
    known = {one.id: one for _, one in chain}
    found, previous = {}, audit.GENESIS
    for seal, one in chain:
        record = known.get(one.erased_by) if one.erased_by else None
        if fault := audit.fault_of(previous, seal, one, record):
            found[seal.seq] = fault
        previous = seal.hash
    return found


def emptied(one: AuditRow, record_id: UUID | None) -> None:
    one.actor_name = one.source = one.note = ""
    one.before = one.after = one.salt = None
    one.erased_by = record_id


def record_of(number: int, *rows: AuditRow) -> AuditRow:
    named = {one.id.hex: digests.envelope_of(one) for one in rows}
    return row(number, action=audit.ERASED, after={"because": "DA2026-00001", "rows": named})


@given(trails(), st.data())
def test_lawful_erasure_leaves_the_chain_whole(rows: list[AuditRow], data: st.DataObject) -> None:
    gone = data.draw(st.lists(st.sampled_from(rows), unique_by=id))
    record = record_of(len(rows), *gone)
    chain = sealed([*rows, record])
    for one in gone:
        emptied(one, record.id)
    assert faults(chain) == {}


Touch = Callable[[AuditRow], None]


def _set(name: str, value: Any) -> Touch:
    return lambda one: setattr(one, name, value)


TOUCHES: dict[str, Touch] = {
    "actor": _set("actor_id", "s2"),
    "name": _set("actor_name", "Wang"),
    "action": _set("action", "case.closed"),
    "subject": _set("subject_id", UUID(int=7)),
    "time": _set("at", BEGUN - timedelta(days=1)),
    "before": _set("before", {"stage": "another"}),
    "after": _set("after", {"stage": "another"}),
    "note": _set("note", "another note, longer than any"),
    "emptied": lambda one: emptied(one, None),
    "emptied, naming nothing": lambda one: emptied(one, uuid4()),
}


@given(trails(), st.data(), st.sampled_from(sorted(TOUCHES)))
def test_whatever_is_touched_is_found(rows: list[AuditRow], data: st.DataObject, touch: str) -> None:
    chain = sealed(rows)
    seal, one = data.draw(st.sampled_from(chain))
    TOUCHES[touch](one)
    assert set(faults(chain)) == {seal.seq}


@given(trails(), st.data(), st.sampled_from(["actor_id", "action", "request_id", "subject_kind", "actor_kind"]))
def test_what_stays_of_an_erased_row_is_guarded(rows: list[AuditRow], data: st.DataObject, name: str) -> None:
    """Also of a row sealed by the release before, whose own link can no longer be worked out."""
    record = record_of(len(rows), *rows)
    chain = sealed([*rows, record])
    for one in rows:
        emptied(one, record.id)
    seal, one = data.draw(st.sampled_from(chain[:-1]))
    setattr(one, name, "another")
    assert set(faults(chain)) == {seal.seq}


@given(trails(), st.data())
def test_an_erasure_that_its_record_does_not_name_is_an_alarm(rows: list[AuditRow], data: st.DataObject) -> None:
    first, *others = rows
    record = record_of(len(rows), *others)
    chain = sealed([*rows, record])
    emptied(first, data.draw(st.sampled_from([record.id, others[0].id])))
    assert faults(chain) == {1: audit.NO_RECORD}


def test_what_is_left_over_after_an_erasure_is_an_alarm() -> None:
    one = row(0, note="13912345678")
    record = record_of(1, one)
    chain = sealed([one, record])
    one.erased_by = record.id  # the text is still there
    assert faults(chain) == {1: audit.NO_RECORD}


def test_a_record_cannot_be_made_to_name_more_afterwards() -> None:
    one, record = row(0, note="13912345678"), record_of(1)
    chain = sealed([one, record])
    emptied(one, record.id)
    record.after = {"rows": {one.id.hex: digests.envelope_of(one)}}
    assert faults(chain) == {2: audit.CHANGED}


def test_the_same_words_have_another_digest_in_each_row() -> None:
    """Nobody who guesses what an erased row said can try it on the digests that stay."""
    one = row(0, note="13912345678")
    other = row(0, id=one.id, subject_id=one.subject_id, note="13912345678")
    assert digests.digest_of(one) != digests.digest_of(other)
    assert len(digests.digest_of(one) or "") == 64


def test_a_row_of_the_release_before_is_sealed_as_that_one_does() -> None:
    """It goes on running beside this one for a while, and both seal."""
    (seal, one) = sealed([row(0, salt=None, after={"stage": "judging"})])[0]
    assert (seal.version, seal.digest) == (digests.WHOLE, None)
    assert seal.hash == _as_before(audit.GENESIS, one)


def _as_before(previous: str, one: AuditRow) -> str:
    """The former release's way, kept here word for word."""
    added = {"salt", "erased_by"}
    content = {
        column.key: value.isoformat() if isinstance(value := getattr(one, column.key), datetime) else
        str(value) if isinstance(value, UUID) else value
        for column in AuditRow.__table__.columns if column.key not in added
    }  # fmt: skip
    return hashlib.sha256(previous.encode() + orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()


@given(trails())
def test_a_row_of_this_release_that_the_one_before_sealed_can_be_erased(rows: list[AuditRow]) -> None:
    """While both run, either may seal."""
    chain, previous = [], audit.GENESIS
    for seq, one in enumerate(rows, 1):
        previous = _as_before(previous, one)
        chain.append((AuditSeal(tenant_id=TENANT, seq=seq, audit_id=one.id, hash=previous, version=1), one))
    assert faults(chain) == {}
    record = record_of(len(rows), rows[0])
    version, digest, hash_ = digests.seal_of(previous, record)
    last = AuditSeal(
        tenant_id=TENANT, seq=len(rows) + 1, audit_id=record.id, hash=hash_, version=version, digest=digest
    )
    emptied(rows[0], record.id)
    assert faults([*chain, (last, record)]) == {}
