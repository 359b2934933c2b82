"""What the notifications schema cannot say: a wording uses only variables that its template declares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from contracts.policies.findings import Finding, Locate, suggestion
from contracts.policies.wording import WordingError, placeholders


def check(document: Mapping[str, Any], locate: Locate) -> Iterator[Finding]:
    """What is wrong with a notifications document whose form is right."""
    quiet = document.get("quiet_hours")
    if quiet and quiet["enabled"] and quiet["from"] == quiet["to"]:
        yield locate(("quiet_hours", "to"), "equals `from`", "Write two different times, or `enabled: false`.")
    for template in document.get("templates", ()):
        yield from _template(template, locate)


def _template(template: Mapping[str, Any], locate: Locate) -> Iterator[Finding]:
    declared = template.get("variables", {})
    for language, texts in template["texts"].items():
        for channel, text in texts.items():
            for part in ("title", "body"):
                path = ("templates", template["key"], "texts", language, channel, part)
                for problem, remedy in faults(text.get(part, ""), declared):
                    yield locate(path, problem, remedy)


def faults(wording: str, declared: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """What is wrong with one wording and what to write instead; `declared` are the variables it may use."""
    try:
        names = placeholders(wording)
    except WordingError as error:
        yield str(error), "Mend the braces."
        return
    for name in names:
        if name not in declared:
            yield f"uses `{{{name}}}`, which the template does not declare", suggestion(name, declared)
