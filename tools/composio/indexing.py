"""Makes actions findable by meaning: a vector of this machine's encoder for each that has none yet."""

from collections.abc import Callable
from uuid import UUID

from django.db import connection

from automatos.llm import embeddings
from tools.composio.verbs import words_of
from tools.models import ComposioActionCache, in_catalogue
from workspaces.scope.tenancy import Purpose, system_scope

# The catalogue is everybody's, so no workspace's key pays for its vectors.
MODEL = embeddings.LOCAL
BATCH = 64
# A sentence or two say what an action does; what follows is about its arguments.
LONGEST = 300


def index(workspace_id: UUID | None, tell: Callable[[int], None]) -> None:
    """Embed what has no vector, outside of any transaction. tell: how many are done so far."""
    done = 0
    while batch := _waiting(workspace_id):
        vectors = embeddings.embed([text for _, text in batch], MODEL)
        _keep([pk for pk, _ in batch], [str(vector) for vector in vectors])
        done += len(batch)
        tell(done)


def text_of(action: str, app: str, name: str, description: str) -> str:
    """What an action means, in a few words: the app, what is done, and the beginning of its description."""
    verb = " ".join(words_of(action, app))
    return f"{app.replace('_', ' ')}: {verb}. {name}. {description[:LONGEST]}"


def _waiting(workspace_id: UUID | None) -> list[tuple[int, str]]:
    with system_scope(Purpose.UPKEEP):
        rows = ComposioActionCache.objects.filter(in_catalogue(workspace_id), status="active").exclude(
            embedding_model=MODEL
        )
        found = rows.order_by("pk").values_list("pk", "action", "app__slug", "display_name", "description")[:BATCH]
        return [(pk, text_of(action, app, name, text)) for pk, action, app, name, text in found]


def _keep(ids: list[int], vectors: list[str]) -> None:
    with system_scope(Purpose.UPKEEP), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE composio_action_cache a SET embedding = v.embedding::vector, embedding_model = %s "
            "FROM unnest(%s::bigint[], %s::text[]) AS v(id, embedding) WHERE a.id = v.id",
            [MODEL, ids, vectors],
        )
