"""The usual way of a manufacturer's complaint, step by step, for tests that begin somewhere on it."""

from __future__ import annotations

from typing import Any

from tests.clauses.driver import Company, Json, Person, yuan

ORDER = {
    "order_no": "SO-2611-018", "part_no": "PN-7731", "quantity": 1000, "shipped_on": "2026-10-08",
    "defective_quantity": 40,
}  # fmt: skip
FORM = {"reason": "表面划伤", "samples": "样品3件", "sales_opinion": "建议折让", "category": "quality"}
LOT = {"lot_no": "L-1008-A", "inspection": "当批抽检合格", "sample": "与客诉相符", "established": True}
ANALYSIS = {"cause": "包装隔层缺失", "responsible_department": "production", "our_fault": True, "needs_research": False}
COUNTERMEASURES = {"investigation": "3号机早班,10月6日生产", "countermeasures": "补设隔层并加首件检查"}
NEGOTIATED = {"handling": "allowance", "talk": "说明原因,客户希望折让"}
CALL = {"by": "call", "told": "同意折让;不满意可向总经理反映", "call_at": "2026-11-20T02:00:00Z"}
RETURN = {"quantity": 100, "unit_price": yuan(10), "reason": "表面划伤", "basis": "核决结果"}
ROLES = [
    "salesperson", "sales_manager", "gm_office", "quality_manager", "quality_engineer", "production_manager",
    "plant_head", "research_manager", "warehouse", "accounting", "personnel", "deputy_general_manager",
    "general_manager",
]  # fmt: skip


class Manufacturer:
    """A manufacturer with the people of its policy, and the walk its cases take."""

    def __init__(self, company: Company) -> None:
        self.company = company
        people = company.team(*ROLES)
        self.sales, self.sales_manager, self.office, self.quality, self.engineer, self.production = people[:6]
        self.plant, self.research, self.warehouse, self.accounting, self.personnel, self.deputy, self.gm = people[6:]
        self.heads = {
            "quality": self.quality, "production": self.production, "sales": self.sales_manager,
            "accounting": self.accounting, "gm_office": self.office, "research": self.research,
        }  # fmt: skip

    def register(self, *, facts: Json | None = None, **fields: Any) -> Json:
        usual = {
            "content": "来料表面划伤", "complainant": {"name": "华光电子", "phone": "13800138000"},
            "remedy_sought": "折让四百元", "facts": {**ORDER, **(facts or {})},
        }  # fmt: skip
        return self.sales.register(**{**usual, **fields})

    def confirmed(self, **fields: Any) -> Json:
        """Its record read back to the customer."""
        return self.sales.act(self.register(**fields), "confirm_record", how="电话复述")

    def analysing(self, **fields: Any) -> Json:
        """With quality, the GM office having accepted it."""
        case = self.sales.act(self.confirmed(**fields), "fill_form", **FORM)
        return self.office.act(case, "accept", accepted_on="2026-11-20")

    def analysed(self, analysis: Json | None = None, **fields: Any) -> Json:
        case = self.analysing(**fields)
        self.engineer.act(case, "check_lot", **LOT)
        case = self.quality.act(case, "analyse", **{**ANALYSIS, **(analysis or {})})
        return self.quality.act(case, "report_to_gm", report="隔层缺失")

    def checking(self, **fields: Any) -> Json:
        case = self.production.act(self.analysed(**fields), "draft_countermeasures", **COUNTERMEASURES)
        return self.plant.act(case, "comment", production_comment="同意对策")

    def negotiating(self, **fields: Any) -> Json:
        return self.office.act(self.checking(**fields), "check", check="资料齐全")

    def deciding(self, amount: float = 400, handling: str = "allowance", case: Json | None = None, **more: Any) -> Json:
        """Before whoever may decide on that amount."""
        case = case or self.negotiating(**more)
        self.sales.act(case, "report_negotiation", **{**NEGOTIATED, "handling": handling}, amount=yuan(amount))
        self.sales_manager.act(case, "confirm_negotiation")
        return self.office.act(case, "write_joint_opinion", joint_opinion="同意业务部意见", amount=yuan(amount))

    def decided(self, amount: float = 400, handling: str = "allowance", **more: Any) -> Json:
        """Decided upon by the sales manager, so up to 10,000 yuan."""
        return self.sales_manager.act(self.deciding(amount, handling, **more), "approve", note="同意")

    def answered(self, *, accepted: bool = True, **more: Any) -> Json:
        return self.sales.act(self.decided(**more), "answer_customer", **CALL, accepted=accepted)

    def credit_note(self, case: Json) -> Json:
        """The case's credit note, stamped by the customer, its proof wanted."""
        self.sales.act(case, "issue_credit_note", amount=yuan(400))
        note = self.sheet(case, "credit_note")
        self.sales.act(note, "submit")
        self.sales_manager.act(note, "approve")
        self.gm.act(note, "approve")
        return self.sales.act(note, "record_stamp", stamped_on="2026-11-21", scan=[self.attach(case)])

    def closed(self, **more: Any) -> Json:
        """An allowance, carried out."""
        return self.carried_out(self.decided(**more))

    def carried_out(self, case: Json) -> Json:
        """A case decided as an allowance, closed."""
        case = self.sales.act(case, "answer_customer", **CALL, accepted=True)
        note = self.credit_note(case)
        self.sales.act(note, "record_proof", proof="stamped_note", proof_scan=[self.attach(case)])
        self.accounting.act(note, "post", voucher_no="V-1")
        return self.sales.act(case, "report_done")

    def returning(self, case: Json | None = None, **order: Any) -> tuple[Json, Json]:
        """A case decided as a return, and its return order at the warehouse."""
        case = case or self.answered(handling="return_goods", amount=1000)
        self.sales.act(case, "issue_return_order", **{**RETURN, **order})
        sheet = self.sales.act(self.sheet(case, "return_order"), "submit")
        return case, self.sales_manager.act(sheet, "approve")

    def posting(self, actual: int, **more: Any) -> Json:
        """A return order of which `actual` pieces came, before accounting."""
        case, sheet = self.returning(**more)
        sheet = self.warehouse.act(sheet, "count_goods", actual=actual, as_ordered=True)
        if sheet["stage"] == "differing":
            self.sales_manager.act(sheet, "instruct_receipt", receipt_instruction="按实际签收")
        self.warehouse.act(sheet, "sign_for_goods", reject_area="R-2")
        self.engineer.act(sheet, "label_goods", confirmed="划伤", label_no="NG-9")
        return self.sales.act(sheet, "record_proof", proof="stamped_note", proof_scan=[self.attach(case)])

    def sheet(self, case: Json, kind: str) -> Json:
        """The case's newest sheet of that kind."""
        return self.sheets(case, kind)[-1]

    def sheets(self, case: Json, kind: str) -> list[Json]:
        found = [sheet for sheet in self.office.case(case)["sheets"] if sheet["kind"] == kind]
        return [self.office.get(f"/v1/complaints/{case['id']}/sheets/{sheet['id']}") for sheet in found]

    def attach(self, case: Json, by: Person | None = None) -> str:
        """Id of a file attached to the case."""
        files = {"file": ("scan.txt", b"stamped")}
        kept = (by or self.sales).call("POST", f"/v1/complaints/{case['id']}/attachments", files=files)
        return str(kept["id"])
