"""Printed papers, over the wire (SPEC PL-9); what stands on them is tested in tests/service/complaints."""

from __future__ import annotations

import io
from typing import Any

import httpx
import pypdf
import pytest

from kefu.waiting import wait_until
from tests.clauses.driver import Company

PATIENCE = 60.0
BUSY = 503


@pytest.mark.clause("PL-9")
def test_a_form_comes_as_a_pdf_in_the_language_asked_for(company: Company) -> None:
    consultant = company.as_("customer_relations_consultant")
    case = consultant.register(content="刹车异响")
    answer = printed(consultant.client, f"/v1/complaints/{case['id']}/forms/handling/print", locale="en")
    assert answer.headers["Content-Type"] == "application/pdf"
    name = f"filename*=UTF-8''{case['number']}%20Complaint%20handling%20form.pdf"
    assert answer.headers["Content-Disposition"].endswith(name)
    text = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(answer.content)).pages)
    assert "Complaint handling form" in text
    assert "刹车异响" in text
    assert "Page 1 of 1" in text


def printed(client: httpx.Client, path: str, **query: Any) -> httpx.Response:
    """The answer of a press that others may keep busy."""
    answers: list[httpx.Response] = []

    def is_answered() -> bool:
        answers.append(client.get(path, params=query))
        return answers[-1].status_code != BUSY

    wait_until(is_answered, limit=PATIENCE, what="the press has time", every=1.0)
    assert answers[-1].status_code == httpx.codes.OK, answers[-1].text
    return answers[-1]
