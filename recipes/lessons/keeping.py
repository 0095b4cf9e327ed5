"""Lessons that runs teach by themselves: kept once for each pattern of a step; and their vectors, made afterwards."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.utils import timezone

from automatos.llm import embeddings
from recipes.engine.storing import as_json
from recipes.models import Execution, Lesson
from workspaces.scope.tenancy import Purpose, system_scope, workspace_scope

LONGEST = 2_000
BATCH = 50
# What a person changed, pinned or forgot stays as they left it.
KEEP = """
INSERT INTO lessons AS l (id, workspace_id, recipe_id, agent_id, text, source, key, seen, execution_id, origins,
    is_pinned, is_edited, embedding_model, created_at, updated_at)
VALUES (gen_random_uuid(), %s, %s, %s, %s, 'run', %s, 1, %s, %s::jsonb, false, false, '', %s, %s)
ON CONFLICT (recipe_id, key) WHERE key <> '' DO UPDATE SET seen = l.seen + 1,
    text = CASE WHEN l.is_edited THEN l.text ELSE EXCLUDED.text END,
    origins = CASE WHEN l.is_edited THEN l.origins ELSE EXCLUDED.origins END,
    embedding = CASE WHEN l.is_edited OR l.text = EXCLUDED.text THEN l.embedding END,
    agent_id = EXCLUDED.agent_id, execution_id = EXCLUDED.execution_id, updated_at = EXCLUDED.updated_at
"""


@dataclass(frozen=True, slots=True)
class NewLesson:
    """What a run teaches. origins: where untrusted text in it came from."""

    key: str
    text: str
    agent_id: UUID | None = None
    origins: tuple[str, ...] = ()


def keep_lessons(execution: Execution, lessons: Iterable[NewLesson]) -> None:
    """Keep what this run teaches; its row is held."""
    at = timezone.now()
    rows = [
        [
            execution.workspace_id, execution.recipe_id, one.agent_id, one.text[:LONGEST], one.key[:120], execution.pk,
            as_json(list(one.origins)) or "[]", at, at,
        ]
        for one in sorted(lessons, key=lambda one: one.key)
    ]  # fmt: skip
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(KEEP, rows)


def embed_new() -> int:
    """Give vectors to lessons that have none; how many. No transaction waits for the model of this machine."""
    with system_scope(Purpose.UPKEEP):
        new = list(
            Lesson.objects.filter(embedding=None).order_by("created_at").values("id", "workspace_id", "text")[:BATCH]
        )
    if not new:
        return 0
    vectors = embeddings.embed([row["text"] for row in new])
    for row, vector in zip(new, vectors, strict=True):
        with workspace_scope(row["workspace_id"]):
            Lesson.objects.filter(pk=row["id"], text=row["text"]).update(
                embedding=vector, embedding_model=embeddings.LOCAL
            )
    return len(new)
