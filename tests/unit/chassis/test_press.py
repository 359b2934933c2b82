"""The press, with its real child process."""

from __future__ import annotations

import base64
import http.server
import io
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Self

import openpyxl
import orjson
import psutil
import pypdf
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chassis import press
from chassis.press.parent import Press
from contracts.problems import PRINTING_UNAVAILABLE, Problem
from kefu.waiting import wait_until

PATIENCE = 60.0
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
ENDLESS = "<style>p{columns:2}</style>" + "<div><table><tr><td>" * 60 + "<p>x" * 20_000


@pytest.fixture(scope="module", autouse=True)
def _ended() -> Iterator[None]:
    yield
    press.close()


@pytest.fixture
def own() -> Iterator[Press]:
    own = Press()
    yield own
    own.close()


def page(html: str) -> bytes:
    return orjson.dumps({"html": html, "base": None})


def text_of(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)


def images_in(content: bytes) -> int:
    return sum(len(page.images) for page in pypdf.PdfReader(io.BytesIO(content)).pages)


def test_chinese_and_english_are_text_in_the_pdf() -> None:
    text = text_of(press.pdf("<h1>客户投诉处理表</h1><p>Complaint form <b>加粗</b>", seconds=PATIENCE))
    assert "客户投诉处理表" in text
    assert "Complaint form 加粗" in text


def test_a_page_uses_files_below_its_base_and_nothing_else(tmp_path: Path) -> None:
    base, outside = tmp_path / "base", tmp_path / "outside"
    for folder in (base, outside):
        folder.mkdir()
        (folder / "pixel.png").write_bytes(PIXEL)
    (base / "link.png").symlink_to(outside / "pixel.png")

    def images(*sources: str) -> int:
        html = "".join(f'<img src="{source}" style="width:1cm">' for source in sources)
        return images_in(press.pdf(html, base, seconds=PATIENCE))

    assert images("pixel.png") == 1
    assert images("data:image/png;base64," + base64.b64encode(PIXEL).decode()) == 1
    for refused in (
        "../outside/pixel.png", "link.png", f"file://{outside}/pixel.png", f"file://localhost{base}/pixel.png",
        "%2e%2e/outside/pixel.png", f"FILE://{outside}/pixel.png",
    ):  # fmt: skip
        assert images(refused) == 0, refused


def test_no_page_makes_us_call_somebody_or_show_a_file_of_the_machine(tmp_path: Path) -> None:
    with Listener() as listener:
        html = f"""<link rel=stylesheet href="{listener.url}/style.css"><style>@import url("{listener.url}/more.css");
            @font-face {{font-family: f; src: url("{listener.url}/font.woff")}}
            p {{font-family: f; background: url("{listener.url}/back.png")}}</style>
            <img src="{listener.url}/picture.png"><img src="//127.0.0.1:{listener.port}/picture.png">
            <object data="{listener.url}/object.svg"></object><link rel=attachment href="file:///etc/passwd">
            <img src="data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'>
                <image href='{listener.url}/in.png'/></svg>">
            <img src="ftp://127.0.0.1:{listener.port}/x"><img src="file:///etc/passwd"><p>还在"""
        content = press.pdf(html, tmp_path, seconds=PATIENCE)
    assert listener.asked == []
    assert "还在" in text_of(content)
    assert b"EmbeddedFile" not in content
    assert "root:" not in text_of(content)


class Listener:
    """Notes who asks it for what."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        listener = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                listener.asked.append(self.path)
                self.send_error(404)

            def log_message(self, *_args: object) -> None: ...

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def test_many_at_a_time_get_each_their_own(own: Press) -> None:
    own.print("pdf", page("warm"), PATIENCE)
    with ThreadPoolExecutor(4) as pool:
        papers = list(pool.map(lambda n: own.print("pdf", page(f"paper {n}"), PATIENCE), range(12)))
    assert [text_of(paper).strip() for paper in papers] == [f"paper {n}" for n in range(12)]


def test_more_than_may_wait_are_refused_at_once(own: Press) -> None:
    crowd = Press(queue=1)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(crowd.print, "pdf", page("first, while the child starts"), PATIENCE)
        wait_until(lambda: crowd.pid, limit=PATIENCE, what="a child")
        with pytest.raises(Problem, match="printing_unavailable") as refused:
            crowd.print("pdf", page("short"), PATIENCE)
        assert "too much is being printed" in str(refused.value)
        assert first.result().startswith(b"%PDF")
    crowd.close()


def test_a_killed_child_is_replaced_unnoticed(own: Press) -> None:
    own.print("pdf", page("one"), PATIENCE)
    first = own.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    assert text_of(own.print("pdf", page("two"), PATIENCE)).strip() == "two"
    assert own.pid != first


def test_what_takes_too_long_is_ended_and_the_next_is_printed(own: Press) -> None:
    own.print("pdf", page("warm"), PATIENCE)
    slow = own.pid
    assert slow is not None
    begun = time.monotonic()
    with pytest.raises(Problem, match="printing_unavailable") as refused:
        own.print("pdf", page(ENDLESS), 0.5)
    assert "longer than" in str(refused.value)
    assert time.monotonic() - begun < PATIENCE
    assert not psutil.pid_exists(slow)
    assert text_of(own.print("pdf", page("next"), PATIENCE)).strip() == "next"


def test_a_child_nobody_needs_is_let_go() -> None:
    short = Press(idle_seconds=0.2)
    short.print("workbook", orjson.dumps([press.Sheet(title="t", header=("a",), rows=()).to_json()]), PATIENCE)
    wait_until(lambda: short.pid is None, limit=PATIENCE, what="no child")


def test_a_child_ends_with_its_parent_however_that_ends() -> None:
    code = "from chassis import press; press.pdf('x', seconds=60); print(press._press.pid, flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert psutil.pid_exists(child)
        parent.kill()
    wait_until(lambda: not psutil.pid_exists(child) or _is_zombie(child), limit=PATIENCE, what="the end of the child")


def _is_zombie(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_the_child_has_no_secret_of_its_parent(own: Press, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEFU_DATABASE_URL", "sqlite:///{service}.db")
    own.print("pdf", page("x"), PATIENCE)
    assert not [name for name in psutil.Process(own.pid).environ() if name.startswith("KEFU_")]


def test_without_a_chinese_font_it_says_what_to_install(
    own: Press, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "fonts.conf").write_text("<fontconfig></fontconfig>")
    monkeypatch.setenv("FONTCONFIG_FILE", str(tmp_path / "fonts.conf"))
    with pytest.raises(Problem) as refused:
        own.print("pdf", page("中文"), PATIENCE)
    assert refused.value.status == PRINTING_UNAVAILABLE.status == 503
    assert "apt-get install fonts-wqy-microhei" in refused.value.params["reason"]["zh-CN"]
    assert own.print("workbook", b"[]", PATIENCE).startswith(b"PK")  # needs no font


def test_under_eventlet_others_go_on_meanwhile_and_the_parent_stays_small() -> None:
    """In the services' own runtime: a green thread keeps turning, two print at a time, no library is loaded here."""
    code = """
        import eventlet; eventlet.monkey_patch()
        import sys, time, psutil
        from chassis import press
        turns, longest, last, running = 0, 0.0, time.monotonic(), True
        def turn():
            global turns, longest, last
            while running:
                eventlet.sleep(0.01)
                now = time.monotonic(); longest = max(longest, now - last); last = now; turns += 1
        before = psutil.Process().memory_info().rss
        clockwork = eventlet.spawn(turn)
        printing = [eventlet.spawn(press.pdf, "<p>页 " * 3000, seconds=60) for _ in range(2)]
        assert all(p.wait().startswith(b"%PDF") for p in printing)
        running = False; clockwork.wait(); press.close()
        grown = (psutil.Process().memory_info().rss - before) / 1e6
        print(turns, round(longest, 3), round(grown, 1), "weasyprint" in sys.modules)
    """
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True
    )
    turns, longest, grown, loaded = done.stdout.split()
    assert int(turns) > 20
    assert float(longest) < 1.0
    assert float(grown) < 8
    assert loaded == "False"


# -- workbooks ---------------------------------------------------------------------------------------------------------


def opened(*sheets: press.Sheet) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(press.workbook(sheets, seconds=PATIENCE)))


def test_cells_have_the_type_of_what_they_hold() -> None:
    moment = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
    row = ("文字", 12, 1.5, press.Money(123_45), press.Percent(12.5), moment, date(2026, 11, 22), None, True, 2**60)
    page = opened(press.Sheet(title="甲", header=[f"c{n}" for n in range(len(row))], rows=[row]))["甲"]
    cells = [cell.value for cell in page[2]]
    midnight = datetime(2026, 11, 22)  # noqa: DTZ001  (spreadsheets know no zones)
    assert cells == [
        "文字", 12, 1.5, 123.45, 0.125, moment.replace(tzinfo=None), midnight, None, "✓", str(2**60),
    ]  # fmt: skip
    assert page["D2"].number_format == "#,##0.00"
    assert page["E2"].number_format == "0.0%"
    assert page.freeze_panes == "A2"
    assert page.auto_filter.ref == "A1:J2"


@settings(max_examples=25)
@given(st.text(max_size=60))
@example('=HYPERLINK("http://x")')
@example("+1")
@example("-1")
@example("@SUM(A1)")
@example("http://example.org")
@example("{=1+1}")
@example("=cmd|' /C calc'!A0")
def test_a_text_never_becomes_a_formula_or_a_link(text: str) -> None:
    content = press.workbook(
        [press.Sheet(title="t", header=(text,), rows=[(text,)], preface=(text,))], seconds=PATIENCE
    )
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        page = parts.read("xl/worksheets/sheet1.xml")
    assert b"<f>" not in page
    assert b"<hyperlink" not in page
    if text.isprintable() and text:
        assert openpyxl.load_workbook(io.BytesIO(content))["t"]["A4"].value == text


def test_tabs_have_names_that_spreadsheets_take() -> None:
    titles = ["a/b:c*d?", "A b c d", "'", "很长" * 30, "很长" * 30, "History"]
    book = opened(*(press.Sheet(title=title, header=("x",), rows=()) for title in titles))
    assert len(book.sheetnames) == len(titles)
    assert len({name.casefold() for name in book.sheetnames}) == len(titles)
    assert all(0 < len(name) <= 31 for name in book.sheetnames)


def test_charts_are_the_spreadsheets_own_and_follow_the_cells() -> None:
    chart = press.Chart(kind="line", title="趋势", columns=(1,), rows=(0, 1))
    sheet = press.Sheet(
        title="月报", header=("月", "件数"), rows=[("1", 3), ("2", 5), ("合计", 8)], preface=("标题",), charts=(chart,)
    )
    content = press.workbook([sheet], seconds=PATIENCE)
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        drawn = parts.read("xl/charts/chart1.xml").decode()
    assert "<c:lineChart>" in drawn
    assert "'月报'!$B$4:$B$5" in drawn or "月报!$B$4:$B$5" in drawn


def test_a_text_too_long_for_a_cell_is_marked_as_cut() -> None:
    value = opened(press.Sheet(title="t", header=("a",), rows=[("长" * 40_000,)]))["t"]["A2"].value
    assert len(value) == 32_767
    assert value.endswith("…")


def test_a_sheet_no_spreadsheet_could_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="at most"):
        press.workbook([press.Sheet(title="t", header=["x"] * 20_000, rows=())])
