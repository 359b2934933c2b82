"""kefu demo: the demonstration companies, and a working day with them."""

from __future__ import annotations

import os
from pathlib import Path

import click

from kefu.rest import DEFAULT_URL


@click.group(invoke_without_command=True)
@click.option("--url", envvar="KEFU_URL", default=DEFAULT_URL, show_default=True, help="The gateway; KEFU_URL.")
@click.option(
    "--operator-key", envvar="KEFU_KEY", default=None, help="KEFU_KEY; else what KEFU_VAR/operator.key holds."
)
@click.option("--private", is_flag=True, help="Start a platform of its own for this one run.")
@click.option(
    "--clock-file", envvar="KEFU_CLOCK_FILE", type=click.Path(dir_okay=False, path_type=Path), default=None,
    help="The file that a demonstration platform's clock follows; without it no day passes in the stories.",
)  # fmt: skip
@click.option("--locale", type=click.Choice(["en", "zh-CN"]), default="en", show_default=True)
@click.pass_context
def group(
    ctx: click.Context, *, url: str, operator_key: str | None, private: bool, clock_file: Path | None, locale: str
) -> None:
    """Drive the demonstration companies through a running platform, by REST only, and print each step."""
    from kefu.demo.accounts import AccountsFile
    from kefu.demo.play import Demonstration
    from kefu.demo.private import private_platform

    var = Path(os.environ.get("KEFU_VAR", "var"))
    if not private:
        key = operator_key or _kept_key(var / "operator.key")
        ctx.obj = Demonstration(url, key, AccountsFile(var / "demo.json"), clock_file, locale)
        if ctx.invoked_subcommand is None:
            _run(ctx.obj.play)
        return
    if ctx.invoked_subcommand is not None:
        raise click.UsageError("--private stands alone.")
    click.echo("Starting a platform of its own for the demonstration")
    with private_platform() as own:
        accounts = AccountsFile(own.folder / "demo.json")
        _run(Demonstration(own.url, own.operator_key, accounts, own.clock_file, locale).play)


@group.command()
@click.pass_context
def load(ctx: click.Context) -> None:
    """Only take the companies on; a second time changes nothing."""
    _run(ctx.obj.load)


def _run(what: object) -> None:
    from kefu.demo.api import Refused
    from kefu.demo.player import StoryFailed

    assert callable(what)
    try:
        what()
    except (Refused, StoryFailed, TimeoutError) as error:
        raise click.ClickException(str(error)) from error


def _kept_key(file: Path) -> str:
    if not file.exists():
        raise click.UsageError(f"Give --operator-key (or KEFU_KEY): {file} is not there. Is the platform running?")
    return file.read_text(encoding="utf-8").strip()
