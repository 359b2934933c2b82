"""kefu import: customers from CSV or XLSX, through the same REST calls that partners use."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click

from contracts.customers import IMPORT_MODES
from kefu.rest import Rest, all_items, rest_options

ENDED = {"done", "refused"}
POLL_SECONDS = 0.5


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--kind", default="customers", show_default=True, help="What the file holds.")
@click.option(
    "--mode", type=click.Choice(IMPORT_MODES), default="dry_run", show_default=True,
    help="dry_run only checks; all_or_nothing stores all rows or none; good_rows skips bad ones.",
)  # fmt: skip
@click.option(
    "--wait", "limit", type=click.FloatRange(min=1), default=600.0, show_default=True, help="Seconds to wait."
)
@rest_options
def command(rest: Rest, file: Path, kind: str, mode: str, limit: float) -> None:
    """Import FILE and show each bad row. Ends with 1 when a row is bad or the import was refused."""
    with file.open("rb") as content:
        started = rest.post(
            "/v1/imports", params={"kind": kind, "mode": mode}, files={"file": (file.name, content)}, timeout=120.0
        )
    outcome = _await_end(rest, started["id"], limit)
    _show(outcome)
    for error in all_items(rest, f"/v1/imports/{outcome['id']}/errors"):
        click.echo(f"  row {error['row']}  {error['column'] or '-'}: {error['message']}")
    if outcome["state"] == "refused" or outcome["rows_bad"]:
        raise SystemExit(1)


def _await_end(rest: Rest, import_id: str, limit: float) -> dict[str, Any]:
    """The import when it ended; shows the progress of a long one."""
    end, shown = time.monotonic() + limit, 0
    while time.monotonic() < end:
        found: dict[str, Any] = rest.get(f"/v1/imports/{import_id}")
        if found["state"] in ENDED:
            return found
        if found["rows_done"] > shown:
            shown = found["rows_done"]
            click.echo(f"{shown} of {found['rows_total']} rows", err=True)
        time.sleep(POLL_SECONDS)
    raise click.ClickException(f"still running after {limit:g} s; look at /v1/imports/{import_id} later")


def _show(outcome: dict[str, Any]) -> None:
    counts = "  ".join(
        f"{name} {outcome[f'rows_{name}']}" for name in ("total", "created", "updated", "unchanged", "bad")
    )
    stored = " (nothing stored)" if outcome["mode"] == "dry_run" or outcome["state"] == "refused" else ""
    click.echo(f"{outcome['state']}{stored}: {counts}")
