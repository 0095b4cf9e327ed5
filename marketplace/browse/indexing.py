"""Makes listings findable by meaning: a vector of this machine's encoder for each that has none of its present text."""

from automatos.llm import embeddings
from marketplace.models import Entry
from workspaces.scope.tenancy import Purpose, system_scope

# The list is everybody's, so no workspace's key pays for its vectors.
MODEL = embeddings.LOCAL
LONGEST = 1_200


def index() -> int:
    """Embed what waits, outside of any transaction; how many there were."""
    done = 0
    while rows := _waiting():
        vectors = embeddings.embed([meaning_of(row.name, row.description) for row in rows], MODEL)
        _keep(rows, vectors)
        done += len(rows)
    return done


def meaning_of(name: str, description: str) -> str:
    """The text whose vector stands for a listing."""
    return f"{name}. {description}"[:LONGEST]


def _waiting() -> list[Entry]:
    with system_scope(Purpose.UPKEEP):
        rows = Entry.objects.filter(is_public=True).exclude(embedding_model=MODEL).order_by("pk")
        return list(rows.only("pk", "name", "description")[: embeddings.BATCH])


def _keep(rows: list[Entry], vectors: list[embeddings.Vector]) -> None:
    with system_scope(Purpose.UPKEEP):
        for row, vector in zip(rows, vectors, strict=True):
            # What was changed meanwhile waits on.
            same = Entry.objects.filter(pk=row.pk, name=row.name, description=row.description)
            same.update(embedding=vector, embedding_model=MODEL)
