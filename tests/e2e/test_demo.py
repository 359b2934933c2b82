"""The demonstration: three companies driven by REST only, on both databases; the story and figures it must print."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.platform.fixtures import DATABASES
from tests.platform.running import Platform

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]
CHAPTERS = (
    "260 customers from CSV",
    "300 customers from CSV",
    "220 customers from CSV",
    "A letter that lay about",
    "Twelve owners and leaking façades (level 2)",
    "A lift that stops, and a cost beyond the department (ordinary)",
    "A letter about a loose façade panel (major)",
    "Squealing brakes (ordinary), late, refused once, reopened",
    "Somebody was hurt (major)",
)
FIGURES = {
    "宏达汽车": {"Received": "11", "Closed": "2", "Open at the end": "9", "Urging notices": "1", "Reopened": "1",
             "Missed deadlines": "1", "Satisfied": "2", "Claimed": "¥61,500.00"},
    "安居物业": {"Received": "11", "Closed": "2", "Open at the end": "9", "Urging notices": "0", "Reopened": "0",
             "Missed deadlines": "0", "Satisfied": "2", "Claimed": "¥0.00"},
    "远景地产": {"Received": "12", "Closed": "2", "Open at the end": "10", "Urging notices": "1", "Reopened": "0",
             "Missed deadlines": "1", "Satisfied": "2", "Claimed": "¥80,000.00"},
}  # fmt: skip


@dataclass
class Demo:
    """A platform, and how `kefu demo` is called beside it."""

    platform: Platform

    def run(self, *arguments: str) -> str:
        """The output; fails when the command does."""
        environment = os.environ | {
            "KEFU_URL": self.platform.base_url, "KEFU_KEY": self.platform.operator_key,
            "KEFU_VAR": str(self.platform.folder), "KEFU_CLOCK_FILE": str(self.platform.clock_file),
        }  # fmt: skip
        command = [sys.executable, "-m", "kefu", "demo", *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=300)
        assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        return done.stdout


@pytest.fixture(scope="module", params=DATABASES)
def demo(request: pytest.FixtureRequest, new_platform: Callable[..., Platform]) -> Iterator[Demo]:
    platform = new_platform(request.param)
    yield Demo(platform)
    platform.close()


@pytest.fixture(scope="module")
def told(demo: Demo) -> str:
    """What the whole demonstration prints."""
    demo.run("load")
    return demo.run()


@pytest.mark.clause("AD-8", "RF-3", "RF-10", "PL-7", "PL-8", "UX-12")
def test_every_story_is_told_to_its_closing(told: str) -> None:
    for chapter in CHAPTERS:
        assert chapter in told
    closings = re.findall(r"(TS|WY|RF)202611-(\d{4}) closed", told)
    assert sorted(set(closings)) == [(kind, number) for kind in ("RF", "TS", "WY") for number in ("0001", "0002")]


@pytest.mark.parametrize(
    ("who", "what", "result"),
    [
        ("杨帆 General manager", "Reject", "WY202611-0001 open · Handled by the head"),
        ("何伟 Engineering manager", "approve", "✗ own_proposal"),
        ("尤琳 Property officer", "Settle", "✗ beyond_authority"),
        ("李娜 Customer-relations consultant", "notify customer", "✗ action_not_available"),
        ("周强 Customer-relations manager", "Reopen", "TS202611-0001 open · Judgement"),
        ("云飞 Finance", "Payment order", "BC2026-0001 open · Receipt"),
        ("谢欣 Customer-service officer", "Record the signed letter", "BC2026-0001 open · Payment"),
        ("郑凯 Service manager", "Answer", "CB202611-0001 done · Answered"),
    ],
)
def test_key_steps_are_printed(told: str, who: str, what: str, result: str) -> None:
    assert re.search(rf"{re.escape(who)} +{re.escape(what)} +{re.escape(result)}", told)


def test_missed_deadlines_are_urged_and_pauses_do_not_count(told: str) -> None:
    assert "Reply to the customer: Thu 19 Nov 24:00 ✗" in told
    assert "Urging notice CB202611-0001 → Customer-service manager" in told
    assert "Propose a solution: Thu 26 Nov 24:00 ✗" in told
    assert "Urging notice CB202611-0001 → Service manager" in told
    # two clocks stood for a day: the reply of the group complaint, the solution of the brakes
    assert re.findall(r"Reply to the customer: (.+?) \(running\)", told) == ["Mon 07 Dec 24:00", "Tue 08 Dec 24:00"]
    assert re.findall(r"Propose a solution: (.+?) \(running\)", told) == ["Wed 25 Nov 24:00", "Thu 26 Nov 24:00"]


def test_what_happened_reaches_the_customer_and_the_people(told: str) -> None:
    assert told.count("customer's timeline: complaint.opened") == 2
    assert re.search(r"customer's timeline: .*complaint\.closed · complaint\.reopened .*complaint\.closed", told)
    assert "✉ 赵敏 General manager: 【重大投诉】" in told
    assert "/s/ks_" in told, "what a complainant sees"


@pytest.mark.clause("PL-1", "PC-8", "RF-12")
@pytest.mark.parametrize("company", FIGURES)
def test_monthly_figures_are_each_company_s_own(told: str, company: str) -> None:
    chapter = told.partition(f"{company} · figures of 2026-11")[2].partition("━━")[0]
    for name, value in FIGURES[company].items():
        assert re.search(rf"(^|\s){re.escape(name)} {re.escape(value)}(\s|$)", chapter), f"{name} {value}:\n{chapter}"


def test_loading_again_changes_nothing(demo: Demo, told: str) -> None:
    before = _everything(demo)
    said = demo.run("load")
    assert said.count("is there already") == 3
    assert "kf_" not in said
    assert _everything(demo) == before
    assert (demo.platform.folder / "demo.json").stat().st_mode & 0o077 == 0


def _everything(demo: Demo) -> list[Any]:
    """Companies, units, staff and keys with their versions."""
    with demo.platform.client() as operator:
        tenants = _items(operator, "/v1/tenants")
    found: list[Any] = [tenants]
    accounts = httpx.Response(200, content=(demo.platform.folder / "demo.json").read_bytes()).json()
    for account in accounts.values():
        with demo.platform.client(account["admin_key"]) as admin:
            found += [_items(admin, path) for path in ("/v1/org-units", "/v1/staff", "/v1/api-keys")]
    return found


def _items(client: httpx.Client, path: str) -> list[Any]:
    page = client.get(path, params={"limit": 100}).raise_for_status().json()
    assert page["next_cursor"] is None
    items: list[Any] = page["items"]
    return items
