"""django-helpdesk, from the Python package index into a virtual environment of its own, on the bench's PostgreSQL."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from kefu.ports import free_block
from kefu.waiting import wait_until
from tests.load.peers.site import FOLDER, Site, execute
from tests.load.stand import Stand, answers
from tests.load.wrk import Request

NAME = "django-helpdesk 2.6.1"
_PACKAGES = ("django-helpdesk==2.6.1", "django~=5.2.0", "gunicorn", "psycopg2-binary")
_PROJECT = Path(__file__).with_name("helpdesk")
_DATABASE = "bench_helpdesk"
_TICKET = {
    "queue": 1,
    "title": "刹车异响",
    "description": "两次维修后仍未解决",
    "submitter_email": "c@x.test",
    "priority": 3,
}


@contextmanager
def serving(stand: Stand, tickets: int) -> Iterator[Site]:
    """The program with that many tickets, by two gunicorn workers of eight threads; PeerUnavailableError."""
    python, environment = _installed(), _environment(stand)
    _ensure_database(stand, python, environment)
    token, first = execute([python, "seed.py", str(tickets)], environment, _PROJECT).split()
    port = free_block(1)
    command: list[str | Path] = [python, "-m", "gunicorn", "-w2", "-k", "gthread", "--threads", "8", "-t", "300",
               "-b", f"127.0.0.1:{port}", "helpdesk_wsgi"]  # fmt: skip
    with (stand.folder / "helpdesk.log").open("ab") as log:
        process = subprocess.Popen(command, env=environment, cwd=_PROJECT, stdout=log, stderr=log)
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: answers(f"{url}/api/tickets/", 401), limit=60, what=f"{NAME} answers")
        yield Site(url, {
            "get": Request("GET", f"/api/tickets/{first}/", token, scheme="Token"),
            "list of 20": Request("GET", "/api/tickets/?page_size=20", token, scheme="Token"),
            "create": Request("POST", "/api/tickets/", token, _TICKET, scheme="Token"),
        })  # fmt: skip
    finally:
        process.kill()  # a list that nobody waits for any more would go on for a minute
        process.wait(15)


def _installed() -> Path:
    folder = FOLDER / "helpdesk"
    python = folder / "bin" / "python"
    if not (folder / "installed").exists():
        execute([sys.executable, "-m", "venv", folder])
        execute([python, "-m", "pip", "install", "-q", *_PACKAGES])
        (folder / "installed").touch()
    return python


def _environment(stand: Stand) -> dict[str, str]:
    server = urlsplit(stand.postgres.admin_url)
    return os.environ | {
        "PYTHONPATH": str(_PROJECT), "PYTHONDONTWRITEBYTECODE": "1", "DJANGO_SETTINGS_MODULE": "settings",
        "HELPDESK_DATABASE": _DATABASE, "HELPDESK_USER": server.username or "",
        "HELPDESK_PASSWORD": server.password or "", "HELPDESK_PORT": str(server.port),
    }  # fmt: skip


def _ensure_database(stand: Stand, python: Path, environment: Mapping[str, str]) -> None:
    with stand.postgres.connect() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (_DATABASE,))
        if cursor.fetchone():
            return
    stand.postgres.execute(f"CREATE DATABASE {_DATABASE}")
    execute([python, "-m", "django", "migrate", "-v0"], environment, _PROJECT)
    execute([python, "-m", "django", "loaddata", "-v0", "emailtemplate.json"], environment, _PROJECT)
