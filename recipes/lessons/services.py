"""Changes: lessons that people add, edit, pin, forget and bring back, and what their opinions of runs teach."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from automatos.checking import Problems
from automatos.errors import Conflict, InvalidInput, NotFound
from automatos.rows import hold, locked
from recipes.lessons.keeping import LONGEST
from recipes.models import Execution, Lesson, Recipe
from workspaces.audit import log as audit
from workspaces.models import User

MOST = 500


def add_lesson(*, recipe: Recipe, user: User | None, text: str) -> Lesson:
    """A lesson by a person."""
    cleaned = _checked(text)
    with transaction.atomic():
        _require_room(recipe)
        lesson = Lesson.objects.create(
            workspace_id=recipe.workspace_id,
            recipe=recipe,
            text=cleaned,
            source=Lesson.Source.PERSON,
            created_by=user,
        )
        _record("lesson.added", lesson, after={"text": cleaned})
    return lesson


def keep_opinion(*, execution: Execution, user: User, key: str, text: str, origins: Sequence[str]) -> Lesson | None:
    """What a member's opinion of a run teaches, in place of what that member's opinion taught before under this key.

    An edited lesson stays, and a new one stands beside it. The run's row is held. None where the recipe has as many
    lessons as there may be. origins: where untrusted text came from that the member had before them.
    """
    recipe = execution.recipe
    assert recipe is not None
    kept = Lesson.objects.select_for_update(of=("self",)).filter(recipe=recipe, key=key).first()
    if kept is not None and kept.text == text:
        return kept
    if kept is not None and not kept.is_edited:
        before: dict[str, object] = {"text": kept.text}
        kept.text, kept.origins, kept.embedding, kept.embedding_model = text, list(origins), None, ""
        kept.forgotten_at, kept.updated_at = None, timezone.now()
        kept.save()
        _record("lesson.changed", kept, before=before, after={"text": text})
        return kept
    if is_full(recipe):
        return None
    if kept is not None:
        kept.key = ""
        kept.save(update_fields=["key"])
    lesson = Lesson.objects.create(
        workspace_id=recipe.workspace_id,
        recipe=recipe,
        text=text,
        source=Lesson.Source.PERSON,
        key=key,
        execution=execution,
        origins=list(origins),
        created_by=user,
    )
    _record("lesson.added", lesson, after={"text": text})
    return lesson


def drop_opinion(*, execution: Execution, key: str) -> None:
    """Forget what an opinion taught that was taken back, unless somebody edited it since."""
    rows = Lesson.objects.select_for_update(of=("self",)).filter(recipe=execution.recipe_id, key=key, is_edited=False)
    kept = rows.filter(forgotten_at=None).first()
    if kept is not None:
        kept.forgotten_at = timezone.now()
        kept.save(update_fields=["forgotten_at"])
        _record("lesson.forgotten", kept, after={"text": kept.text})


def change_lesson(*, recipe: Recipe, lesson_id: UUID, text: str | None = None, is_pinned: bool | None = None) -> Lesson:
    """The lesson with another text or pinned; what is None stays. A rule does not write over an edited one."""
    with transaction.atomic():
        lesson = _held(recipe, lesson_id)
        before = {"text": lesson.text, "is_pinned": lesson.is_pinned}
        if text is not None and (cleaned := _checked(text)) != lesson.text:
            lesson.text, lesson.is_edited, lesson.embedding, lesson.embedding_model = cleaned, True, None, ""
        if is_pinned is not None:
            lesson.is_pinned = is_pinned
        lesson.updated_at = timezone.now()
        lesson.save()
        _record("lesson.changed", lesson, before=before, after={"text": lesson.text, "is_pinned": lesson.is_pinned})
    return lesson


def forget_lesson(*, recipe: Recipe, lesson_id: UUID) -> Lesson:
    """No run is told it any more, and the rule that taught it does not bring it back."""
    return _set_forgotten(recipe, lesson_id, forgotten=True)


def restore_lesson(*, recipe: Recipe, lesson_id: UUID) -> Lesson:
    """Runs are told it again."""
    return _set_forgotten(recipe, lesson_id, forgotten=False)


def vouch_for_lesson(*, recipe: Recipe, lesson_id: UUID, user: User | None, text: str) -> Lesson:
    """The member has read the lesson and answers for it: runs that are told it are not tainted by it any more.

    text: as they read it. It holds for this text with these origins, which stay shown. Raises InvalidInput for a key
    that belongs to nobody, Conflict where the lesson reads otherwise by now or nothing in it came from outside.
    """
    if user is None:
        raise InvalidInput("Only a member can vouch for a lesson; this key belongs to nobody.")
    with transaction.atomic():
        lesson = _held(recipe, lesson_id)
        if not lesson.origins:
            raise Conflict("Nothing in this lesson came from outside, so nobody has to vouch for it.", code="trusted")
        if text.split() != lesson.text.split():
            raise Conflict("This lesson reads otherwise by now. Read it again before you vouch for it.", code="changed")
        if not lesson.is_vouched:
            lesson.vouched_for, lesson.vouched_by, lesson.vouched_at = lesson.subject, user, timezone.now()
            lesson.save(update_fields=["vouched_for", "vouched_by", "vouched_at"])
            _record("lesson.vouched", lesson, after={"text": lesson.text, "origins": list(lesson.origins)})
    return lesson


def withdraw_vouch(*, recipe: Recipe, lesson_id: UUID) -> Lesson:
    """Runs that are told it are tainted by it again; runs under way keep what they were told."""
    with transaction.atomic():
        lesson = _held(recipe, lesson_id)
        was_vouched = lesson.is_vouched
        lesson.vouched_for, lesson.vouched_by, lesson.vouched_at = "", None, None
        lesson.save(update_fields=["vouched_for", "vouched_by", "vouched_at"])
        if was_vouched:
            _record("lesson.vouch_withdrawn", lesson, after={"text": lesson.text, "origins": list(lesson.origins)})
    return lesson


def _set_forgotten(recipe: Recipe, lesson_id: UUID, *, forgotten: bool) -> Lesson:
    with transaction.atomic():
        if not forgotten:
            _require_room(recipe)
        lesson = _held(recipe, lesson_id, forgotten=not forgotten)
        lesson.forgotten_at = timezone.now() if forgotten else None
        lesson.save(update_fields=["forgotten_at"])
        _record("lesson.forgotten" if forgotten else "lesson.restored", lesson, after={"text": lesson.text})
    return lesson


def _held(recipe: Recipe, lesson_id: UUID, *, forgotten: bool = False) -> Lesson:
    return locked(Lesson.objects.filter(recipe=recipe, forgotten_at__isnull=not forgotten), pk=lesson_id)


def _checked(text: str) -> str:
    problems = Problems()
    cleaned = problems.text("text", text, longest=LONGEST, required=True)
    problems.raise_any()
    return cleaned


def is_full(recipe: Recipe) -> bool:
    """Whether the recipe has as many lessons as there may be; nobody adds one meanwhile."""
    hold(recipe)
    return Lesson.objects.filter(recipe=recipe, forgotten_at=None).count() >= MOST


def _require_room(recipe: Recipe) -> None:
    if is_full(recipe):
        text = f"This recipe has {MOST} lessons, the most there may be. Forget some of them first."
        raise InvalidInput(text, fields={"text": [text]})


def _record(action: str, lesson: Lesson, **states: dict[str, object]) -> None:
    target = ("lesson", lesson.pk, lesson.text[:60])
    audit.record(action, workspace_id=lesson.workspace_id, target=target, **states)


def lesson_at(*, recipe: Recipe, lesson_id: UUID) -> Lesson:
    """One lesson that is not forgotten; NotFound otherwise."""
    found = Lesson.objects.filter(recipe=recipe, pk=lesson_id, forgotten_at=None).first()
    if found is None:
        raise NotFound()
    return found
