"""Dossiers (SPEC DC-5, RF-13): which papers of a case's file are there, lacking, optional or out of place."""

from __future__ import annotations

from services.complaints.domain.case import DONE, Case
from services.complaints.domain.joined import papers_of
from services.complaints.policy import Scope, holds
from services.complaints.policy.specs import DossierSpec, PaperSpec

PRESENT, MISSING, OPTIONAL, NOT_APPLICABLE = "present", "missing", "optional", "not_applicable"


def state_of(paper: PaperSpec, case: Case, scope: Scope) -> str:
    """A paper that is there counts as present, wanted or not."""
    if paper.key in papers_of(case) or (paper.sheet is not None and paper.sheet in case.sheet_kinds(DONE)):
        return PRESENT
    if paper.not_applicable is not None and paper.not_applicable.holds(scope):
        return NOT_APPLICABLE
    return MISSING if paper.required is not None and holds(paper.required, scope) else OPTIONAL


def missing(dossier: DossierSpec, case: Case, scope: Scope) -> list[PaperSpec]:
    """The papers that must be there and are not."""
    return [paper for paper in dossier.papers if state_of(paper, case, scope) == MISSING]
