"""The words that are the same on every company's papers."""

from __future__ import annotations

from collections.abc import Mapping

_WORDS: Mapping[str, tuple[str, str]] = {
    "case_file": ("投诉案卷", "Complaint file"),
    "internal": ("内部", "Internal"),
    "number": ("编号", "Number"),
    "page": ("第 {page} 页,共 {pages} 页", "Page {page} of {pages}"),
    "printed": ("{by} 打印于 {at}", "Printed by {by}, {at}"),
    "kept": ("{at} 结案存档", "Kept at closing, {at}"),
    "case": ("投诉信息", "Complaint"),
    "complainant": ("投诉人", "Complainant"),
    "company": ("公司", "Company"),
    "unit": ("部门/门店", "Org unit"),
    "received_at": ("受理时间", "Received"),
    "occurred_at": ("发生时间", "Happened"),
    "channel": ("来源渠道", "Channel"),
    "category": ("投诉类别", "Category"),
    "level": ("级别", "Level"),
    "stage": ("当前阶段", "Stage"),
    "validity": ("有效性", "Validity"),
    "subject": ("主题", "Subject"),
    "handler": ("经办人", "Handler"),
    "closed_at": ("结案时间", "Closed"),
    "outcome": ("处理结果", "Outcome"),
    "satisfaction": ("满意度", "Satisfaction"),
    "claimed_amount": ("索赔金额", "Claimed"),
    "group_size": ("投诉人数", "Complainants"),
    "external_ref": ("外部编号", "External reference"),
    "follows": ("关联投诉", "Follows"),
    "name": ("姓名", "Name"),
    "phone": ("电话", "Phone"),
    "email": ("邮箱", "E-mail"),
    "kind": ("类型", "Kind"),
    "address": ("地址", "Address"),
    "vehicle_plate": ("车牌号", "Plate"),
    "unit_no": ("房号", "Unit"),
    "content": ("投诉内容", "What is complained of"),
    "remedy_sought": ("诉求", "Remedy sought"),
    "facts": ("其他事实", "Further facts"),
    "parties": ("相关人员", "People"),
    "forms": ("表单", "Forms"),
    "unfilled": ("尚未填写", "Not filled in yet"),
    "incomplete": ("尚未填完", "Not complete yet"),
    "sheet": ("单据", "Sheet"),
    "opened_at": ("开具时间", "Opened"),
    "due_at": ("期限", "Due"),
    "state": ("状态", "State"),
    "proposals": ("审批", "Approvals"),
    "amount": ("金额", "Amount"),
    "text": ("内容", "Text"),
    "proposed": ("提出", "Proposed"),
    "signatures": ("签署记录", "Signed by"),
    "filled": ("填写", "Filled in"),
    "by": ("人员", "By"),
    "at": ("时间", "At"),
    "what": ("事项", "What"),
    "words": ("意见", "Words"),
    "date": ("日期", "Date"),
    "ticks": ("确认事项", "Checks"),
    "files": ("附件", "Attachments"),
    "file": ("文件名", "File"),
    "size": ("大小", "Size"),
    "history": ("办理经过", "History"),
    "earlier": ("此前另有 {count} 条记录,见系统。", "{count} earlier entries are in the system."),
    "yes": ("是", "Yes"),
    "no": ("否", "No"),
    "pending": ("待批", "Pending"),
    "approved": ("同意", "Approved"),
    "rejected": ("不同意", "Rejected"),
    "withdrawn": ("撤回", "Withdrawn"),
    "delegated": ("转批", "Delegated"),
    "open": ("办理中", "Open"),
    "waiting": ("等待客户", "Waiting for the customer"),
    "closed": ("已结案", "Closed"),
    "done": ("已办结", "Done"),
    "void": ("作废", "Void"),
}


class Words:
    """The words of one language: `words("history")`. KeyError for a word nobody wrote down."""

    def __init__(self, locale: str) -> None:
        self._column = 1 if locale == "en" else 0

    def __call__(self, key: str, **values: object) -> str:
        return _WORDS[key][self._column].format(**values) if values else _WORDS[key][self._column]
