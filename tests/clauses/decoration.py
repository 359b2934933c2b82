"""The usual way of a decoration company's complaint, step by step, for tests that begin somewhere on it."""

from __future__ import annotations

from typing import Any

from tests.clauses.driver import Company, Json

SHEET = {"category": "engineering", "site": "望江苑5栋", "demand": "返工墙面"}
RESULT = {
    "visited": "墙面空鼓三处", "result": "返工", "valid": True, "service_fault": False, "penalty_due": False,
    "compensation_due": False,
}  # fmt: skip
SETTLED = {"improvement": "基层验收增加空鼓检查", "department": "engineering"}
PAPERS = ("contents", "tracking_sheet", "result_sheet", "inspector_report", "solution_confirmation")


class Decoration:
    """A decoration company with the people of its policy."""

    def __init__(self, company: Company) -> None:
        self.company = company
        people = company.team(
            "info_officer", "complaint_officer", "service_head", "engineering_manager", "design_manager",
            "vice_president", "president_office", "president",
        )  # fmt: skip
        self.desk, self.officer, self.head, self.engineering = people[:4]
        self.design, self.vice, self.office, self.president = people[4:]

    def register(self, **fields: Any) -> Json:
        usual = {"content": "墙面空鼓", "complainant": {"name": "刘女士", "phone": "13800138000"}}
        return self.desk.register(**{**usual, **fields})

    def passed_on(self, *, category: str = "engineering", **fields: Any) -> Json:
        case = self.register(**fields)
        self.desk.act(case, "confirm_record", how="电话复述")
        return self.desk.act(case, "pass_on", **{**SHEET, "category": category})

    def handled(self, result: Json | None = None, **fields: Any) -> Json:
        return self.engineering.act(self.passed_on(**fields), "return_result", **{**RESULT, **(result or {})})

    def called(self, satisfaction: str = "satisfied", **more: Any) -> Json:
        return self.officer.act(self.handled(**more), "record_call", reached=True, satisfaction=satisfaction)

    def settled(self, **more: Any) -> Json:
        return self.head.act(self.called(**more), "settle", **SETTLED)

    def closed(self, **more: Any) -> Json:
        case = self.settled(**more)
        for paper in PAPERS:
            self.attach(case, paper)
        self.officer.act(case, "submit_dossier")
        self.head.act(case, "approve")
        return self.vice.act(case, "approve")

    def attach(self, case: Json, kind: str) -> str:
        files = {"file": (f"{kind}.txt", b"paper")}
        path = f"/v1/complaints/{case['id']}/attachments"
        kept = self.officer.call("POST", path, params={"kind": kind}, files=files)
        return str(kept["id"])

    def papers(self, case: Json, dossier: str = "complaint") -> dict[str, str]:
        """State of each paper of the dossier."""
        (found,) = [
            d for d in self.officer.get(f"/v1/complaints/{case['id']}/dossiers")["items"] if d["key"] == dossier
        ]
        return {paper["key"]: paper["state"] for paper in found["papers"]}

    def sheet(self, case: Json, kind: str) -> Json:
        """The case's newest sheet of that kind."""
        found = [sheet for sheet in self.officer.case(case)["sheets"] if sheet["kind"] == kind]
        whole: Json = self.officer.get(f"/v1/complaints/{case['id']}/sheets/{found[-1]['id']}")
        return whole
