"""What members say of runs: stars and thumbs, counted with the recipe; and corrections, which become lessons."""

from dataclasses import dataclass
from typing import Any

from django.db import connection

from automatos.checking import Problems
from automatos.errors import Conflict, InvalidInput
from recipes.lessons.services import add_lesson
from recipes.models import Execution, RunRating
from workspaces.audit import log as audit
from workspaces.models import User

LONGEST = 1_500
THUMBS = {"up": 1, "down": -1}
COUNT = """
INSERT INTO recipe_figures AS f (workspace_id, recipe_id, version, runs, completed, failed, cancelled, quality_sum,
    quality_squares, duration_ms, input_tokens, output_tokens, cost, stars_sum, stars_count)
VALUES (%s, %s, %s, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, %s, %s)
ON CONFLICT (recipe_id, version) DO UPDATE SET stars_sum = f.stars_sum + %s, stars_count = f.stars_count + %s
"""


@dataclass(frozen=True, slots=True)
class Said:
    """What a member says. stars: 1 to 5; thumb: up or down; comment: what should have been different."""

    stars: int | None = None
    thumb: str = ""
    comment: str = ""


def rate(execution: Execution, user: User | None, said: Said) -> RunRating:
    """Keep what the member says of the run, in place of what they said before; call it inside a transaction.

    A new comment becomes a lesson of the recipe with this run as its source. Raises Conflict for a live run.
    """
    if user is None:
        raise InvalidInput("Only a member can rate a run; this key belongs to nobody.")
    _check(execution, said)
    held = Execution.objects.select_for_update(of=("self",), no_key=True).get(pk=execution.pk)
    rating = RunRating.objects.filter(execution=held, user=user).first()
    before = rating.stars if rating else None
    new_words = said.comment if rating is None or rating.comment != said.comment else ""
    rating = rating or RunRating(workspace_id=held.workspace_id, execution=held, user=user)
    rating.stars, rating.thumb, rating.comment = said.stars, THUMBS.get(said.thumb), said.comment
    rating.save()
    _count(held, before, said.stars)
    if new_words and held.recipe is not None:
        add_lesson(recipe=held.recipe, user=user, text=_lesson(said), execution=held)
    target = ("run", held.pk, held.recipe_name)
    audit.record(
        "run.rated", workspace_id=held.workspace_id, target=target, after={"stars": said.stars, "thumb": said.thumb}
    )
    return rating


def withdraw(execution: Execution, user: User | None) -> None:
    """Take the member's stars and thumb back; what became a lesson stays one."""
    held = Execution.objects.select_for_update(of=("self",), no_key=True).get(pk=execution.pk)
    rating = RunRating.objects.filter(execution=held, user=user).first() if user else None
    if rating is not None:
        _count(held, rating.stars, None)
        rating.delete()
        target = ("run", held.pk, held.recipe_name)
        audit.record("run.rating_withdrawn", workspace_id=held.workspace_id, target=target)


def _check(execution: Execution, said: Said) -> None:
    if execution.is_live:
        raise Conflict("This run is not over yet. Rate it after its end.", code="still_live")
    problems = Problems()
    if said.stars is not None and (isinstance(said.stars, bool) or not 1 <= said.stars <= 5):
        problems.add("stars", "Give 1 to 5 stars.")
    if said.thumb and said.thumb not in THUMBS:
        problems.add("thumb", "Write up or down.")
    problems.text("comment", said.comment, longest=LONGEST)
    if said.stars is None and not said.thumb and not said.comment:
        problems.add("stars", "Give stars, a thumb or a comment.")
    problems.raise_any()


def _lesson(said: Said) -> str:
    mood = {"up": "A person liked", "down": "A person did not like"}.get(said.thumb, "A person said of")
    return f"{mood} an earlier run: {said.comment.strip()}"


def _count(execution: Execution, before: int | None, after: int | None) -> None:
    total, count = (after or 0) - (before or 0), (after is not None) - (before is not None)
    if execution.recipe_id is None or not (total or count):
        return
    with connection.cursor() as cursor:
        own: list[Any] = [execution.workspace_id, execution.recipe_id, execution.recipe_version]
        cursor.execute(COUNT, [*own, max(0, total), max(0, count), total, count])
