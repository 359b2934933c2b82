"""kefu tenants: the companies on the platform, for its operator."""

from __future__ import annotations

from typing import Any

import click

from contracts.tenants import OPTIONAL_SERVICES
from kefu.rest import Rest, all_items, rest_options


@click.group()
def group() -> None:
    """Take on companies and switch their services. KEFU_KEY is the operator's key."""


@group.command()
@click.argument("code")
@click.argument("name")
@click.option("--pack", "packs", multiple=True, required=True, help="Industry pack; may be repeated, later ones win.")
@click.option("--service", "services", multiple=True, type=click.Choice(OPTIONAL_SERVICES), help="May be repeated.")
@click.option("--timezone", default="Asia/Shanghai", show_default=True)
@click.option("--language", type=click.Choice(["zh-CN", "en"]), default="zh-CN", show_default=True)
@rest_options
def create(
    *, rest: Rest, code: str, name: str, packs: tuple[str, ...], services: tuple[str, ...], timezone: str, language: str
) -> None:
    """Take on the company NAME under the short name CODE and print its administrator's key, once."""
    body = {"code": code, "name": name, "packs": packs, "services": services, "timezone": timezone, "locale": language}
    tenant = rest.post("/v1/tenants", json=body)
    _show(tenant)
    _make_admin_key(rest, tenant["id"])


@group.command("admin-key")
@click.argument("code")
@rest_options
def admin_key(rest: Rest, code: str) -> None:
    """Make another administrator's key for the company CODE and print it, once."""
    _make_admin_key(rest, _id_of(rest, code))


@group.command("list")
@click.option("--query", "q", default=None, help="Part of the code or name.")
@rest_options
def list_(rest: Rest, q: str | None) -> None:
    """List the companies by code."""
    for tenant in all_items(rest, "/v1/tenants", **({"q": q} if q else {})):
        _show(tenant)


@group.command()
@click.argument("code")
@click.argument("service", type=click.Choice(OPTIONAL_SERVICES))
@rest_options
def enable(rest: Rest, code: str, service: str) -> None:
    """Switch SERVICE on for the company CODE, from now on."""
    state = rest.put(f"/v1/tenants/{_id_of(rest, code)}/services/{service}")
    missed = f"; it did not see what happened since {state['disabled_at']}" if state["disabled_at"] else ""
    click.echo(f"{service} is on since {state['enabled_at']}{missed}")


@group.command()
@click.argument("code")
@click.argument("service", type=click.Choice(OPTIONAL_SERVICES))
@rest_options
def disable(rest: Rest, code: str, service: str) -> None:
    """Switch SERVICE off for the company CODE; its data stays."""
    state = rest.delete(f"/v1/tenants/{_id_of(rest, code)}/services/{service}")
    click.echo(f"{service} is off since {state['disabled_at']}")


def _make_admin_key(rest: Rest, tenant_id: str) -> None:
    key = rest.post(f"/v1/tenants/{tenant_id}/admin-keys", json={"name": "administrator"})
    click.echo(f"administrator's key, shown this once: {key['secret']}")


def _id_of(rest: Rest, code: str) -> str:
    for tenant in all_items(rest, "/v1/tenants", q=code):
        if tenant["code"] == code:
            return str(tenant["id"])
    raise click.ClickException(f"There is no company with the code {code}; see `kefu tenants list`.")


def _show(tenant: dict[str, Any]) -> None:
    services = ", ".join(state["service"] for state in tenant["services"] if state["enabled"]) or "no service"
    click.echo(f"{tenant['code']}  {tenant['name']}  {tenant['status']}  {services}  {tenant['id']}")
