"""What hangs on a workspace, whichever app it belongs to: for saying what goes when the workspace goes."""

from dataclasses import dataclass

from django.db.models import ForeignObjectRel

from workspaces.models import Invitation, Membership, Workspace, WorkspaceSlug

# Who belongs to it is said in other words.
LEFT_OUT = (Membership, Invitation, WorkspaceSlug)


@dataclass(frozen=True, slots=True)
class Content:
    """So many of a kind, e.g. 3 agents."""

    number: int
    name: str


def contents_of(workspace: Workspace) -> list[Content]:
    """What a person made there, the most numerous first; kinds of which there is none are left out."""
    found = [
        Content(number, _name(relation, number))
        for relation in Workspace._meta.related_objects
        if relation.one_to_many and not relation.hidden and relation.related_model not in LEFT_OUT
        if (number := _count(relation, workspace))
    ]
    return sorted(found, key=lambda content: -content.number)


def _count(relation: ForeignObjectRel, workspace: Workspace) -> int:
    rows = relation.related_model._default_manager.filter(**{relation.field.name: workspace})
    columns = {field.name for field in relation.related_model._meta.get_fields()}
    for ended in ("deleted_at", "revoked_at"):
        if ended in columns:
            rows = rows.filter(**{ended: None})
    return int(rows.count())


def _name(relation: ForeignObjectRel, number: int) -> str:
    meta = relation.related_model._meta
    return str(meta.verbose_name if number == 1 else meta.verbose_name_plural)
