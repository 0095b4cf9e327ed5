"""What moderators do in the admin site, in the audit log of the workspace concerned."""

from typing import Any, Generic, TypeVar
from uuid import UUID

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse

from workspaces.audit import log
from workspaces.models import Workspace

Row = TypeVar("Row", bound=Model)
# The request's attribute for what the form changed, until the change is saved and noted.
CHANGED = "audit_changed"


class AuditedAdmin(admin.ModelAdmin[Row], Generic[Row]):
    """Each addition, change and removal is noted, and that a moderator opened a workspace's row to look at it."""

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The row's page. Noted when it was shown and belongs to a workspace."""
        answer = super().change_view(request, object_id, form_url, extra_context)
        found = self.get_object(request, object_id) if request.method == "GET" and answer.status_code == 200 else None
        if found is not None and _workspace_of(found):
            _record("moderation.opened", found)
        return answer

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> list[dict[str, Any]]:
        """Django's own words; what they are made from is kept for the audit log."""
        before = {} if add else {name: form.initial.get(name) for name in form.changed_data}
        after = {name: form.cleaned_data.get(name) for name in form.changed_data}
        for formset in formsets or ():
            _collect(formset, before, after)
        setattr(request, CHANGED, {"before": _named(before), "after": _named(after)})
        return super().construct_change_message(request, form, formsets, add)

    def log_addition(self, request: HttpRequest, obj: Row, message: Any) -> Any:
        """A row was added."""
        _record("moderation.added", obj, **getattr(request, CHANGED, {}))
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Row, message: Any) -> Any:
        """A row, or what hangs on it, was changed."""
        _record("moderation.changed", obj, **getattr(request, CHANGED, {}))
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        """Rows are about to be removed."""
        for row in queryset:
            _record("moderation.removed", row, before={"name": str(row)})
        return super().log_deletions(request, queryset)


def _collect(formset: Any, before: dict[str, Any], after: dict[str, Any]) -> None:
    for row in formset.new_objects:
        after[f"{row._meta.verbose_name} added"] = str(row)
    for row in formset.deleted_objects:
        before[f"{row._meta.verbose_name} removed"] = str(row)
    for form in formset.initial_forms:
        for name in form.changed_data:
            before[f"{form.instance}: {name}"] = form.initial.get(name)
            after[f"{form.instance}: {name}"] = form.cleaned_data.get(name)


def _named(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: [str(part) for part in value] if isinstance(value, QuerySet | list) else value
        for name, value in values.items()
    }


def _workspace_of(row: Model) -> UUID | None:
    return row.pk if isinstance(row, Workspace) else getattr(row, "workspace_id", None)


def _record(action: str, row: Model, **states: Any) -> None:
    target = (row._meta.model_name or "row", row.pk, str(row))
    log.record(action, workspace_id=_workspace_of(row), target=target, **states)
