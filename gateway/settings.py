"""The gateway's settings, from the environment only."""

from __future__ import annotations

import limits

from chassis.config import BrokerSettings
from chassis.settings import between, one_of, setting, settings


def _rate(value: str) -> None:
    limits.parse(value)


@settings
class GatewaySettings(BrokerSettings):
    """What the gateway has besides."""

    bind: str = setting("KEFU_GATEWAY_BIND", default="127.0.0.1:8080", text="Address and port it listens on.")
    workers: int = setting(
        "KEFU_GATEWAY_WORKERS", default=2, text="Worker processes; one per core.", check=between(1, 64)
    )
    worker_class: str = setting(
        "KEFU_GATEWAY_WORKER_CLASS",
        default="gthread",
        text="How a worker serves many requests at a time; see docs/adr.",
        check=one_of("gthread", "gevent"),
    )
    threads: int = setting(
        "KEFU_GATEWAY_THREADS",
        default=16,
        text="Requests a gthread worker has in hand at a time.",
        check=between(1, 256),
    )
    proxies: int = setting(
        "KEFU_GATEWAY_PROXIES",
        default=0,
        text="How many trusted proxies stand before it; their X-Forwarded-For is then believed.",
        check=between(0, 5),
    )
    rpc_seconds: float = setting(
        "KEFU_RPC_SECONDS", default=10.0, text="How long a call may take, end to end.", check=between(0.1, 60)
    )
    rate: str = setting(
        "KEFU_RATE",
        default="6000/minute",
        text="Requests a tenant may make; a tenant's own rate goes before it.",
        example="6000/minute",
        check=_rate,
    )
    anonymous_rate: str = setting(
        "KEFU_ANONYMOUS_RATE",
        default="120/minute",
        text="Sign-ins, and refused credentials, per client address.",
        example="120/minute",
        check=_rate,
    )
    link_rate: str = setting(
        "KEFU_LINK_RATE",
        default="120/minute",
        text="Requests by one link to a status page.",
        example="120/minute",
        check=_rate,
    )
    guess_rate: str = setting(
        "KEFU_GUESS_RATE",
        default="10/minute",
        text="Tries to open a status page by number and code, per client address.",
        example="10/minute",
        check=_rate,
    )
    guessed_rate: str = setting(
        "KEFU_GUESSED_RATE",
        default="20/hour",
        text="Tries to open a status page by number and code, per number.",
        example="20/hour",
        check=_rate,
    )
    rate_store: str = setting(
        "KEFU_RATE_STORE",
        default="shared://",
        text="Where requests are counted: shared:// for this machine's workers, or redis://… for several machines.",
        secret=True,
    )
