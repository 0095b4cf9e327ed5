"""Scopes in the running product: one worker and one web process serve several workspaces at the same time."""

from contextlib import ExitStack

import pytest

from agents.knowledge.services import paste
from agents.knowledge.tasks import read_document
from agents.models import Chunk, Document
from automatos.testing import Stack
from recipes.models import Event, ExecutionStep
from recipes.tests.kit import Cast, wait_for
from recipes.tests.test_socket import cookie_of, read_to_end, watching
from workspaces.api_keys.services import create_api_key

pytestmark = pytest.mark.slow


@pytest.fixture
def casts(stack: Stack) -> list[Cast]:
    """Three workspaces."""
    stack.models.clear()
    return [Cast(), Cast(), Cast()]


def test_celery_tasks_of_several_workspaces_at_once_keep_apart(stack: Stack, casts: list[Cast]) -> None:
    """The worker's threads share its pool of connections; each task has its own workspace's scope and no other."""
    ours, theirs = casts[:2]
    hidden = Document.objects.create(workspace=theirs.workspace, title="T", kind="paste", text="Words.")
    made = []
    for number in range(4):
        read_document.delay(str(ours.workspace.pk), str(hidden.pk))
        made += [
            paste(workspace=c.workspace, user=c.owner, text=f"{c.workspace.slug} {number}", title="T") for c in casts
        ]
    ids = [row.pk for row in made]
    wait_for(lambda: not Document.objects.filter(pk__in=ids).exclude(status="ready").exists(), 60)
    for row in made:
        slug, place = row.workspace.slug, row.workspace_id
        assert [(chunk.workspace_id, slug in chunk.text) for chunk in Chunk.objects.filter(document=row)] == [
            (place, True)
        ]
    hidden.refresh_from_db()
    assert (hidden.status, hidden.attempts) == ("waiting", 0)


def test_sockets_and_runs_of_several_workspaces_at_once_keep_apart(stack: Stack, casts: list[Cast]) -> None:
    """All are held at the same moment, by browsers and by programs, then all go on together."""
    held = [stack.models.hold(cast.workspace.slug) for cast in casts]
    runs = [cast.cook(cast.recipe(cast.workspace.slug, f"two {cast.workspace.slug}")) for cast in casts]
    for one in held:
        one.wait_for_requests(1)
    with ExitStack() as open_ones:
        sockets = []
        for cast, run in zip(casts, runs, strict=True):
            key = create_api_key(workspace=cast.workspace, user=cast.owner, name="T", role="viewer")[1]
            for headers in (cookie_of(cast.owner), {"X-API-Key": key}):
                sockets.append((run, open_ones.enter_context(watching(stack, cast, run.id, **headers))))
        for one in held:
            one.release()
        for run, socket in sockets:
            messages, code = read_to_end(socket, 60)
            assert code == 1000
            assert {message["execution_id"] for message in messages if "seq" in message} == {str(run.pk)}
    for cast, run in zip(casts, runs, strict=True):
        assert set(Event.objects.filter(execution=run).values_list("workspace_id", flat=True)) == {cast.workspace.pk}
        for step in ExecutionStep.objects.filter(execution=run):
            assert cast.workspace.slug in step.prompt
