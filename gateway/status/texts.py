"""The pages' own words, and how they show moments."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

_WORDS: Mapping[str, tuple[str, str]] = {
    "title": ("投诉进度", "Your complaint"),
    "other_language": ("English", "中文"),
    "skip": ("跳到主要内容", "Skip to the content"),
    "find": ("查询投诉进度", "Follow your complaint"),
    "find_help": (
        "请输入我们告知您的投诉编号和查询码。如有链接或二维码,可直接打开。",
        "Type the number and the code we gave you. With a link or QR code you need neither.",
    ),
    "number": ("投诉编号", "Complaint number"),
    "code": ("查询码", "Code"),
    "code_help": ("10 位字母和数字,不区分大小写", "10 letters and digits; capitals do not matter"),
    "open": ("查询", "Open"),
    "received": ("受理时间", "Received"),
    "category": ("类别", "About"),
    "you_wrote": ("您反映的内容", "What you told us"),
    "you_want": ("您的诉求", "What you ask for"),
    "progress": ("处理进度", "Progress"),
    "now": ("当前", "now"),
    "waiting_for": ("需要您配合", "We need from you"),
    "next_reply": ("最迟答复时间", "You hear from us by"),
    "decision": ("处理结果", "Our decision"),
    "reasons_part": ("理由", "Reasons"),
    "detail_part": ("我们的答复", "What we told you"),
    "recourse_part": ("其他途径", "What else you can do"),
    "do_you_accept": ("您是否接受该处理结果?", "Do you accept this decision?"),
    "accept": ("接受", "I accept"),
    "refuse": ("不接受", "I do not accept"),
    "why": ("说明(不接受时请写明原因)", "Your words (if you do not accept, tell us why)"),
    "send_answer": ("提交答复", "Send the answer"),
    "answered_accepted": ("您已接受该处理结果。", "You accepted this decision."),
    "answered_refused": ("您不接受该处理结果。", "You did not accept this decision."),
    "change_answer": ("更改答复", "Change the answer"),
    "messages": ("往来留言", "Messages"),
    "no_messages": ("暂无留言。", "No messages yet."),
    "you": ("您", "You"),
    "said_accepted": ("接受处理结果", "accepted the decision"),
    "said_refused": ("不接受处理结果", "did not accept the decision"),
    "said_reopening": ("请求重新打开", "asked for the case to be reopened"),
    "write": ("给我们留言", "Write to us"),
    "reopen": ("请求重新打开", "Ask for your case to be reopened"),
    "reopen_help": (
        "案件已办结。如问题仍未解决,请说明情况,由经办人决定是否重新打开。",
        "The case is closed. If something is still open, tell us; the handler decides about reopening it.",
    ),
    "text": ("内容", "Text"),
    "photos": ("照片或文件(最多 3 个,每个不超过 20 MB)", "Photos or files (up to 3, 20 MB each)"),
    "send": ("发送", "Send"),
    "rating": ("您对处理结果满意吗?", "How satisfied are you?"),
    "rating_words": ("补充意见(可不填)", "Anything to add (optional)"),
    "send_rating": ("提交评价", "Send the rating"),
    "rated": ("您的评价", "Your rating"),
    "closed": ("办结时间", "Closed"),
    "contact": ("联系我们", "Reach us"),
    "leave": ("退出查询", "Leave this page"),
    "attachment": ("附件", "Attachment"),
    "errors": ("请检查以下内容", "Please check the following"),
    "done_message": ("已收到您的留言,经办人会看到。", "We have your message; the handler is told."),
    "done_reopening": ("已收到您的请求,由经办人决定。", "We have your request; the handler decides."),
    "done_answer": ("已收到您的答复,经办人会看到。", "We have your answer; the handler is told."),
    "done_rating": ("感谢您的评价。", "Thank you for your rating."),
    "not_valid": ("链接或查询码无效", "This link or code is not good"),
    "not_valid_help": (
        "链接可能已过期、被撤销,或打开时间过长。请重新打开短信或邮件中的链接,或输入编号和查询码。",
        "It may have expired, been revoked, or stayed open for too long. Open our link again, or type number and code.",
    ),
    "trouble": ("暂时无法处理", "That did not work"),
    "back": ("返回", "Back"),
    "write_something": ("请填写内容", "Write something"),
    "choose": ("请选择一项", "Choose one"),
    "number_missing": ("请填写投诉编号", "Type the complaint number"),
    "code_missing": ("请填写查询码", "Type the code"),
}
"""By name: Chinese, then English."""
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def words(locale: str) -> dict[str, str]:
    """Every text of the pages in that language."""
    column = 1 if locale == "en" else 0
    return {name: texts[column] for name, texts in _WORDS.items()}


def moment(text: str, zone: str, locale: str) -> str:
    """A moment of the API as people there write it."""
    at = datetime.fromisoformat(text).astimezone(ZoneInfo(zone))
    if locale == "en":
        return f"{at.day} {_MONTHS[at.month - 1]} {at.year}, {at:%H:%M}"
    return f"{at.year}年{at.month}月{at.day}日 {at:%H:%M}"
