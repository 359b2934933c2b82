"""What can be wrong with a call to the complaints service, beyond what can be wrong with any call."""

from __future__ import annotations

from contracts.problems import ProblemType

ACTION_NOT_AVAILABLE = ProblemType(
    "action_not_available", 409,
    "`{action}` cannot be done now ({why}). Available to you here: {available}. The case waits for {waits_for}.",
    "当前不能执行“{action}”({why})。您现在可执行:{available};案件正等待:{waits_for}。",
)  # fmt: skip
NOT_YOUR_TURN = ProblemType(
    "not_your_turn", 403,
    "`{action}` is for {who}. Ask them, or have it assigned to you.",
    "“{action}”应由 {who} 执行,请联系对方或申请改派。",
)  # fmt: skip
BEYOND_AUTHORITY = ProblemType(
    "beyond_authority", 403,
    "{kind} for {amount} yuan is not yours to decide at this point. {who} can decide it.",
    "“{kind}”({amount} 元)目前不在您的权限之内,应由 {who} 决定。",
)  # fmt: skip
OWN_PROPOSAL = ProblemType(
    "own_proposal", 403,
    "You made this proposal, so somebody else must decide it: {who}.",
    "本人提出的方案须由他人审批:{who}。",
)  # fmt: skip
STAGE_INCOMPLETE = ProblemType(
    "stage_incomplete", 409,
    "The stage {stage} cannot be passed yet. Still missing: {missing}.",
    "阶段“{stage}”尚不能通过,还缺:{missing}。",
)  # fmt: skip
NO_POLICY = ProblemType(
    "no_policy", 409,
    "Your company has no active complaints policy yet. Activate one at /v1/policies/complaints.",
    "贵公司尚未启用投诉管理制度,请在 /v1/policies/complaints 启用。",
)  # fmt: skip
CLOSED_CASE = ProblemType(
    "case_closed", 409,
    "The case is closed. Reopen it, or open a new one that names it in `follows`.",
    "案件已关闭。请重新打开,或新建投诉并在 follows 中注明原案件。",
)  # fmt: skip
