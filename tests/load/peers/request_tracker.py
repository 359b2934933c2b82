"""Request Tracker 5, from Debian's packages, on the bench's PostgreSQL. It installs no packages: it says which."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote, urlsplit

from kefu.ports import free_block
from kefu.waiting import wait_until
from tests.load.peers.site import PeerUnavailableError, Site, execute
from tests.load.stand import Stand, answers
from tests.load.wrk import Request

NAME = "Request Tracker 5"
_SERVER = Path("/usr/share/request-tracker5/libexec/rt-server")
_SETUP = "/usr/sbin/rt-setup-database-5"
_SEED = Path(__file__).with_name("tracker") / "seed.pl"
_PACKAGES = "msmtp-mta request-tracker5 rt5-db-postgresql rt5-standalone rt5-fcgi starman"
_USER = "www-data"
_DATABASE = "bench_tracker"
_CONFIG = """\
Set($rtname, 'peers');
Set($Organization, 'peers');
Set($WebDomain, '127.0.0.1');
Set($WebPort, {web_port});
Set($WebPath, '');
Set($DatabaseType, 'Pg');
Set($DatabaseHost, '127.0.0.1');
Set($DatabasePort, {port});
Set($DatabaseName, '{database}');
Set($DatabaseUser, '{database}');
Set($DatabasePassword, '{password}');
Set($DatabaseAdmin, '{user}');
Set($LogToSyslog, undef);
Set($LogToSTDERR, 'error');
Set($MailCommand, 'testfile');
Set($BcryptCost, 4);
1;
"""
"""In its favour: mails are written to a file, and a token costs a sixteenth of a millisecond instead of 240."""
_TICKET = {
    "Queue": "General", "Subject": "刹车异响", "Requestor": "c@x.test", "Content": "两次维修后仍未解决",
    "ContentType": "text/plain",
}  # fmt: skip


@contextmanager
def serving(stand: Stand, tickets: int) -> Iterator[Site]:
    """The program with that many tickets, by its own server with four workers; PeerUnavailableError."""
    if not _SERVER.exists():
        raise PeerUnavailableError(f"not installed; apt-get install --no-install-recommends {_PACKAGES}")
    port = free_block(1)
    with TemporaryDirectory(prefix="kefu-tracker-") as folder:
        environment = _configured(stand, Path(folder), port)
        password = urlsplit(stand.postgres.admin_url).password or ""
        setup = [_SETUP, "--action", "init", "--dba", "postgres", "--dba-password", password]
        execute(setup, environment)
        token, first = execute(["perl", _SEED, str(tickets)], environment).split()
        with (stand.folder / "tracker.log").open("ab") as log:
            command = [*_as_its_user(), str(_SERVER), "--host", "127.0.0.1", "--port", str(port), "--max-workers", "4"]
            process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
        try:
            url = f"http://127.0.0.1:{port}"
            wait_until(lambda: answers(f"{url}/REST/2.0/ticket/{first}", 401), limit=60, what=f"{NAME} answers")
            listed = "/REST/2.0/tickets?per_page=20&query=" + quote("Queue = 'General'")
            yield Site(url, {
                "get": Request("GET", f"/REST/2.0/ticket/{first}", token, scheme="token"),
                "list of 20": Request("GET", listed, token, scheme="token"),
                "create": Request("POST", "/REST/2.0/ticket", token, _TICKET, scheme="token"),
            })  # fmt: skip
        finally:
            process.terminate()
            process.wait(30)


def _configured(stand: Stand, folder: Path, web_port: int) -> dict[str, str]:
    server = urlsplit(stand.postgres.admin_url)
    config, more = folder / "RT_SiteConfig.pm", folder / "conf.d"
    config.write_text(_CONFIG.format(
        web_port=web_port, port=server.port, user=server.username, database=_DATABASE, password="bench",
    ))  # fmt: skip
    more.mkdir()
    folder.chmod(0o755)  # its server reads it as a user of its own
    return os.environ | {"RT_SITE_CONFIG": str(config), "RT_SITE_CONFIG_DIR": str(more), "LC_ALL": "C.UTF-8"}


def _as_its_user() -> list[str]:
    return ["setpriv", f"--reuid={_USER}", f"--regid={_USER}", "--clear-groups"] if os.geteuid() == 0 else []
