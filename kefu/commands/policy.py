"""kefu policy: check packs on one's own machine; preview and activate a company's changes over REST."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from contracts.policies import Finding, PolicyError, Source, grounded, load_pack, pack_names, read_source, resolve
from contracts.tenants import OPTIONAL_SERVICES
from kefu.previewing import show_cases
from kefu.rest import Rest, rest_options

SERVICE = click.Choice(OPTIONAL_SERVICES)


@click.group()
def group() -> None:
    """Check, compare and activate policies."""


@group.command()
@click.argument("pack", required=False)
@click.option(
    "--packs", "root", type=click.Path(exists=True, file_okay=False, path_type=Path), envvar="KEFU_PACKS_DIR",
    default=Path("packs"), show_default=True, help="Folder of the packs.",
)  # fmt: skip
@click.option("--service", type=SERVICE, default=None, help="Only this service's policy.")
@click.option(
    "--overrides", type=click.Path(exists=True, dir_okay=False, path_type=Path), default=None,
    help="A company's overrides to check on top; needs PACK and --service.",
)  # fmt: skip
def check(pack: str | None, root: Path, service: str | None, overrides: Path | None) -> None:
    """Check PACK (a name, or a pack's folder; default: all packs). Needs no running platform.

    Prints file, line and key of each mistake and ends with 1 when there is one.
    """
    if overrides and not (pack and service):
        raise click.UsageError("--overrides needs PACK and --service: overrides are of one service's policy.")
    if pack and Path(pack).is_dir():
        root, pack = _of_folder(Path(pack).resolve())
    findings: dict[str, Finding] = {}
    names = [pack] if pack else pack_names(root)
    for name in names:
        findings |= {str(finding): finding for finding in _findings(root, name, service, overrides)}
    for text in findings:
        click.echo(text)
    if findings:
        raise SystemExit(1)
    click.echo(f"{', '.join(names) or 'no pack'}: nothing wrong")


@group.command()
@click.argument("service", type=SERVICE)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--pack", "packs", multiple=True, help="Other packs than those in force; may be repeated.")
@click.option("--note", default="", help="Why; kept with the version.")
@rest_options
def preview(rest: Rest, service: str, file: Path, packs: tuple[str, ...], note: str) -> None:
    """Make a draft of SERVICE's policy with the overrides in FILE (YAML) and show what it would change: of the policy,
    and of the cases that are open now. It changes nothing yet, and open cases keep the policy they began with."""
    body = {"source": file.read_text(encoding="utf-8"), "packs": packs or None, "note": note}
    draft = rest.post(f"/v1/policies/{service}/drafts", json=body)
    _show_diff(rest, service, draft["id"])
    if service == "complaints":
        show_cases(rest, draft["id"])
    click.echo(f"draft {draft['id']}; activate it: kefu policy activate {service} {draft['id']}")


@group.command()
@click.argument("service", type=SERVICE)
@click.argument("draft_id", type=click.UUID)
@rest_options
def diff(rest: Rest, service: str, draft_id: object) -> None:
    """Show what the draft DRAFT_ID would change of SERVICE's policy in force."""
    _show_diff(rest, service, draft_id)


@group.command()
@click.argument("draft_id", type=click.UUID)
@click.option("--limit", type=click.IntRange(1, 100), default=20, show_default=True, help="Cases to name.")
@rest_options
def cases(rest: Rest, draft_id: object, limit: int) -> None:
    """Show what the draft DRAFT_ID of the complaints policy would change of the open cases, were it theirs."""
    show_cases(rest, draft_id, limit)


@group.command()
@click.argument("service", type=SERVICE)
@click.argument("draft_id", type=click.UUID)
@rest_options
def activate(rest: Rest, service: str, draft_id: object) -> None:
    """Bring the draft DRAFT_ID into force for what begins from now on."""
    active = rest.post(f"/v1/policies/{service}/drafts/{draft_id}/activate")
    click.echo(f"{service}: version {active['version']} is in force since {active['activated_at']}")


def _of_folder(folder: Path) -> tuple[Path, str]:
    """The packs' folder and the pack's name, of a pack's or a variant's own folder."""
    inside = (folder.parent / "pack.yaml").exists()
    root = folder.parents[1] if inside else folder.parent
    return root, folder.relative_to(root).as_posix()


def _findings(root: Path, name: str, service: str | None, overrides: Path | None) -> Iterator[Finding]:
    try:
        pack = load_pack(root, name)
        own: Source | None = read_source(overrides) if overrides else None
    except PolicyError as error:
        yield from error.findings
        return
    worded = dict.fromkeys(part for layer in grounded([pack]) for part in layer.layers)
    for part in [service] if service else worded:
        yield from resolve(part, [pack], own).findings


def _show_diff(rest: Rest, service: str, draft_id: object) -> None:
    found: dict[str, Any] = rest.get(f"/v1/policies/{service}/drafts/{draft_id}/diff")
    click.echo(f"against version {found['base_version']}:")
    for change in found["changes"]:
        click.echo(f"  {change['path']}: {_short(change['before'])} -> {_short(change['after'])}")
    if not found["changes"]:
        click.echo("  nothing changes")


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 100 else text[:97] + "..."
