"""Clients that generators by others make of the OpenAPI document run a whole chain: `make interop-rest`."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import httpx2
import pytest

from agents.models import Agent, Document
from automatos.testing import Stack
from recipes.tests.kit import Cast
from recipes.tests.test_mcp_server import Desk
from workspaces.models import Role

# A client of several hundred files is made first.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
HERE = Path(__file__).parent
BIN = HERE / "node_modules" / ".bin"
OWN = HERE / ".venv" / "bin"
MADE = HERE / "made"
SECONDS = 240
MODEL, WORD = "openai:test-model", "Write"


def ran(*command: str | Path, **environment: str) -> str:
    done = subprocess.run(
        [str(part) for part in command], cwd=HERE, env={**os.environ, **environment}, capture_output=True, text=True,
        timeout=SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    return done.stdout


@pytest.fixture
def cast(stack: Stack) -> Cast:
    stack.models.clear()
    stack.models.on(WORD, reply="Otters hold hands.")
    return Cast()


@pytest.fixture
def key(stack: Stack, cast: Cast) -> str:
    return Desk(stack, cast, role=Role.EDITOR).key


@pytest.fixture
def document(stack: Stack) -> Path:
    MADE.mkdir(exist_ok=True)
    path = MADE / "served.yaml"
    path.write_bytes(httpx2.get(f"{stack.url}/api/schema/", timeout=120).content)
    return path


def check(cast: Cast, seen: dict[str, Any]) -> None:
    assert (seen["status"], seen["same"], seen["answer"]) == ("completed", True, "Otters hold hands."), seen
    assert seen["types"][0] == "execution.started"
    assert {"step.started", "step.completed", "execution.completed"} <= set(seen["types"])
    assert Agent.objects.filter(workspace=cast.workspace, pk=seen["agent"]).exists()
    kept = Document.objects.get(workspace=cast.workspace, pk=seen["document"])
    assert kept.title.startswith("otters")


def test_openapi_python_client(stack: Stack, cast: Cast, key: str, document: Path, tmp_path: Path) -> None:
    out = tmp_path / "automatos_client"
    made: list[str | Path] = ["--path", document, "--config", HERE / "client.yml", "--output-path", out]
    ran(OWN / "openapi-python-client", "generate", *made, "--meta", "none", "--fail-on-warning")
    told = ran(OWN / "python", HERE / "chain.py", stack.url, key, MODEL, WORD, PYTHONPATH=str(tmp_path))
    check(cast, json.loads(told))


def test_openapi_typescript_under_strict(stack: Stack, cast: Cast, key: str, document: Path) -> None:
    # Otherwise whoever sends a body has to write what has a default.
    ran(BIN / "openapi-typescript", document, "--default-non-nullable=false", "--output", MADE / "api.d.ts")
    ran(BIN / "tsc", "--project", HERE / "tsconfig.json")
    check(cast, json.loads(ran("node", MADE / "js" / "chain.js", stack.url, key, MODEL, WORD)))
