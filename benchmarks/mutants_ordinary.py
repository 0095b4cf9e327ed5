"""A pytest plugin that runs the tests of a module once for each of its mutants the tests of isolation did not catch."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from benchmarks.mutants import Mutant, applied, chosen

# By the beginning of a mutant's name: the tests of the suite that are about it.
TESTS = {
    "workspaces.clerk.": ["workspaces/tests/test_clerk_webhooks.py", "workspaces/tests/test_clerk_first_sight.py"],
    "workspaces.credentials.services": ["workspaces/tests/test_credentials_api.py"],
    "workspaces.doors.idempotency": ["recipes/tests/test_api_execute.py"],
    "workspaces.queries": ["workspaces/tests/test_landing.py", "workspaces/tests/test_workspaces.py"],
    "workspaces.doors.pages": ["workspaces/tests/test_workspaces.py"],
    "workspaces.credentials.provider_keys": ["workspaces/tests/test_credentials_api.py"],
    "workspaces.slug_register": ["workspaces/tests/test_workspaces.py"],
    "workspaces.accounts.views": ["workspaces/tests/test_accounts_delete.py"],
    "workspaces.views": ["workspaces/tests/test_workspaces.py"],
    "workspaces.services": [
        "workspaces/tests/test_members.py",
        "workspaces/tests/test_accounts_delete.py",
        "workspaces/tests/test_workspaces.py",
    ],
    "workspaces.members.invitation_services": ["workspaces/tests/test_invitations.py"],
    "workspaces.doors.installation": ["workspaces/tests/test_open_access.py"],
    "workspaces.accounts.services": ["workspaces/tests/test_accounts_delete.py"],
    "workspaces.api_keys.services": ["workspaces/tests/test_members.py", "workspaces/tests/test_api_keys.py"],
    "agents.personas.queries.": ["agents/tests/test_personas.py"],
    "agents.copies.services": ["agents/tests/test_agent_copies.py"],
    "recipes.analytics.dashboard": ["recipes/tests/test_dashboard.py"],
    "recipes.runs.purging": ["workspaces/tests/test_purge.py"],
    "recipes.queries.": ["recipes/tests/test_pages_recipe_editor.py"],
    "recipes.runs.services": ["workspaces/tests/test_plans.py"],
}


failed: list[str] = []


def pytest_runtest_logreport(report: Any) -> None:
    """Note a failure."""
    if report.failed:
        failed.append(report.nodeid)


def pytest_runtestloop(session: pytest.Session) -> bool:
    """Instead of each test once: for each mutant its tests, up to the first that fails."""
    told = Path(os.environ["MUTANTS_TOLD"])
    found: dict[str, str] = json.loads(told.read_text())
    for mutant in chosen():
        if not found[mutant.name]:
            by = found[mutant.name] = caught_by(mutant, session)
            print(f"caught by {by}:" if by else "SURVIVED", mutant, flush=True)
    told.write_text(json.dumps(found))
    # That tests failed is what was hoped for.
    session.testsfailed = 0
    return True


def caught_by(mutant: Mutant, session: pytest.Session) -> str:
    """The first test that fails under the mutant and passes without it; empty when there is none."""
    known = [begins for begins in TESTS if mutant.name.startswith(begins)]
    files = TESTS[max(known, key=len)] if known else []
    for item in session.items:
        # The product of `stack` runs in processes of its own, which do not have the mutant.
        if item.nodeid.split("::")[0] not in files or "stack" in item.fixturenames:  # type: ignore[attr-defined]
            continue
        with applied(mutant) as is_there:
            fails = is_there and not passes(item)
        if fails:
            if not passes(item):
                raise AssertionError(f"{item.nodeid} fails without a mutant, too")
            return item.nodeid
    return ""


def passes(item: pytest.Item) -> bool:
    """Run one test, all that it set up included."""
    failed.clear()
    item._initrequest()  # type: ignore[attr-defined]
    # Naming the session as what comes next keeps what the whole session shares, and nothing else.
    item.config.hook.pytest_runtest_protocol(item=item, nextitem=item.session)
    return not failed
