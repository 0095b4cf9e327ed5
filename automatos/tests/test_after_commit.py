"""Messages after a commit: none harms another, nor what else uses Redis in the process."""

import ast
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from django.db import transaction

from automatos import events
from automatos.after_commit import after_commit
from automatos.tests.source import modules


def test_every_hook_goes_through_this_door() -> None:
    direct = [
        str(module)
        for module in modules().values()
        if not module.is_test and module.name != "automatos.after_commit" and calls_it(module.tree)
    ]
    assert direct == []


def calls_it(tree: ast.AST) -> bool:
    return any(isinstance(node, ast.Attribute) and node.attr == "on_commit" for node in ast.walk(tree))


@pytest.mark.django_db(transaction=True)
def test_a_hook_that_fails_keeps_no_other_from_running() -> None:
    done = []

    def fail() -> None:
        raise RuntimeError("broken")

    with transaction.atomic():
        after_commit(fail)
        after_commit(lambda: done.append(1))
    assert done == [1]


@pytest.fixture
def notice() -> events.Notice:
    return events.Notice(uuid4(), uuid4(), [{"seq": 1, "type": "execution.cancelled"}])


@pytest.mark.django_db(transaction=True)
async def test_publishing_leaves_the_loops_own_client_alone(notice: events.Notice) -> None:
    """Requests of a web process share its loop's client; a hook that closed it made others' answers 500."""
    shared = events._client()
    await shared.ping()
    pool = shared.connection_pool
    before = len(pool._available_connections)
    for publish in (
        lambda: events.publish_on_commit(notice),
        lambda: events.drop_on_commit(notice.execution_id),
        lambda: events.drop_steps_on_commit([uuid4()]),
        lambda: events.access_changed_on_commit(notice.workspace_id),
    ):
        await sync_to_async(publish)()
        assert events._client() is shared
        assert len(pool._available_connections) == before
    await shared.aclose()
