"""The customers service's own settings."""

from __future__ import annotations

from chassis.settings import Settings, between, setting, settings


@settings
class CustomersSettings(Settings):
    """What it needs besides what every service has."""

    import_lease: int = setting(
        "KEFU_IMPORT_LEASE",
        default=300,
        text="Seconds after which another process goes on with an import whose process said nothing more.",
        check=between(5, 3600),
    )
