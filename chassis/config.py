"""The settings that several kinds of process share. A process's own class adds to these (`gateway/settings.py`,
`services/<x>/settings.py`); all names begin with KEFU_."""

from __future__ import annotations

from pathlib import Path

from chassis.settings import Settings, between, one_of, setting, settings

_ROOT = Path(__file__).resolve().parent.parent
_DATABASES = ("postgresql://", "postgresql+psycopg2://", "sqlite:///")


def _amqp(uri: str) -> None:
    if not uri.startswith(("amqp://", "amqps://")):
        raise ValueError("must begin with amqp:// or amqps://")


def _database_template(url: str) -> None:
    if not url.startswith(_DATABASES):
        raise ValueError(f"must begin with one of {' '.join(_DATABASES)}")
    if "{service}" not in url:
        raise ValueError("must hold {service}, because every service owns a database of its own")


@settings
class ProcessSettings(Settings):
    """What every process has: logs, metrics, clock."""

    log_level: str = setting(
        "KEFU_LOG_LEVEL",
        default="INFO",
        text="The least severe lines written.",
        check=one_of("DEBUG", "INFO", "WARNING", "ERROR"),
    )
    log_format: str = setting(
        "KEFU_LOG_FORMAT",
        default="json",
        text="json for collectors, console for people.",
        check=one_of("json", "console"),
    )
    metrics_host: str = setting(
        "KEFU_METRICS_HOST",
        default="127.0.0.1",
        text="Address of /metrics, /healthz and /readyz; 0.0.0.0 in a container.",
    )
    metrics_port: int = setting(
        "KEFU_METRICS_PORT",
        default=0,
        text="Port of /metrics, /healthz and /readyz; 0: not served.",
        example="9101",
        check=between(0, 65535),
    )
    metrics_tenants: int = setting(
        "KEFU_METRICS_TENANTS",
        default=100,
        text="How many tenants get a metrics label of their own; the rest count as `other`.",
        check=between(0, 10_000),
    )
    clock_file: Path | None = setting(
        "KEFU_CLOCK_FILE",
        default=None,
        text="For tests only: a file with an offset in seconds that all processes' clocks follow.",
    )


@settings
class BrokerSettings(ProcessSettings):
    """What a process on the broker has besides."""

    amqp_uri: str = setting(
        "KEFU_AMQP_URI",
        text="RabbitMQ's address with user, password and virtual host.",
        example="amqp://kefu:password@localhost:5672/kefu",
        secret=True,
        check=_amqp,
    )
    amqp_heartbeat: int = setting(
        "KEFU_AMQP_HEARTBEAT",
        default=30,
        text="Seconds between heartbeats; a broker silent for two of them is taken for lost.",
        check=between(5, 600),
    )


def _clamd(address: str) -> None:
    host, _, port = address.rpartition(":")
    if address and not address.startswith("unix:/") and not (host and port.isdigit() and 0 < int(port) < 65536):
        raise ValueError("must be host:port or unix:/path")


@settings
class ScanSettings(Settings):
    """Where uploaded files are looked at before anything is done with them."""

    clamd: str = setting(
        "KEFU_CLAMD",
        default="",
        text="Address of ClamAV's daemon, which looks at every uploaded file; empty: nobody does.",
        example="clamd:3310 or unix:/run/clamav/clamd.ctl",
        check=_clamd,
    )
    clamd_seconds: float = setting(
        "KEFU_CLAMD_SECONDS",
        default=6.0,
        text="What looking at one file may take; less than KEFU_RPC_SECONDS.",
        check=between(0.1, 60),
    )
    unscanned: str = setting(
        "KEFU_UNSCANNED_FILES",
        default="refuse",
        text="What becomes of a file while the scanner cannot be reached: refuse (503) or accept.",
        check=one_of("refuse", "accept"),
    )


@settings
class ServiceSettings(BrokerSettings, ScanSettings):
    """What a service, the relay and `kefu migrate` have."""

    database_url: str = setting(
        "KEFU_DATABASE_URL",
        text="Address of the services' databases; {service} stands for the service's name.",
        example="postgresql+psycopg2://kefu_{service}:password@localhost/kefu_{service}",
        secret=True,
        check=_database_template,
    )
    max_workers: int = setting(
        "KEFU_MAX_WORKERS",
        default=10,
        text="Calls and events one service process works on at a time; also its database connections.",
        check=between(1, 200),
    )
    packs_dir: Path = setting("KEFU_PACKS_DIR", default=_ROOT / "packs", text="Folder of the industry packs.")
