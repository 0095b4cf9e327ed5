"""A question as it is shown once more: with what a person typed, and what is wrong with it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from django.http import QueryDict

from automatos.fields import Complaint
from recipes.waits.changes import PREFIX, Changeable
from recipes.waits.fields import Field
from recipes.waits.queries import Asked

Wrong = Mapping[str, Sequence[str]]


def as_typed(asked: Asked, posted: QueryDict, wrong: Wrong) -> Asked:
    """The question with the answers of a form instead of what was suggested. wrong: as InvalidInput has it."""
    return replace(
        asked,
        fields=[_answered(field, posted, wrong) for field in asked.fields],
        changeable=[_changed(one, posted, wrong) for one in asked.changeable],
        comment=posted.get("comment", ""),
    )


def complaints(asked: Asked) -> list[Complaint]:
    """What is wrong, each with where its field stands on the page."""
    found = [(one.label or one.name, one.errors, f"{asked.id}-{number}") for number, one in enumerate(asked.fields, 1)]
    found += [(one.name, one.errors, f"ar-{asked.id}-{number}") for number, one in enumerate(asked.changeable, 1)]
    return [Complaint(name, errors[0], anchor) for name, errors, anchor in found if errors]


def general(asked: Asked, wrong: Wrong) -> list[str]:
    """What is wrong with no field of the form."""
    known = {f"answer.{one.name}" for one in asked.fields} | {f"arguments.{one.name}" for one in asked.changeable}
    return [text for field, texts in wrong.items() if field not in known for text in texts]


def _answered(field: Field, posted: QueryDict, wrong: Wrong) -> Field:
    given = posted.getlist(f"answer-{field.name}")
    # A box that is not ticked sends nothing.
    value = given[0] if given else "false" if field.kind == "boolean" else ""
    return replace(field, value=value, chosen=given, errors=wrong.get(f"answer.{field.name}", ()))


def _changed(one: Changeable, posted: QueryDict, wrong: Wrong) -> Changeable:
    value = posted.get(f"{PREFIX}{one.name}", one.value)
    return replace(one, value=value, errors=wrong.get(f"arguments.{one.name}", ()))
