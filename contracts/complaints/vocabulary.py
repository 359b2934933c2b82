"""Names that stand in more than one place of the contract."""

from __future__ import annotations

from marshmallow import validate

SERVICE = "complaints"
STATES = ("open", "waiting", "closed")
"""`waiting`: the clocks stand because the customer has to do something."""
SHEET_STATES = ("open", "done", "void")
COMPENSATION = "compensation"
CORRECTIVE = "corrective"
SHEET_NATURES = ("urging", CORRECTIVE, COMPENSATION, "share", "other")
"""`share`: a department's share of the responsibility; it has the fields `department`, `share` and `loss`.
`corrective`: its field `effective`, where it has one, says whether the measures worked."""
REPORT_FORMATS = ("xlsx", "pdf")
DANGERS = (
    "process_gone", "stage_gone", "level_gone", "category_gone", "channel_gone", "sheet_gone", "authority_gone",
    "fact_changed", "rule_fails",
)  # fmt: skip
"""Of a case under another policy: what it stands on is not there, or its facts cannot be read."""
DIFFERENCES = (
    "level", "process", "deadline_overdue", "deadline_earlier", "deadline_later", "deadline_vanishes",
    "deadline_appears", "approval", "priority",
)  # fmt: skip
"""Of a case under another policy: what would be otherwise."""
AUDIENCES = ("internal", "complainant")
"""Whom a note on a case is for. An action's field of this name says it; none means the first."""
SORTS = ("-received_at", "received_at", "-priority", "-level", "due_at", "-updated_at")


def one_of(*choices: str) -> validate.OneOf:
    """Refuses anything else, naming what is allowed."""
    return validate.OneOf(choices, error="must be one of: {choices}")


LINK_PREFIX = "ks_"
"""What the token of a status link begins with: the gateway knows by it whom to ask."""
PROGRESS = ("received", "working", "waiting", "decided", "closed")
"""Where a case stands, in words that fit every policy. `waiting`: for the complainant."""
SAID = ("message", "accepted", "refused", "rated", "reopening")
"""What the complainant can say on the status page."""
DISCLOSED = ("decision", "reasons", "recourse", "detail")
"""What a public field of a form is to the complainant."""
