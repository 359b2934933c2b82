"""What is printed of a case (SPEC PL-9): through the service's doors, on both databases, by the real press."""

from __future__ import annotations

import io
import os
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pypdf
import pytest
from sqlalchemy import select

from chassis import press
from chassis.tables import AuditRow
from contracts import complaints as contract
from services.complaints.printing import rendering
from services.complaints.usecases import printing
from tests.service.complaints.bench import Bench, Company
from tests.service.complaints.played import ADDRESS, MANAGER, PHONE, Played

KEEP = os.environ.get("KEFU_KEEP_PRINTS")
"""A folder: what was printed is left there, to be looked at."""


@pytest.fixture(scope="module", autouse=True)
def _patient() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rendering, "SECONDS", 60.0)
        yield
    press.close()


@pytest.fixture(scope="module")
def approved(bench: Bench) -> Played:
    """A case whose solution is approved."""
    return Played(bench.company(), "刹车异响,维修两次未解决 <b>=1+1</b>").until("approve")


def printed(company: Company, operation: Any, ctx: Any = None, **payload: Any) -> str:
    """The text of the printed pages without blanks and line ends: lines end where they are full."""
    answer = company.call(operation, ctx, **payload)
    assert answer["media_type"] == operation.download
    content = b64decode(answer["content"])
    if KEEP:
        (Path(KEEP) / answer["filename"]).write_bytes(content)
    pages = pypdf.PdfReader(io.BytesIO(content)).pages
    return "".join("".join(page.extract_text() for page in pages).split())


def holds(text: str, *expected: str) -> None:
    assert [one for one in expected if one not in text] == []


@pytest.mark.clause("PL-9")
def test_a_form_prints_with_company_number_fields_signatures_and_history(approved: Played) -> None:
    manager = approved.who(MANAGER).with_(locale="zh-CN")
    text = printed(approved.company, contract.PRINT_FORM, manager, complaint_id=approved.id, form="handling")
    holds(
        text, "宏远", "客户投诉处理表", approved.case["number"], "投诉性质", "■投诉□索赔□建议或意见", "理由是否充分",
        "■是□否", "technician", "属维修质量问题", "签署记录", "customer-relations-manager", "填写处理表并指定受理人",
        "办理经过", "与客户核对记录", "第1页,共", "打印于",
    )  # fmt: skip
    assert "内部" not in text


@pytest.mark.clause("PL-9")
def test_the_same_in_english(approved: Played) -> None:
    payload = {"complaint_id": approved.id, "form": "result", "locale": "en"}
    text = printed(approved.company, contract.PRINT_FORM, approved.who(MANAGER), **payload)
    holds(
        text, "Investigationandsolution", "Solution", "免费更换刹车片", "¥1,234.56", "Signedby", "Page1of", "Approved"
    )


def test_a_form_not_filled_in_prints_empty(approved: Played) -> None:
    payload = {"complaint_id": approved.id, "form": "meeting", "locale": "zh-CN"}
    holds(printed(approved.company, contract.PRINT_FORM, **payload), "紧急会议纪要", "尚未填写")


def test_the_whole_file_has_everything_and_is_for_the_house(approved: Played) -> None:
    text = printed(approved.company, contract.PRINT_COMPLAINT, complaint_id=approved.id, locale="zh-CN")
    holds(
        text, "投诉案卷", "内部", "客户投诉处理表", "调查与处理方案", "同意,尽快办理", "general-manager", "审批",
        "更换刹车片", "<b>=1+1</b>",
    )  # fmt: skip


@pytest.mark.clause("PL-11")
def test_personal_data_is_masked_without_the_permission_and_recorded_with_it(approved: Played) -> None:
    company, payload = approved.company, {"complaint_id": approved.id, "locale": "zh-CN"}
    seen = len(company.history(approved.case, "unmasked"))
    masked = printed(company, contract.PRINT_COMPLAINT, approved.masked(), **payload)
    assert "****5678" in masked
    assert PHONE not in masked
    assert ADDRESS not in masked
    assert len(company.history(approved.case, "unmasked")) == seen
    holds(printed(company, contract.PRINT_COMPLAINT, approved.who(MANAGER), **payload), PHONE, ADDRESS)
    assert len(company.history(approved.case, "unmasked")) == seen + 1
    assert _audited(approved)[-3:] == ["complaint.printed", "complaint.printed", "complainant.unmasked"]


def _audited(of: Played) -> list[str]:
    statement = select(AuditRow.action).where(AuditRow.subject_id == UUID(of.id)).order_by(AuditRow.id)
    with of.company.bench.database.begin(of.company.id, read_only=True) as session:
        return list(session.scalars(statement))


@pytest.mark.clause("MF-11")
def test_an_internal_form_is_marked(bench: Bench) -> None:
    factory = bench.company("manufacturer")
    lot = {"order_no": "D1", "part_no": "P1", "quantity": 10, "shipped_on": "2026-01-05", "defective_quantity": 1}
    payload = {"complaint_id": factory.register(facts=lot, remedy_sought="换货")["id"], "locale": "zh-CN"}
    holds(printed(factory, contract.PRINT_FORM, **payload, form="complaint"), "客户抱怨处理表", "内部")
    assert "内部" not in printed(factory, contract.PRINT_FORM, **payload, form="answer")


@pytest.mark.clause("MF-11", "IS-6")
def test_the_answer_letter_holds_what_the_complainant_may_know_and_nothing_else(bench: Bench) -> None:
    played = Played(bench.company()).until("judge")
    payload = {"complaint_id": played.id, "for": "complainant", "locale": "zh-CN"}
    assert played.company.refused(contract.PRINT_COMPLAINT, **payload).code == "nothing_to_tell"
    played.until("notify_customer")
    text = printed(played.company, contract.PRINT_COMPLAINT, played.who(MANAGER), **payload)
    holds(text, "投诉答复函", "宏远", "王芳:", "刹车异响", "处理结论", "免费更换刹车片", played.case["number"])
    for kept_back in ("内部", "刹车片磨损不均", "属维修质量问题", "technician", "manager", "办理经过", "级别", PHONE):
        assert kept_back not in text, kept_back


def test_a_sheet_prints_with_its_own_number(approved: Played) -> None:
    opening = {"problem": "刹车片批次不良", "department": "service"}
    shown = approved.company.act(approved.case, "open_corrective_action", approved.who(MANAGER), **opening)
    sheet = shown["sheets"][0]
    payload = {"complaint_id": approved.id, "sheet_id": sheet["id"]}
    holds(printed(approved.company, contract.PRINT_SHEET, **payload), sheet["number"], "刹车片批次不良", "宏远")


@pytest.mark.clause("PL-9")
def test_a_paper_that_the_customer_signs_has_a_line_for_it(bench: Bench) -> None:
    estate = bench.company("property")
    payload = {"complaint_id": estate.register()["id"], "form": "filing", "locale": "zh-CN"}
    holds(printed(estate, contract.PRINT_FORM, **payload), "客户签章", "日期")


def test_a_long_history_says_how_much_is_left_out(approved: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printing, "NEWEST", 2)
    text = printed(approved.company, contract.PRINT_COMPLAINT, complaint_id=approved.id, locale="en")
    assert "earlierentriesareinthesystem" in text


@pytest.mark.parametrize("wrong", [{"form": "no_such_form"}, {"complaint_id": str(uuid4())}])
def test_what_is_not_there_is_not_printed(approved: Played, wrong: dict[str, str]) -> None:
    payload = {"complaint_id": approved.id, "form": "handling", **wrong}
    assert approved.company.refused(contract.PRINT_FORM, **payload).code == "not_found"


def test_without_the_press_it_says_what_to_do(
    approved: Played, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "fonts.conf").write_text("<fontconfig></fontconfig>")
    press.close()
    with monkeypatch.context() as patch:
        patch.setenv("FONTCONFIG_FILE", str(tmp_path / "fonts.conf"))
        refused = approved.company.refused(contract.PRINT_COMPLAINT, complaint_id=approved.id)
    press.close()
    assert (refused.code, refused.status) == ("printing_unavailable", 503)
