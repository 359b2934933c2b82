"""gunicorn's logger without its access log: the gateway writes its own line per request (observation.py)."""

from __future__ import annotations

from gunicorn.glogging import Logger


class WithoutAccessLog(Logger):  # type: ignore[misc]
    """gunicorn puts an access line together even when nobody reads it: a twentieth of the gateway's CPU time."""

    @property
    def access_log_enabled(self) -> bool:
        return False
