"""What a workspace's calls took, as each place that counts it has it."""

from decimal import Decimal

from django.db.models import Sum

from agents.models import AgentUsage
from recipes.models import Call, Execution, ExecutionStep
from workspaces.models import Workspace

SUMS = {"input": Sum("input_tokens"), "output": Sum("output_tokens"), "cost": Sum("cost")}


def books(workspace: Workspace) -> dict[str, tuple[int, int, Decimal]]:
    """Tokens in, tokens out and cost as each place has them; agents' only where no run is live."""
    rows = {
        "calls": Call.objects.filter(workspace=workspace).aggregate(**SUMS),
        "steps": ExecutionStep.objects.filter(workspace=workspace).aggregate(**SUMS),
        "runs": Execution.objects.filter(workspace=workspace).aggregate(**SUMS),
    }
    if not Execution.objects.filter(workspace=workspace, completed_at=None).exists():
        rows["agents"] = AgentUsage.objects.filter(workspace=workspace).aggregate(**SUMS)
    return {name: (row["input"] or 0, row["output"] or 0, row["cost"] or Decimal(0)) for name, row in rows.items()}


def agree(workspace: Workspace) -> bool:
    """Whether all places have the same."""
    return len(set(books(workspace).values())) == 1
