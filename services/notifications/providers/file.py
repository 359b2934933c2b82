"""The provider for trials: one JSON line per message in `<tenant>.jsonl`, so that anybody can see what would go out."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import orjson

from chassis import clock
from services.notifications.providers.base import Accepted, Envelope, Failed, Outcome
from services.notifications.settings import NotificationsSettings


class FileProvider:
    """Appends to a file of the tenant's own under KEFU_TRIAL_MESSAGES_DIR."""

    def send(self, envelope: Envelope) -> Outcome:
        line = {
            "id": str(envelope.delivery_id), "at": clock.now().isoformat(), "channel": envelope.channel,
            "to": envelope.to, "title": envelope.title, "body": envelope.body, "language": envelope.language,
            "key": envelope.key, "urgent": envelope.urgent,
        }  # fmt: skip
        try:
            with (_folder() / f"{envelope.tenant_id}.jsonl").open("ab") as file:
                file.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
        except OSError as error:
            return Failed(f"cannot write: {error.strerror}")
        return Accepted(f"file-{envelope.delivery_id}")


@cache
def _folder() -> Path:
    folder = NotificationsSettings.load().trial_dir
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
