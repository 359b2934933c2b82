"""SPEC UX-13, IS-4, IS-6, IS-7 as the complainant sees it: on a phone and a desktop, in Chinese and English."""

from __future__ import annotations

import zlib

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, PHONE, NewPage, picture
from tests.clauses import dealership as usual
from tests.clauses.complainant import link_to
from tests.clauses.driver import Company, Json

pytestmark = [pytest.mark.clause("UX-13"), pytest.mark.timeout(300)]


def photo() -> bytes:
    """A PNG of 120 by 80 points, so that it can be seen on the pictures."""
    rows = b"".join(b"\0" + bytes((40 + x, 120, 200 - y)[i] for x in range(120) for i in range(3)) for y in range(80))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)

    header = (120).to_bytes(4) + (80).to_bytes(4) + bytes([8, 2, 0, 0, 0])
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def check(page: Page, name: str) -> None:
    """A picture of the page; nothing axe-core objects to; nothing that has to be scrolled sideways."""
    picture(page, name)
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]})
    assert found.violations_count == 0, found.generate_report()
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{wide} px too wide"


def decided(company: Company) -> Json:
    case = usual.propose(
        company,
        usual.reach(company, "investigation", _registered(company)),
        solution="免费更换前轮刹车片,并赠送一次制动系统检测",
        reasons="经检测,刹车片磨损不均系上次安装不当所致,属我方责任。",
    )
    return usual.approve(company, case)


def _registered(company: Company) -> Json:
    return company.as_("customer_relations_consultant").register(
        content="11 月 3 日更换刹车片后仍有异响,两次返修未解决。\n希望彻底解决并说明原因。",
        remedy_sought="更换刹车片并检测", category="repair_quality",
    )  # fmt: skip


@pytest.mark.clause("IS-4", "IS-6", "IS-7")
def test_the_whole_story_on_a_phone_in_chinese(company: Company, new_page: NewPage) -> None:
    consultant = company.as_("customer_relations_consultant")
    case = usual.reach(company, "investigation", _registered(company))
    link = link_to(company, case)
    page = new_page(viewport=PHONE)
    page.goto(link["url"])
    assert page.url.endswith("/s/case")
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    expect(page.locator("h1")).to_contain_text(case["number"])
    expect(page.locator(".state")).to_have_text("处理中")
    check(page, "1-working-zh-phone")

    page.get_by_role("textbox", name="内容").fill("补充:倒车时也有异响,照片见附件。")
    wrong = {"name": "照片.exe", "mimeType": "image/png", "buffer": b"MZ\x90\x00\x03"}
    page.get_by_label("照片或文件").set_input_files(wrong)
    page.get_by_role("button", name="发送").click()
    expect(page.get_by_role("alert")).to_contain_text("应为图片")
    expect(page.get_by_role("textbox", name="内容")).to_have_value("补充:倒车时也有异响,照片见附件。")
    page.get_by_label("照片或文件").set_input_files({"name": "刹车.png", "mimeType": "image/png", "buffer": photo()})
    page.get_by_role("button", name="发送").click()
    expect(page.get_by_role("status")).to_contain_text("已收到您的留言")
    shown = page.get_by_role("img", name="刹车.png")
    expect(shown).to_be_visible()
    assert shown.evaluate("image => image.naturalWidth") == 120
    consultant.await_notice(case, "complaint.complainant_wrote")
    consultant.act(case, "add_note", note="已收到,技师正在检测。", audience="complainant")

    usual.approve(company, usual.propose(company, case, reasons="安装不当所致,属我方责任。"))
    page.goto("/s/case")
    expect(page.get_by_role("heading", name="处理结果").first).to_be_visible()
    expect(page.locator(".decision")).to_contain_text(usual.SOLUTION["solution"])
    check(page, "2-decided-zh-phone")

    page.get_by_role("radio", name="不接受").check()
    page.get_by_role("button", name="提交答复").click()
    expect(page.get_by_role("alert")).to_contain_text("请说明原因")
    expect(page.get_by_role("radio", name="不接受")).to_be_checked()
    check(page, "3-refusal-without-words-zh-phone")
    expect(page.get_by_role("link", name="English")).to_have_attribute("href", "/s/case?lang=en")
    page.locator("#why").fill("要求更换总成")
    page.get_by_role("button", name="提交答复").click()
    expect(page.locator(".answered")).to_contain_text("您不接受该处理结果")
    expect(page.locator(".next-step")).to_contain_text("案件不会办结")
    assert consultant.case(case)["state"] == "open"

    page.get_by_label("不满意").check()
    page.locator("#words").fill("等得太久")
    page.get_by_role("button", name="提交评价").click()
    expect(page.get_by_role("heading", name="您的评价")).to_be_visible()
    check(page, "4-answered-zh-phone")


def test_in_english_on_a_desktop_after_it_is_closed(company: Company, new_page: NewPage) -> None:
    case = usual.reach(company, "closed", decided(company))
    page = new_page(locale="en-GB", viewport=DESKTOP)
    page.goto(link_to(company, case)["url"])
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator(".state")).to_contain_text("Closed · Settled")
    check(page, "5-closed-en-desktop")
    page.get_by_label("Text").fill("It squeals again.")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator(".messages li").last).to_contain_text("asked for the case to be reopened")
    page.get_by_role("link", name="中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    page.goto("/s/case")
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    check(page, "6-closed-zh-desktop")


def test_by_keyboard_alone_from_number_and_code_in_english(company: Company, new_page: NewPage) -> None:
    case = decided(company)
    link = link_to(company, case)
    page = new_page(locale="en-GB", viewport=PHONE, java_script_enabled=True)
    page.goto("/s")
    check(page, "7-ask-en-phone")
    reach(page, "#number")
    page.keyboard.type(case["number"])
    page.keyboard.press("Tab")
    page.keyboard.type("22222-22222")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("do not fit")
    check(page, "8-refused-code-en-phone")
    reach(page, "#code")
    page.keyboard.type(link["code"].lower())
    page.keyboard.press("Enter")
    expect(page.locator(".state")).to_have_text("A solution is decided")
    reach(page, 'input[name="accepted"]')
    page.keyboard.press("Space")
    reach(page, "#why")
    page.keyboard.type("Thank you.")
    reach(page, ".decision button")
    page.keyboard.press("Enter")
    expect(page.locator(".answered")).to_contain_text("You accepted this decision")
    check(page, "9-accepted-en-phone")


def reach(page: Page, selector: str) -> None:
    """Go on by Tab until the focus is there, and can be seen to be."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("css => document.activeElement.matches(css)", selector):
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none", f"the focus on {selector} is not to be seen"
            return
    raise AssertionError(f"Tab never comes to {selector}")


def test_it_works_without_scripts_and_in_the_dark(company: Company, new_page: NewPage) -> None:
    case = decided(company)
    page = new_page(viewport=PHONE, java_script_enabled=False, color_scheme="dark")
    page.goto(link_to(company, case)["url"])
    page.get_by_label("接受", exact=True).check()
    page.get_by_role("button", name="提交答复").click()
    expect(page.locator(".answered")).to_contain_text("您已接受该处理结果")
    picture(page, "10-accepted-zh-phone-dark")
    page.get_by_role("button", name="退出查询").click()
    expect(page.get_by_role("heading", name="查询投诉进度")).to_be_visible()
    page.goto("/s/case")
    expect(page.get_by_role("heading", name="链接或查询码无效")).to_be_visible()


def test_guessing_codes_ends_soon(company: Company, new_page: NewPage) -> None:
    number = company.as_("customer_relations_consultant").register()["number"]
    page = new_page()
    statuses = []
    for n in range(12):
        page.goto("/s")
        page.locator("#number").fill(number)
        page.locator("#code").fill(f"{n + 2:010d}")
        with page.expect_response(lambda answer: answer.request.method == "POST") as answered:
            page.get_by_role("button", name="查询").click()
        statuses.append(answered.value.status)
    assert statuses[0] == 401
    assert statuses[-1] == 429
    expect(page.get_by_role("alert")).to_contain_text("请求过于频繁")
