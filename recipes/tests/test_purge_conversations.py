"""Conversations that time takes away, with their answers and the files of these, and those it leaves."""

from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.files.storage import default_storage
from django.utils import timezone

from agents.models import Conversation
from recipes.chat import services as conversations
from recipes.chat.services import Saying
from recipes.engine.attachments import Upload
from recipes.models import Execution, Trigger
from recipes.runs.tasks import purge
from recipes.tests.kit import Cast
from tools.files import StoredRunFiles, run_folder

pytestmark = pytest.mark.django_db


def talked(cast: Cast, days: float, *, status: str = "completed", **state: Any) -> Any:
    """An answer with a file, in a conversation that was last carried on so many days ago."""
    saying = Saying(text="Hello", uploads=[Upload("note.txt", b"soup")])
    run: Any = conversations.say(
        workspace=cast.workspace, agent=cast.agent, saying=saying, user=cast.owner, trigger=Trigger.PLAYGROUND
    )
    Execution.objects.filter(pk=run.pk).update(status=status)
    last = timezone.now() - timedelta(days=days)
    Conversation.objects.filter(pk=run.conversation_id).update(updated_at=last, **state)
    return run


def left(*runs: Execution) -> list[bool]:
    return [Execution.objects.filter(pk=run.pk).exists() for run in runs]


def test_what_nobody_kept_is_gone_30_days_after_its_last_message_with_its_files() -> None:
    cast = Cast()
    old, recent, kept, live = (
        talked(cast, 30.1), talked(cast, 29.9), talked(cast, 900, is_kept=True), talked(cast, 31, status="waiting")
    )  # fmt: skip
    purge()
    assert left(old, recent, kept, live) == [False, True, True, True]
    assert not default_storage.exists(run_folder(cast.workspace.pk, old.pk))
    cast.workspace.refresh_from_db()
    assert cast.workspace.storage_bytes == 3 * len(b"soup")
    for run in (recent, kept, live):
        assert async_to_sync(StoredRunFiles(cast.workspace.pk, run.pk).read)("note.txt") == b"soup"
    assert set(Conversation.objects.values_list("pk", flat=True)) == {
        one.conversation_id for one in (recent, kept, live)
    }


def test_what_was_deleted_can_be_brought_back_for_30_days() -> None:
    cast, now = Cast(), timezone.now()
    over, soon = (
        talked(cast, 40, is_kept=True, deleted_at=now - timedelta(days=days)) for days in (30.1, 29.9)
    )  # fmt: skip
    unkept = talked(cast, 40, deleted_at=now - timedelta(days=1))
    purge()
    assert left(over, soon, unkept) == [False, True, True]
    for run in (soon, unkept):
        conversations.restore(workspace=cast.workspace, conversation_id=run.conversation_id)
    purge()
    assert left(soon, unkept) == [True, True]
