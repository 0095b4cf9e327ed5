"""What the tests of isolation do not reach: the ordinary tests of a module, and mutants that are none."""

import os
import subprocess
import sys

from benchmarks.mutants import ROOT, Mutant

# By the beginning of a mutant's name: the tests of the suite that are about it.
TESTS = {
    "workspaces.clerk_": "workspaces/tests/test_clerk_webhooks.py workspaces/tests/test_clerk_first_sight.py",
    "workspaces.pages": "workspaces/tests/test_workspaces.py",
    "workspaces.services": "workspaces/tests/test_members.py workspaces/tests/test_accounts_delete.py",
    "workspaces.services_invitations": "workspaces/tests/test_invitations.py",
    "workspaces.services_keys": "workspaces/tests/test_api_keys.py",
    "workspaces.services_installation": "workspaces/tests/test_open_access.py",
    "workspaces.provider_keys": "workspaces/tests/test_credentials_api.py",
    "workspaces.idempotency": "recipes/tests/test_api_execute.py",
    "recipes.runs": "workspaces/tests/test_plans.py",
}
# A mutant that changes nothing anybody could see, each with the rule that says so.
BY_KEY = "the row is looked up by a key that stands in one workspace alone, and the key was checked before"
BY_AGENT = "runs with a step of this agent are of the agent's own workspace: the database refuses any other"
EQUIVALENT: dict[str, str] = {
    "recipes.agent_moves.DUE:1:sql": BY_AGENT,
    "recipes.agent_moves._executions:1:sql": BY_AGENT,
    "recipes.agent_status.impact:1:filter": BY_AGENT,
}


def caught_by_others(mutant: Mutant) -> str:
    """The ordinary tests that fail under this mutant; empty when they pass, or there are none for it."""
    known = [begins for begins in TESTS if mutant.name.startswith(begins)]
    if not known:
        return ""
    files = TESTS[max(known, key=len)]
    arguments = ["-x", "-p", "benchmarks.mutants_plugin", "-p", "no:warnings", *files.split()]
    environment = {name: value for name, value in os.environ.items() if name not in ("DATA", "DJANGO_SETTINGS_MODULE")}
    environment["MUTANT"] = mutant.name
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments], check=False, cwd=ROOT, env=environment, capture_output=True
    )
    # 1 is for tests that failed; anything else would be a fault of this program.
    assert done.returncode in (0, 1), (mutant.name, done.stdout[-2000:], done.stderr[-2000:])
    return files if done.returncode == 1 else ""
