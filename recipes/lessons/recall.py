"""Which lessons a run is told: those of its recipe and of its first agent that fit its inputs best."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet
from pgvector.django import CosineDistance

from automatos.llm import embeddings
from recipes.engine.templating import as_text
from recipes.models import Lesson, Recipe

OF_RECIPE, OF_AGENT = 10, 5
# Characters of the inputs that are compared.
LONGEST = 4_000


def recall(recipe: Recipe, agent_id: UUID | None, input_data: Mapping[str, Any]) -> list[Lesson]:
    """At most 10 lessons of the recipe and 5 of the agent from elsewhere: pinned ones first, then the most relevant.

    Where there are no more than that, all are told and nothing has to be embedded.
    """
    kept = Lesson.objects.filter(workspace=recipe.workspace_id, forgotten_at=None).select_related("execution")
    own = kept.filter(recipe=recipe)
    others = kept.filter(agent_id=agent_id).exclude(recipe=recipe) if agent_id else kept.none()
    asked = _Asked(input_data)
    return [*_best(own, OF_RECIPE, asked), *_best(others, OF_AGENT, asked)]


def as_told(lessons: list[Lesson]) -> list[dict[str, Any]]:
    """As the first step of a run keeps them."""
    return [{"id": str(one.pk), "text": one.text, "origins": list(one.origins)} for one in lessons]


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
