"""Lets `services.toy` and `services.echo` be found beside the real services."""

from __future__ import annotations

from pathlib import Path

import services

SERVICES = ("toy", "echo")
_FOLDER = str(Path(__file__).parent / "services")


def settle() -> None:
    if _FOLDER not in services.__path__:
        services.__path__.append(_FOLDER)
