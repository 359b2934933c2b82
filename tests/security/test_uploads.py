"""Files that are not what they say, and files meant to harm who opens or unpacks them.

Attachments are data: told by their content, kept under a hash, handed out inside JSON. Imports are read and never run.
"""

from __future__ import annotations

import base64
import io
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from openpyxl import Workbook, load_workbook

from gateway.bodies import MAX_UPLOAD
from kefu.waiting import wait_until
from services.customers.sheets import MAX_UNPACKED
from tests.clauses.driver import Json
from tests.security.conftest import Sides
from tests.security.sides import PNG, Side

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.parametrize("platform", ["sqlite"], indirect=True, scope="session"),
]

LIMIT = 20.0
SCRIPT = b"<script>fetch('//evil.example')</script>"


@pytest.fixture
def side(sides: Sides) -> Side:
    return sides.ours


def _attach(side: Side, name: str, content: bytes) -> httpx.Response:
    path = f"/v1/complaints/{side.ids['complaint_id']}/attachments"
    return side.boss.client.post(path, files={"file": (name, content)})


def _import(side: Side, content: bytes, name: str = "a.csv", mode: str = "good_rows") -> httpx.Response:
    query = {"kind": "customers", "mode": mode}
    return side.admin.client.post("/v1/imports", params=query, files={"file": (name, content)})


# -- attachments -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "kept_as"),
    [
        ("photo.png", SCRIPT, "text/plain"),
        ("photo.html", PNG, "image/png"),
        ("photo.png.html", PNG + SCRIPT, "image/png"),
        ("letter.pdf", b"PK\x03\x04" + bytes(30), "application/zip"),
        ("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "text/plain"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_content_says_what_a_file_is(side: Side, name: str, content: bytes, kept_as: str) -> None:
    made = _attach(side, name, content).raise_for_status().json()
    assert made["media_type"] == kept_as
    path = f"/v1/complaints/{side.ids['complaint_id']}/attachments/{made['id']}"
    answer = side.boss.client.get(path)
    assert base64.b64decode(answer.json()["content"]) == content
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "content",
    [b"MZ" + bytes(64), b"\x7fELF" + bytes(64), b"\xca\xfe\xba\xbe" + bytes(64), b"\x00\x01\x02", b""],
    ids=["Windows program", "Linux program", "Java class", "bytes", "nothing"],
)
def test_what_is_none_of_the_kinds_is_refused(side: Side, content: bytes) -> None:
    refused = _attach(side, "harmless.png", content)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "file"


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../../../etc/cron.d/evil", "evil"),
        ("..\\..\\windows\\evil.bat", "evil.bat"),
        ("/etc/passwd", "passwd"),
        ("fdp.\u202egnp.exe", "fdp.gnp.exe"),
        ("a\r\nX-Evil: 1.png", "a%0D%0AX-Evil: 1.png"),
        ("..", ".."),
        ("x" * 400 + ".png", "x" * 196 + ".png"),
    ],
)
def test_a_name_is_only_a_name(sides: Sides, side: Side, name: str, kept: str) -> None:
    made = _attach(side, name, PNG).raise_for_status().json()
    assert made["filename"] == kept
    stored = _files(sides)
    assert stored
    assert all(len(path.name) == 64 and path.name.isalnum() for path in stored)


def _files(sides: Sides) -> list[Path]:
    return [path for path in (sides.platform.installation.var / "attachments").rglob("*") if path.is_file()]


def test_a_file_of_another_company_is_not_found_by_its_hash(sides: Sides) -> None:
    """Both have the same picture; each has a copy of its own."""
    owners = {path.relative_to(sides.platform.installation.var / "attachments").parts[0] for path in _files(sides)}
    assert {sides.ours.id, sides.theirs.id} <= owners


def test_a_file_too_large_is_refused(side: Side) -> None:
    refused = _attach(side, "a.png", PNG + bytes(MAX_UPLOAD + 1_000_000))
    assert (refused.status_code, refused.json()["code"]) in {(413, "body_too_large"), (422, "invalid_request")}


# -- imports -----------------------------------------------------------------------------------------------------------


def _archive(parts: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return made.getvalue()


def _book(*rows: tuple[str, ...]) -> bytes:
    book, made = Workbook(), io.BytesIO()
    for row in rows:
        book.worksheets[0].append(row)
    book.save(made)
    return made.getvalue()


def _changed(book: bytes, part: str, content: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        return _archive({name: archive.read(name) for name in archive.namelist()} | {part: content})


GOOD = _book(("姓名", "电话"), ("吴十一", "13400134011"))
_ENTITIES = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
_SHEET = '<?xml version="1.0"?><!DOCTYPE x [{}]><worksheet><sheetData>&{};</sheetData></worksheet>'
BILLION = _SHEET.format(f'<!ENTITY e0 "ha">{_ENTITIES}', "e11")
OUTSIDE = _SHEET.format('<!ENTITY x SYSTEM "file:///etc/passwd">', "x")
SHEET = "xl/worksheets/sheet1.xml"
BOMBS: dict[str, Callable[[], bytes]] = {
    "unpacks to more than is read": lambda: _changed(GOOD, "xl/sharedStrings.xml", bytes(MAX_UNPACKED + 1)),
    "two thousand parts": lambda: _archive({f"xl/{n}.xml": b"" for n in range(2000)} | {"xl/workbook.xml": b""}),
    "entities of entities": lambda: _changed(GOOD, SHEET, BILLION.encode()),
    "an entity from a file": lambda: _changed(GOOD, SHEET, OUTSIDE.encode()),
    "an archive that is no workbook": lambda: _archive({"../../evil.txt": b"evil"}),
    "half an archive": lambda: GOOD[: len(GOOD) // 2],
    "no text": lambda: b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_a_file_made_to_burst_is_refused_soon_and_harms_nobody(side: Side, bomb: Callable[[], bytes]) -> None:
    content = bomb()
    began = time.monotonic()
    answer = _import(side, content, "customers.xlsx")
    if answer.is_success:
        state = _outcome(side, answer.json()["id"])
        assert state["state"] in {"refused", "failed"}, state
        assert "root:" not in str(state)
    else:
        assert (answer.status_code, answer.json()["code"]) == (422, "unreadable_file")
    assert time.monotonic() - began < LIMIT
    assert _outcome(side, _import(side, GOOD, "good.xlsx").raise_for_status().json()["id"])["state"] == "done"


def _outcome(side: Side, import_id: str) -> Json:
    def over() -> bool:
        return bool(side.admin.get(f"/v1/imports/{import_id}")["finished_at"])

    wait_until(over, limit=LIMIT, what="the import is over")
    found: Json = side.admin.get(f"/v1/imports/{import_id}")
    return found


VERBS = {"get", "post", "put", "patch", "delete"}
FORMULAS = ("=1+1", '=HYPERLINK("http://evil.example","x")', "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "=cmd|'/c calc'!A0")


def test_formulas_in_an_import_are_text_or_refused(side: Side) -> None:
    rows = [("姓名", "电话"), *((f"{text}", f"1340013{4100 + n}") for n, text in enumerate(FORMULAS))]
    state = _outcome(side, _import(side, _book(*rows), "formulas.xlsx").raise_for_status().json()["id"])
    assert state["state"] == "done"
    for n, text in enumerate(FORMULAS):
        found = side.admin.get("/v1/customers", phone=f"1340013{4100 + n}")["items"]
        assert [customer["name"] for customer in found] in ([], [text.strip()]), text


SHEETS = {
    "/v1/exports/{export_id}/content",
    "/v1/reports/{report_id}/content",
    "/v1/complaints/{complaint_id}/papers/{paper_id}/content",
}
"""Written by `chassis.press`, where text is always text."""
AS_GIVEN = {
    "/v1/complaints/{complaint_id}/attachments/{attachment_id}/content",
    "/v1/status/files/{file_id}",
}
"""Files as they were handed in."""
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def test_formulas_in_an_export_are_text(side: Side) -> None:
    """What a complainant wrote must not run in the Excel of whoever reads the list."""
    desk, written = side.boss, [text for text in FORMULAS if text == text.strip()]
    for text in written:
        desk.register(content=text)
    path = f"/v1/exports/{desk.post('/v1/exports', list='complaints')['id']}"
    wait_until(lambda: desk.get(path)["state"] == "done", limit=LIMIT, what="the list is exported")
    sheet = load_workbook(io.BytesIO(desk.client.get(f"{path}/content").content)).worksheets[0]
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells if cell.value in written} == {"s"}
    assert {cell.value for cell in cells} >= set(written)
    assert not [cell.value for cell in cells if cell.data_type == "f"]


def test_nothing_else_is_handed_out_as_a_sheet(sides: Sides) -> None:
    """Whoever adds one has to test what becomes of formulas in it."""
    document = httpx.get(f"{sides.platform.base_url}/v1/openapi.json", trust_env=False).json()
    handing_out = {
        path
        for path, item in document["paths"].items()
        for verb, entry in item.items()
        if verb in VERBS
        for answer in entry["responses"].values()
        if {XLSX, "*/*"} & set(answer.get("content", {})) and path not in AS_GIVEN
    }
    assert handing_out == SHEETS
