"""OpenAPI links: from what creates a thing to all that can be done with it, read off the paths.

`POST /v1/customers` answers an `id`, and `/v1/customers/{customer_id}…` takes it. Tools follow them: generated clients
offer the next call, and Schemathesis plays whole stories instead of single requests.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

_PARAMETER = re.compile(r"{(\w+)}")
_VERBS = ("get", "put", "patch", "post", "delete")
_CREATED = "201"


def with_links(document: dict[str, Any]) -> dict[str, Any]:
    """`document` with links in every answer that tells a new thing's id."""
    for path, item in document["paths"].items():
        answer = item.get("post", {}).get("responses", {}).get(_CREATED)
        if answer and _tells_id(answer, document["components"]["schemas"]):
            links = {entry["operationId"]: link for entry, link in _followers(document["paths"], path)}
            if links:
                answer["links"] = links
    return document


def without_links_beyond(answers: Mapping[str, Any], operations: Collection[str]) -> dict[str, Any]:
    """The answers of an operation with links to these operations only."""
    return {status: _limited(answer, operations) for status, answer in answers.items()}


def _limited(answer: Mapping[str, Any], operations: Collection[str]) -> dict[str, Any]:
    links = {name: link for name, link in answer.get("links", {}).items() if name in operations}
    rest = {key: value for key, value in answer.items() if key != "links"}
    return rest | {"links": links} if links else rest


def _tells_id(answer: Mapping[str, Any], schemas: Mapping[str, Any]) -> bool:
    schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
    return "id" in schemas.get(schema.get("$ref", "").rpartition("/")[2], {}).get("properties", {})


def _followers(paths: Mapping[str, Any], made_at: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """What takes the id of a thing made at that path, with the link to it; what wants further ids is left out."""
    outer = _PARAMETER.findall(made_at)
    for path, item in paths.items():
        inner = _PARAMETER.findall(path)
        if path.startswith(f"{made_at}/{{") and len(inner) == len(outer) + 1:
            parameters = {name: f"$request.path.{name}" for name in outer} | {inner[-1]: "$response.body#/id"}
            for verb in _VERBS:
                if verb in item:
                    yield item[verb], {"operationId": item[verb]["operationId"], "parameters": parameters}
