"""A paper as HTML in the one layout, and as PDF."""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from chassis import press
from services.complaints.printing.paper import Paper
from services.complaints.printing.wording import Words

if TYPE_CHECKING:
    from jinja2 import Template

TEMPLATES = Path(__file__).parent / "templates"
SECONDS = press.SECONDS
"""How long somebody who asked for a paper is kept waiting."""


def html(paper: Paper) -> str:
    """The page; every value is escaped."""
    return _template().render(paper=paper, words=Words(paper.locale))


def pdf(paper: Paper, *, seconds: float | None = None) -> bytes:
    """The printed paper. Raises PRINTING_UNAVAILABLE; yields, so never inside a transaction."""
    return press.pdf(html(paper), TEMPLATES, seconds=seconds or SECONDS)


def download(paper: Paper) -> dict[str, str]:
    """The printed paper as an operation answers it (`contracts.fields.Download`)."""
    return {"filename": paper.filename, "media_type": press.PDF, "content": b64encode(pdf(paper)).decode()}


@cache
def _template() -> Template:
    # Loaded when something is printed for the first time: most service processes never print.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    return environment.get_template("paper.html")
