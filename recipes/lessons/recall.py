"""Which lessons a run is told: those of its recipe and of its first agent that fit its inputs best."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet
from pgvector.django import CosineDistance

from automatos.llm import embeddings
from recipes.engine.templating import as_text
from recipes.models import Lesson

OF_RECIPE, OF_AGENT = 10, 5
# Characters of the inputs that are compared.
LONGEST = 4_000


@dataclass(frozen=True, slots=True)
class Recalled:
    """The lessons of the recipe, and those that its first agent brings from other recipes."""

    of_recipe: Sequence[Lesson]
    of_agent: Sequence[Lesson]

    @property
    def every(self) -> list[Lesson]:
        """All, in the order in which they are told."""
        return [*self.of_recipe, *self.of_agent]


NOTHING = Recalled((), ())


def recall(workspace_id: UUID, recipe_id: UUID, agent_id: UUID | None, input_data: Mapping[str, Any]) -> Recalled:
    """At most 10 lessons of the recipe and 5 of the agent from elsewhere: pinned ones first, then the most relevant.

    Where there are no more than that, all are told and nothing has to be embedded.
    """
    kept = Lesson.objects.filter(workspace=workspace_id, forgotten_at=None).select_related("execution", "vouched_by")
    own = kept.filter(recipe=recipe_id)
    others = kept.filter(agent_id=agent_id).exclude(recipe=recipe_id) if agent_id else kept.none()
    asked = _Asked(input_data)
    return Recalled(_best(own, OF_RECIPE, asked), _best(others, OF_AGENT, asked))


def lessons_told(
    workspace_id: UUID, recipe_id: UUID, agent_id: UUID | None, input_data: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """The lessons as the first step of a run keeps them."""
    return as_told(recall(workspace_id, recipe_id, agent_id, input_data).every)


def as_told(lessons: Sequence[Lesson]) -> list[dict[str, Any]]:
    """As the first step of a run keeps them."""
    return [
        {"id": str(one.pk), "text": one.text, "origins": list(one.origins), "vouched_by": one.voucher}
        for one in lessons
    ]


class _Asked:
    """The inputs; their vector is made once, and only when it is needed."""

    def __init__(self, input_data: Mapping[str, Any]) -> None:
        self.text = "\n".join(as_text(value) for value in input_data.values())[:LONGEST]
        self._vector: list[float] | None = None

    @property
    def vector(self) -> list[float]:
        if self._vector is None:
            self._vector = embeddings.embed([self.text])[0]
        return self._vector


def _best(rows: "QuerySet[Lesson]", most: int, asked: _Asked) -> list[Lesson]:
    newest = list(rows.defer("embedding").order_by("-is_pinned", "-updated_at", "id")[: most + 1])
    if len(newest) <= most or not asked.text.strip():
        return newest[:most]
    near = rows.defer("embedding").annotate(distance=CosineDistance("embedding", asked.vector))
    return list(near.order_by("-is_pinned", F("distance").asc(nulls_last=True), "-updated_at")[:most])
