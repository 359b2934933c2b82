"""Logs: one JSON object a line on standard error, with the call's tenant, actor, request id and trace id, and without
personal data.

Values under a personal or secret key are masked; phone and identity numbers are scrubbed from every text, tracebacks
included. What this cannot see is a name inside free text, so: never log content, log ids.

nameko, kombu, gunicorn and whoever else logs through `logging` comes out in the same form. gunicorn takes
`logconfig_dict = logs.dict_config(...)`; every other process calls `configure`.
"""

from __future__ import annotations

import logging.config
import re
from collections.abc import Mapping, MutableMapping
from contextlib import AbstractContextManager
from typing import Any

import orjson
import structlog
from structlog.contextvars import bound_contextvars, merge_contextvars
from structlog.typing import EventDict, Processor, WrappedLogger

from chassis import clock
from contracts.context import Context

MASK = "***"
# fmt: off
PERSONAL_KEYS = frozenset(
    {
        "phone", "mobile", "telephone", "tel", "fax", "email", "mail", "wechat", "name", "id_number",
        "address", "birthday", "content", "remark", "note", "plate", "signature", "recipient", "complainant",
        "customer", "contact", "body", "payload",
    }
)
SECRET_KEYS = frozenset(
    {
        "password", "secret", "token", "authorization", "cookie", "credential", "api_key", "private_key",
        "uri", "url", "dsn",
    }
)
# fmt: on
_WORDS = PERSONAL_KEYS | SECRET_KEYS
_MOBILE = r"(?<![0-9A-Za-z.])(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?![0-9A-Za-z])"
_LANDLINE = r"(?<![0-9A-Za-z.-])(?:\(0\d{2,3}\)|0\d{2,3}-)[ ]?\d{7,8}(?![0-9A-Za-z-])"
_IDENTITY = r"(?<![0-9A-Za-z.])\d{17}[\dXx](?![0-9A-Za-z])"
_NUMBERS = re.compile(f"{_IDENTITY}|{_MOBILE}|{_LANDLINE}")
_PASSWORD = re.compile(r"(://[^:/@\s]*):[^@\s]+@")
_MAX_DEPTH = 6


def get(name: str, **bound: Any) -> structlog.stdlib.BoundLogger:
    """The logger of a module: `log = logs.get(__name__)`; `log.info("complaint opened", complaint_id=...)`."""
    return structlog.stdlib.get_logger(name, **bound)


def bound(ctx: Context, **more: Any) -> AbstractContextManager[None]:
    """Every line logged inside the block tells whose call it belongs to."""
    facts = {
        "tenant": str(ctx.tenant_id) if ctx.tenant_id else None,
        "actor": f"{ctx.actor.kind}:{ctx.actor.id}",
        "request_id": ctx.request_id or None,
        "trace_id": ctx.trace_id or None,
        **more,
    }
    return bound_contextvars(**{key: value for key, value in facts.items() if value is not None})


def configure(service: str, *, level: str = "INFO", style: str = "json") -> None:
    """Set up this process's logs; call it once, first thing. `style`: json for collectors, console for people."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_shared(service),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    logging.config.dictConfig(dict_config(service, level=level, style=style))


def dict_config(service: str, *, level: str = "INFO", style: str = "json") -> dict[str, Any]:
    """The same as a `logging.config` mapping, for programs that set up logging themselves."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "kefu": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": [structlog.stdlib.ExtraAdder(), *_shared(service)],
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, scrub, *_renderer(style)],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "kefu"}},
        "root": {"level": level, "handlers": ["stderr"]},
        "loggers": {name: _routed(max(level, least, key=logging.getLevelName)) for name, least in _OTHERS.items()},
    }


_OTHERS = {
    "gunicorn.error": "INFO",
    "gunicorn.access": "WARNING",
    "amqp": "WARNING",
    "pika": "WARNING",
    "alembic": "WARNING",
}
"""Loggers with handlers of their own or with too much to say."""


def _routed(least: str) -> dict[str, Any]:
    return {"level": least, "handlers": [], "propagate": True}


def _shared(service: str) -> list[Processor]:
    return [
        merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        _stamp(service),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
    ]


def _stamp(service: str) -> Processor:
    def stamp(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event["service"] = service
        event["time"] = clock.now().isoformat(timespec="milliseconds")
        return event

    return stamp


def _renderer(style: str) -> list[Processor]:
    if style == "console":
        return [structlog.dev.ConsoleRenderer(timestamp_key="time", sort_keys=False)]
    return [structlog.processors.EventRenamer("message"), structlog.processors.JSONRenderer(serializer=_json)]


def _json(event: MutableMapping[str, Any], **_: Any) -> str:
    return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


_OWN_KEYS = frozenset({"event", "logger", "level", "service", "time", "exception", "stack"})


def scrub(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """The processor that takes personal data and secrets out of a line."""
    for key, value in event.items():
        event[key] = _numbers_out(value) if key in _OWN_KEYS else masked(key, value)
    return event


def masked(key: str, value: Any, depth: int = 0) -> Any:
    """`value` as it may be logged under `key`: masked when the key's last word is personal (`customer_name`)."""
    if value is not None and _is_personal(key):
        return MASK
    if depth > _MAX_DEPTH:
        return MASK
    if isinstance(value, Mapping):
        return {k: masked(str(k), v, depth + 1) for k, v in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [masked("", v, depth + 1) for v in value]
    return _numbers_out(value)


def _is_personal(key: str) -> bool:
    name = key.lower().replace("-", "_")
    return name in _WORDS or name.rpartition("_")[2] in _WORDS or name.endswith(("id_number", "api_key", "private_key"))


def _numbers_out(value: Any) -> Any:
    if isinstance(value, (bool, int, float)) or value is None:
        return value
    text = value if isinstance(value, str) else str(value)
    return _PASSWORD.sub(rf"\1:{MASK}@", _NUMBERS.sub(MASK, text))
