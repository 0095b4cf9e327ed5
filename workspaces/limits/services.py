"""Changes: the plan a workspace is on. Whoever runs the installation decides it."""

from django.db import transaction

from automatos.checking import Problems
from workspaces.audit import log as audit
from workspaces.models import Workspace


@transaction.atomic
def change_plan(*, workspace: Workspace, plan: str) -> Workspace:
    """The workspace on another plan. What it holds beyond the new limits stays; only adding more is refused."""
    problems = Problems()
    problems.choice("plan", plan, Workspace.Plan.values)
    problems.raise_any()
    workspace = Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)
    before, workspace.plan = workspace.plan, plan
    if before != plan:
        workspace.save(update_fields=["plan"])
        audit.record(
            "workspace.plan_changed",
            workspace_id=workspace.pk,
            target=("workspace", workspace.pk, workspace.name),
            before={"plan": before},
            after={"plan": plan},
        )
    return workspace
