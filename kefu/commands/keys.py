"""kefu keys: the operator's own key, and a company's API keys."""

from __future__ import annotations

import click

from kefu import beside
from kefu.rest import Rest, all_items, rest_options


@click.group()
def group() -> None:
    """Make, list and revoke keys. Secrets are shown once; keep them."""
    beside.join()


@group.command()
@click.option("--another", is_flag=True, help="Make one more when there is one, for who lost it.")
@click.option("--only", is_flag=True, help="With --another: revoke the operator's keys made before.")
def operator(another: bool, only: bool) -> None:
    """Make the platform operator's key, straight in the tenants database (KEFU_DATABASE_URL)."""
    from chassis.config import ServiceSettings
    from services.tenants import bootstrap

    url = ServiceSettings.load().database_url
    key = bootstrap.another_operator_key(url, revoke_others=only) if another else bootstrap.ensure_operator(url)
    if key is None:
        raise click.ClickException("The operator has a key already; --another makes one more.")
    click.echo(key)


@group.command("rotate-signing")
def rotate_signing() -> None:
    """Sign access tokens by a new key from now on; the old keys go on checking. In KEFU_SIGNING_KEYS_PATH."""
    from services.tenants import keyring
    from services.tenants.settings import TenantsSettings

    settings = TenantsSettings.load()
    if settings.signing_keys:
        raise click.ClickException("The keys come from KEFU_SIGNING_KEYS: put a new one first in there instead.")
    rotated = keyring.load("", settings.signing_keys_path).rotated()
    keyring.replace(settings.signing_keys_path, rotated)
    click.echo(f"{settings.signing_keys_path}: {len(rotated.keys)} keys, signing by {rotated.signing.kid}")


@group.command()
@click.argument("name")
@click.option("--permission", "permissions", multiple=True, required=True, help="complaints.read, complaints.*, ...")
@click.option("--service", "services", multiple=True, help="Open only these services.")
@click.option("--org-unit", "org_unit_ids", multiple=True, type=click.UUID, help="Act only in these units and below.")
@click.option("--expires", "expires_at", default=None, help="Such as 2027-01-01T00:00:00+08:00.")
@rest_options
def create(
    *,
    rest: Rest,
    name: str,
    permissions: tuple[str, ...],
    services: tuple[str, ...],
    org_unit_ids: tuple[object, ...],
    expires_at: str | None,
) -> None:
    """Make an API key called NAME, no wider than your own, and print it once."""
    body = {
        "name": name,
        "permissions": permissions,
        "services": services or None,
        "org_unit_ids": [str(unit) for unit in org_unit_ids] or None,
        "expires_at": expires_at,
    }
    made = rest.post("/v1/api-keys", json=body)
    click.echo(f"{made['id']}  {made['secret']}")


@group.command("list")
@rest_options
def list_(rest: Rest) -> None:
    """List the company's API keys, newest first."""
    for key in all_items(rest, "/v1/api-keys"):
        ended = f"revoked {key['revoked_at']}" if key["revoked_at"] else f"until {key['expires_at'] or 'revoked'}"
        click.echo(f"{key['id']}  kf_{key['prefix']}_…  {key['name']}  {', '.join(key['permissions'])}  {ended}")


@group.command()
@click.argument("key_id", type=click.UUID)
@rest_options
def revoke(rest: Rest, key_id: object) -> None:
    """Revoke the API key KEY_ID; it is refused everywhere within 5 seconds."""
    rest.delete(f"/v1/api-keys/{key_id}")
    click.echo(f"{key_id} is revoked")
