"""The `kefu` program. Each module of `kefu/commands/` is one command, found by its file's name and imported when used.

A module exposes a click command as `command` or a click group as `group`; `dead_letters.py` is `kefu dead-letters`,
`import_.py` is `kefu import`.
"""

from __future__ import annotations

import importlib
import pkgutil
import warnings
from importlib.metadata import version
from typing import Any

import click

from kefu import commands

# The chassis pins eventlet and keeps it to itself; its farewell notice at every start helps nobody.
warnings.filterwarnings("ignore", message=r"(?s)\s*Eventlet is deprecated")


class Discovered(click.Group):
    """A group that imports a command's module no sooner than the command is used: `kefu serve` must load nothing of
    what the others need, because the services' runtime has to be prepared before other imports."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        found = {_command_name(module.name) for module in pkgutil.iter_modules(commands.__path__)}
        return sorted(found | set(super().list_commands(ctx)))

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except Exception as error:
            from chassis.settings import SettingsError

            if isinstance(error, SettingsError):
                raise click.ClickException(str(error)) from None
            raise

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        module = _module_of(name)
        if module is None:
            return super().get_command(ctx, name)
        loaded: Any = importlib.import_module(f"{commands.__name__}.{module}")
        found = getattr(loaded, "command", None) or getattr(loaded, "group", None)
        if not isinstance(found, click.Command):
            raise click.ClickException(f"{loaded.__name__} exposes neither `command` nor `group`")
        return found


def _command_name(module: str) -> str:
    return module.rstrip("_").replace("_", "-")


def _module_of(command: str) -> str | None:
    modules = (module.name for module in pkgutil.iter_modules(commands.__path__))
    return next((module for module in modules if _command_name(module) == command), None)


@click.group(cls=Discovered, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(version("kefu"), message="kefu %(version)s")
def main() -> None:
    """Kefu (客服): customer-service policies of several companies on one deployment.

    Settings come from the environment (KEFU_...); see docs/operations.
    """
