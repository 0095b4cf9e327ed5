"""What agents' work came to, by day."""

from django.db import models

from agents.models.agent import Agent
from workspaces.models import Workspace


class AgentUsage(models.Model):
    """One agent's steps of runs that ended on one day (UTC). The engine adds to it when it ends a run.

    shard: several writers add to rows of their own, so that none waits for another; what counts is their sum.
    """

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_constraint=False)
    agent = models.ForeignKey(Agent, models.CASCADE, related_name="usage", db_index=False)
    day = models.DateField()
    shard = models.SmallIntegerField(default=0)
    runs = models.IntegerField(default=0)
    completed = models.IntegerField(default=0)
    failed = models.IntegerField(default=0)
    input_tokens = models.BigIntegerField(default=0)
    output_tokens = models.BigIntegerField(default=0)
    cost = models.DecimalField(max_digits=18, decimal_places=8, default=0)
    duration_ms = models.BigIntegerField(default=0, help_text="Of its completed steps together.")
    is_estimated = models.BooleanField(default=False)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "agent_usage"
        constraints = (
            models.UniqueConstraint(fields=["agent", "day", "shard"], name="one_agent_usage_per_day_and_shard"),
        )

    def __str__(self) -> str:
        return f"{self.agent_id} on {self.day}"
