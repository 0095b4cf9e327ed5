"""Changes: lessons that people add, edit, pin, forget and bring back."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from automatos.checking import Problems
from automatos.errors import NotFound
from automatos.rows import locked
from recipes.lessons.keeping import LONGEST
from recipes.models import Execution, Lesson, Recipe
from workspaces.audit import log as audit
from workspaces.models import User

MOST = 500


def add_lesson(*, recipe: Recipe, user: User | None, text: str, execution: Execution | None = None) -> Lesson:
    """A lesson by a person. execution: the run it is about."""
    cleaned = _checked(recipe, text)
    with transaction.atomic():
        lesson = Lesson.objects.create(
            workspace_id=recipe.workspace_id,
            recipe=recipe,
            text=cleaned,
            source=Lesson.Source.PERSON,
            execution=execution,
            created_by=user,
        )
        _record("lesson.added", lesson, after={"text": cleaned})
    return lesson


def change_lesson(*, recipe: Recipe, lesson_id: UUID, text: str | None = None, is_pinned: bool | None = None) -> Lesson:
    """The lesson with another text or pinned; what is None stays. A rule does not write over an edited one."""
    with transaction.atomic():
        lesson = _held(recipe, lesson_id)
        before = {"text": lesson.text, "is_pinned": lesson.is_pinned}
        if text is not None and (cleaned := _checked(None, text)) != lesson.text:
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


def _set_forgotten(recipe: Recipe, lesson_id: UUID, *, forgotten: bool) -> Lesson:
    with transaction.atomic():
        lesson = _held(recipe, lesson_id, forgotten=not forgotten)
        lesson.forgotten_at = timezone.now() if forgotten else None
        lesson.save(update_fields=["forgotten_at"])
        _record("lesson.forgotten" if forgotten else "lesson.restored", lesson, after={"text": lesson.text})
    return lesson


def _held(recipe: Recipe, lesson_id: UUID, *, forgotten: bool = False) -> Lesson:
    return locked(Lesson.objects.filter(recipe=recipe, forgotten_at__isnull=not forgotten), pk=lesson_id)


def _checked(recipe: Recipe | None, text: str) -> str:
    problems = Problems()
    cleaned = problems.text("text", text, longest=LONGEST, required=True)
    if recipe is not None and Lesson.objects.filter(recipe=recipe, forgotten_at=None).count() >= MOST:
        problems.add("text", f"This recipe has {MOST} lessons, the most there may be. Forget some of them first.")
    problems.raise_any()
    return cleaned


def _record(action: str, lesson: Lesson, **states: dict[str, object]) -> None:
    target = ("lesson", lesson.pk, lesson.text[:60])
    audit.record(action, workspace_id=lesson.workspace_id, target=target, **states)


def lesson_at(*, recipe: Recipe, lesson_id: UUID) -> Lesson:
    """One lesson that is not forgotten; NotFound otherwise."""
    found = Lesson.objects.filter(recipe=recipe, pk=lesson_id, forgotten_at=None).first()
    if found is None:
        raise NotFound()
    return found
