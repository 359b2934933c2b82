"""PDF by WeasyPrint, in the child."""

from __future__ import annotations

import logging
import subprocess
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import weasyprint
from weasyprint.urls import URLFetcher, URLFetcherResponse

logging.getLogger("weasyprint").addHandler(logging.NullHandler())  # it quotes addresses, and those are the page's
logging.getLogger("fontTools").addHandler(logging.NullHandler())


class Fetcher(URLFetcher):  # type: ignore[misc]
    """Follows `data:` addresses and files below `base`; refuses every other, so that no page makes us call somebody or
    shows a file that is not its own."""

    def __init__(self, base: Path | None) -> None:
        super().__init__(allowed_protocols=("data", "file"), allow_redirects=False)
        self._base = base

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
        parts = urlsplit(url)
        if parts.scheme.lower() != "data":
            self._check(parts.scheme.lower(), parts.netloc, parts.path)
        return super().fetch(url, headers)

    def _check(self, scheme: str, host: str, path: str) -> None:
        place = Path(url2pathname(path)).resolve()  # where links lead counts, not what they are called
        if scheme != "file" or host or self._base is None or not place.is_relative_to(self._base):
            raise ValueError("only data: addresses and files of the template may be used")


def render(html: str, base: str | None) -> bytes:
    """The PDF's bytes."""
    folder = Path(base).resolve() if base is not None else None
    page = weasyprint.HTML(string=html, base_url=f"{folder}/" if folder else None, url_fetcher=Fetcher(folder))
    content: bytes = page.write_pdf()
    return content


@cache
def has_chinese_font() -> bool:
    """Whether Chinese can be written; without it every character would be an empty box."""
    try:
        listed = subprocess.run(["fc-list", ":lang=zh", "family"], capture_output=True, check=False, timeout=30)
    except OSError:
        return False
    return bool(listed.stdout.strip())
