"""Policy texts with the line of every key: YAML files of packs, YAML texts of tenants, JSON bodies of the gateway."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from contracts.policies.findings import Finding, KeyPath, Locate, PolicyError, dotted

MAX_TEXT = 1_000_000
"""Characters of one policy text: far beyond any real one; a bound on the work a text can make."""


@dataclass(frozen=True, slots=True)
class Source:
    """One layer of a policy: its data, and on which line each key stands (None: not from a text)."""

    name: str
    data: dict[str, Any]
    lines: dict[KeyPath, int | None] = field(default_factory=dict)
    replaces: tuple[str, ...] = ()
    """Dotted paths of what this layer says anew: what the layers below say there is left out."""


class _Loader(yaml.SafeLoader):
    """Plain YAML: `on`, `yes` and dates stay text, so that a key named `on` is what it looks like."""


_Loader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern)
        for tag, pattern in resolvers
        if tag not in {"tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp"}
    ]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))


def read_source(path: Path, name: str | None = None) -> Source:
    """The policy text in `path`; PolicyError with the line when it cannot be read as YAML."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyError(
            [Finding(file=str(path), key="", problem=f"cannot be read: {error}", remedy="Give a UTF-8 text file.")]
        ) from error
    return parse_source(text, name or path.name)


def parse_source(text: str, name: str) -> Source:
    """A policy text as data with lines. PolicyError on a syntax error, a doubled key, or a top that is no mapping."""
    if len(text) > MAX_TEXT:
        raise PolicyError(
            [Finding(file=name, key="", problem="is too long", remedy=f"Keep it under {MAX_TEXT} characters.")]
        )
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        lines: dict[KeyPath, int | None] = {}
        doubled = list(_walk(node, (), lines)) if node is not None else []  # before construction unfolds `<<`
        data = loader.construct_document(node) if node is not None else {}
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise PolicyError(
            [
                Finding(
                    file=name,
                    line=line,
                    key="",
                    problem=f"is not YAML: {error.problem}",
                    remedy="Mend the syntax at this line.",
                )
            ]
        ) from error
    if not isinstance(data, dict):
        raise PolicyError(
            [
                Finding(
                    file=name, line=1, key="", problem="is not a mapping", remedy="Write `key: value` pairs at the top."
                )
            ]
        )
    if doubled:
        raise PolicyError(
            [
                Finding(
                    file=name,
                    line=line,
                    key=dotted(path),
                    problem="stands here a second time",
                    remedy="Keep one of the two.",
                )
                for path, line in doubled
            ]
        )
    return Source(name, data, lines)


def plain_source(data: Mapping[str, Any], name: str) -> Source:
    """A layer that came as data: it has keys but no lines."""
    lines: dict[KeyPath, int | None] = {}
    _walk_plain(data, (), lines)
    return Source(name, dict(data), lines)


def locator(layers: Sequence[Source]) -> Locate:
    """Finds a path's place in the layer that set it last, or its nearest parent's."""

    def locate(path: KeyPath, problem: str, remedy: str) -> Finding:
        for length in range(len(path), 0, -1):
            for layer in reversed(layers):
                if path[:length] in layer.lines:
                    return Finding(
                        file=layer.name,
                        line=layer.lines[path[:length]],
                        key=dotted(path),
                        problem=problem,
                        remedy=remedy,
                    )
        return Finding(file=layers[0].name if layers else "", key=dotted(path), problem=problem, remedy=remedy)

    return locate


def _walk(node: yaml.Node, path: KeyPath, lines: dict[KeyPath, int | None]) -> Iterator[tuple[KeyPath, int]]:
    """Fill `lines`; yield each key that stands twice in its mapping."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.tag == "tag:yaml.org,2002:merge":
                continue
            here = (*path, str(key.value))
            line = key.start_mark.line + 1
            if here in lines:
                yield here, line
            lines[here] = line
            yield from _walk(value, here, lines)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            here = (*path, _own_key(item) or str(index))
            lines[here] = item.start_mark.line + 1
            yield from _walk(item, here, lines)


def _own_key(node: yaml.Node) -> str | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == "key" and isinstance(value, yaml.ScalarNode):
                return str(value.value)
    return None


def _walk_plain(value: Any, path: KeyPath, lines: dict[KeyPath, int | None]) -> None:
    if isinstance(value, Mapping):
        for key, item in value.items():
            lines[(*path, str(key))] = None
            _walk_plain(item, (*path, str(key)), lines)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            name = str(item["key"]) if isinstance(item, Mapping) and "key" in item else str(index)
            lines[(*path, name)] = None
            _walk_plain(item, (*path, name), lines)
