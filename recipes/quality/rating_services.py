"""What members say of runs: stars and thumbs, counted with the recipe; thumbs and corrections become lessons."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection

from automatos.checking import Problems
from automatos.errors import Conflict, InvalidInput, wrong_field
from recipes.engine.templating import as_text
from recipes.lessons.services import drop_opinion, keep_opinion
from recipes.models import Execution, ExecutionStep, Lesson, RunRating
from workspaces.audit import log as audit
from workspaces.models import User

LONGEST = 1_500
# Characters of each input and of the answer that a bare thumb repeats.
QUOTED_INPUT, QUOTED = 60, 200
MOST_INPUTS = 5
THUMBS = {"up": 1, "down": -1}
COUNT = """
INSERT INTO recipe_figures AS f (workspace_id, recipe_id, version, runs, completed, failed, cancelled, quality_sum,
    quality_squares, duration_ms, input_tokens, output_tokens, cost, duration_squares, cost_squares, stars_sum,
    stars_count)
VALUES (%s, %s, %s, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, %s, %s)
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

    A comment becomes a lesson of the recipe with this run as its source, and so does a thumb without one; both carry
    the origins of what the run had read. Raises Conflict for a live run.
    """
    if user is None:
        raise InvalidInput("Only a member can rate a run; this key belongs to nobody.")
    _check(execution, said)
    held = Execution.objects.select_for_update(of=("self",), no_key=True).get(pk=execution.pk)
    rating = RunRating.objects.filter(execution=held, user=user).first()
    before = rating.stars if rating else None
    rating = rating or RunRating(workspace_id=held.workspace_id, execution=held, user=user)
    rating.stars, rating.thumb, rating.comment = said.stars, THUMBS.get(said.thumb), said.comment
    rating.save()
    _count(held, before, said.stars)
    if held.recipe_id is not None:
        _teach(held, user, said)
    target = ("run", held.pk, held.recipe_name)
    audit.record(
        "run.rated", workspace_id=held.workspace_id, target=target, after={"stars": said.stars, "thumb": said.thumb}
    )
    return rating


def withdraw(execution: Execution, user: User | None) -> None:
    """Take the member's stars and thumb back, with the lesson of a bare thumb; a correction stays a lesson."""
    held = Execution.objects.select_for_update(of=("self",), no_key=True).get(pk=execution.pk)
    rating = RunRating.objects.filter(execution=held, user=user).first() if user else None
    if rating is not None:
        _count(held, rating.stars, None)
        rating.delete()
        drop_opinion(execution=held, key=_key("thumb", held, user))
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


def _teach(execution: Execution, user: User, said: Said) -> None:
    """The lesson of what was said: of the words, or of a thumb without any."""
    thumb_key, words_key = _key("thumb", execution, user), _key("words", execution, user)
    origins = _origins(execution)
    if words := said.comment.strip():
        mood = {"up": "A person liked", "down": "A person did not like"}.get(said.thumb, "A person said of")
        text = f"{mood} an earlier run: {words}"
        kept = keep_opinion(execution=execution, user=user, key=words_key, text=text, origins=origins)
        if kept is None:
            raise wrong_field("comment", "This recipe has as many lessons as there may be. Forget some of them first.")
        drop_opinion(execution=execution, key=thumb_key)
    elif not said.thumb:
        drop_opinion(execution=execution, key=thumb_key)
    elif not Lesson.objects.filter(recipe=execution.recipe_id, key=words_key).exists():
        keep_opinion(execution=execution, user=user, key=thumb_key, text=_of_thumb(execution, said), origins=origins)


def _key(kind: str, execution: Execution, user: User | None) -> str:
    return f"{kind}:{execution.pk}:{user.pk if user else ''}"


def _of_thumb(execution: Execution, said: Said) -> str:
    """What a bare thumb says: which run it was, by its inputs and the beginning of its answer."""
    liked = said.thumb == "up"
    text = f"A person {'liked' if liked else 'did not like'} an earlier run"
    if given := _inputs(execution.input_data):
        text += f" with {given}"
    answer = " ".join(as_text((execution.output_data or {}).get("final_output", "")).split())
    text += f". Its answer began: “{_cut(answer, QUOTED)}”." if answer else ". It had no answer."
    return f"{text} {'Work in the same way.' if liked else 'Do it differently.'}"


def _inputs(given: Mapping[str, Any]) -> str:
    named = [(name, " ".join(as_text(value).split())) for name, value in given.items()]
    return ", ".join(f"{name} “{_cut(text, QUOTED_INPUT)}”" for name, text in named[:MOST_INPUTS] if text)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[:longest].rstrip()}…"


def _origins(execution: Execution) -> list[str]:
    """Where untrusted text came from that the run had read: whoever speaks of it may repeat that."""
    steps = ExecutionStep.objects.filter(execution=execution).exclude(origins=None).order_by("order")
    read = [*steps.values_list("origins", flat=True), *(execution.untrusted_inputs or {}).values()]
    return list(dict.fromkeys(str(origin) for origins in read for origin in origins))


def _count(execution: Execution, before: int | None, after: int | None) -> None:
    total, count = (after or 0) - (before or 0), (after is not None) - (before is not None)
    if execution.recipe_id is None or not (total or count):
        return
    with connection.cursor() as cursor:
        own: list[Any] = [execution.workspace_id, execution.recipe_id, execution.recipe_version]
        cursor.execute(COUNT, [*own, max(0, total), max(0, count), total, count])
