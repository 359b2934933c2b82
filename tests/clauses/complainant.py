"""The complainant of a case: calls by the link to the status page, and by nothing else."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

import httpx

from tests.clauses.driver import Company, Json

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


class Complainant:
    """Holds one link. `status()` is what they read; the rest is what they do."""

    def __init__(self, company: Company, token: str, stack: ExitStack) -> None:
        self.token = token
        self.client: httpx.Client = stack.enter_context(company.platform.client(token))

    @classmethod
    def of(cls, company: Company, case: Mapping[str, Any], stack: ExitStack) -> Complainant:
        """With a link that staff issued."""
        return cls(company, link_to(company, case)["token"], stack)

    def status(self, locale: str = "zh-CN") -> Json:
        answer = self.client.get("/v1/status", headers={"Accept-Language": locale})
        assert answer.is_success, answer.text
        found: Json = answer.json()
        return found

    def say(self, what: str, **body: Any) -> Json:
        """A message, answer or rating; the case afterwards."""
        answer = self.client.post(f"/v1/status/{what}", json=body)
        assert answer.is_success, answer.text
        found: Json = answer.json()
        return found

    def refused(self, what: str, **body: Any) -> Json:
        answer = self.client.post(f"/v1/status/{what}", json=body)
        assert answer.is_error, answer.text
        found: Json = answer.json()
        return found

    def send_file(self, name: str = "刹车.png", content: bytes = PNG) -> str:
        answer = self.client.post("/v1/status/files", files={"file": (name, content)})
        assert answer.is_success, answer.text
        return str(answer.json()["id"])


def link_to(company: Company, case: Mapping[str, Any]) -> Json:
    """A new link with its code, as the consultant hands it over."""
    found: Json = company.as_("customer_relations_consultant").post(f"/v1/complaints/{case['id']}/status-link")
    return found
