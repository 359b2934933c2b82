"""The complaints policy at work: pure functions over policy data, no industry and no number of any in it."""

from services.complaints.policy.compiled import Policy, PolicyCache, text
from services.complaints.policy.expressions import Expression, PolicyFaultError, Scope, holds

__all__ = ["Expression", "Policy", "PolicyCache", "PolicyFaultError", "Scope", "holds", "text"]
