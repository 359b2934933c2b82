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
NOTHING_TO_TELL = ProblemType(
    "nothing_to_tell", 409,
    "Nothing is decided yet that the complainant may know, so there is no answer letter. "
    "Have it decided, and record what they are told.",
    "目前没有可告知投诉人的处理结论,无法出具答复函。请先完成审批并记录告知内容。",
)  # fmt: skip
CLOSED_CASE = ProblemType(
    "case_closed", 409,
    "The case is closed. Reopen it, or open a new one that names it in `follows`.",
    "案件已关闭。请重新打开,或新建投诉并在 follows 中注明原案件。",
)  # fmt: skip
CASE_MERGED = ProblemType(
    "case_merged", 409,
    "{number} was merged into {into} and stands still. Go on with {into} (`complaint_id`), or take {number} out again "
    "at /unmerge.",
    "案件 {number} 已并入 {into},不再单独处理。请在 {into}(complaint_id)上操作,或通过 /unmerge 撤销合并。",
)  # fmt: skip
CASE_ERASED = ProblemType(
    "case_erased", 410,
    "The file of {number} was destroyed under {paper}; what is left of it are its dates and figures. Nothing more can "
    "be done with it. Open a new case when the matter comes up again.",
    "案件 {number} 的档案已按 {paper} 销毁,仅保留日期与统计数据,不能再作任何操作。如再次出现问题,请新建投诉。",
)  # fmt: skip
CASE_HELD = ProblemType(
    "case_held", 409,
    "The file of this case cannot be destroyed now: {why}.",
    "本案件的档案目前不能销毁:{why}。",
)  # fmt: skip
NOT_MERGED = ProblemType(
    "not_merged", 409,
    "{number} was not merged into another case, so there is nothing to undo.",
    "案件 {number} 未被合并,无需撤销。",
)  # fmt: skip
OPEN_SHEETS = ProblemType(
    "open_sheets", 409,
    "{number} has sheets that are being worked on: {sheets}. Finish them or declare them void first.",
    "案件 {number} 尚有未办结的单据:{sheets}。请先办结或作废。",
)  # fmt: skip
ATTACHMENT_STRUCK = ProblemType(
    "attachment_struck", 410,
    "{filename} was struck out by {by} on {on}: {reason}. Attach the right file; whoever may strike files out "
    "(complaints.strike) can still read it.",
    "附件 {filename} 已由 {by} 于 {on} 作废,原因:{reason}。请上传正确的文件;"
    "如需查看,请联系有作废权限(complaints.strike)的人员。",
)  # fmt: skip
ONLY_STAFF = ProblemType(
    "only_staff", 409,
    "A key is nobody who could be told anything. Sign in as a staff member, or name one at /watchers/<staff_id>.",
    "接口密钥不是员工,无法接收通知。请以员工身份登录,或指定一名员工。",
)  # fmt: skip
FILTER_BROKEN = ProblemType(
    "filter_broken", 409,
    "The filter `{name}` names what your company no longer has, and no complaint fits: {parts}. Change the filter.",
    "筛选“{name}”引用了已不存在的内容,没有匹配的投诉:{parts}。请修改该筛选。",
)  # fmt: skip
FILTER_NOT_YOURS = ProblemType(
    "filter_not_yours", 403,
    "The filter `{name}` was shared with you; only who made it changes it. Save one of your own like it.",
    "筛选“{name}”由他人共享,仅创建者可修改。您可另存为自己的筛选。",
)  # fmt: skip
LINK_NOT_VALID = ProblemType(
    "status_link_not_valid", 401,
    "Number and code do not fit, or the code is no longer good. Check both, or ask us for a new link.",
    "编号与查询码不符,或查询码已失效。请核对后重试,或向我们索取新的链接。",
)  # fmt: skip
CLOSED_FOR_GOOD = ProblemType(
    "closed_for_good", 409,
    "This complaint was closed on {closed_on} and can no longer be reopened here. {contact}",
    "该投诉已于 {closed_on} 办结,已超过可重新打开的期限。{contact}",
)  # fmt: skip
NOT_ASKED_NOW = ProblemType(
    "not_asked_now", 409,
    "There is nothing to answer at the moment: {why}. You can always send a message.",
    "目前无需答复:{why}。您可以随时留言。",
)  # fmt: skip
TOO_MUCH_SAID = ProblemType(
    "too_much_said", 409,
    "This case already holds the most that can be sent here ({limit}). {contact}",
    "本案件可提交的数量已达上限({limit})。{contact}",
)  # fmt: skip
BULK_OVER = ProblemType(
    "bulk_over", 409,
    "It is over; there is nothing left to cancel.",
    "该批量操作已结束,无需取消。",
)  # fmt: skip
NOT_IN_BULK = ProblemType(
    "action_not_in_bulk", 409,
    "`{action}` is taken case by case. The policy can allow it for many at once (`bulk: true`).",
    "“{action}”须逐件执行;如需批量执行,请在制度中设置 bulk: true。",
)  # fmt: skip
ASKER_LEFT = ProblemType(
    "asker_left", 403,
    "{name}, who asked for this, works for the company no longer.",
    "发起人 {name} 已离职,操作未执行。",
)  # fmt: skip
