"""The platform against its own OpenAPI document, by Schemathesis: made-up requests, sound ones and broken ones, for
every operation a company has, and stories along the document's links (make, read, change, delete, read again). Each
answer must be one the document announces, and what was deleted must be gone."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.platform.running import Platform
from tests.security.calls import NAMES
from tests.security.conftest import Sides, furnished

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "use_after_free",
)
REFUSALS = ["400", "401", "403", "404", "405", "409", "413", "415", "422"]
"""What a request that breaks the document may be answered with; a body both wrong and too large is 413."""


@pytest.fixture(scope="module")
def sides(platform: Platform) -> Iterator[Sides]:
    """Companies of its own: requests made up at random delete, revoke and close whatever they can."""
    with furnished(platform) as made:
        yield made


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.parametrize("platform", ["sqlite"], indirect=True, scope="session")
def test_every_answer_is_one_that_the_document_announces(sides: Sides, tmp_path: Path) -> None:
    (tmp_path / "schemathesis.toml").write_text(_settings(sides))
    command = [
        *(str(Path(sys.executable).with_name("schemathesis")), "--config-file", "schemathesis.toml"),
        *("run", f"{sides.platform.base_url}/v1/openapi.json", "--phases", "examples,coverage,fuzzing,stateful"),
        # Each takes the press a second, and 503 is an honest answer when it is busy.
        *("--exclude-operation-id-regex", "^complaints_print_"),
        *("--max-examples", "5", "--generation-deterministic", "--checks", ",".join(CHECKS)),
        *("--continue-on-failure", "--warnings", "off", "--no-color"),
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr
    assert "Tested: " in done.stdout
    assert "Stateful" in done.stdout


def _settings(sides: Sides) -> str:
    """Real ids where the document can only say that an id belongs, so that more than `not_found` is seen."""
    known = {**NAMES, **sides.ours.ids}
    lines = [f'"path.{name}" = {json.dumps(value)}' for name, value in known.items()]
    phases = "[phases.coverage]\nunexpected-methods = []\n"  # methods are the routes' own: tests/unit/gateway
    refusals = f"[checks.negative_data_rejection]\nexpected-statuses = {json.dumps(REFUSALS)}\n"
    headers = f'[headers]\nAuthorization = "{sides.ours.admin.client.headers["Authorization"]}"\n'
    return "\n".join([phases, refusals, headers, "[parameters]", *lines, ""])
