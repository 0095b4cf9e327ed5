"""Large values, each stored once in its workspace, and which runs refer to them."""

from django.db import models
from django.utils import timezone

from recipes.models.execution import Execution
from workspaces.models import Workspace


class Payload(models.Model):
    """A large text: an output, a tool's result, an input. The id follows from workspace and text; it never changes."""

    id = models.UUIDField(primary_key=True, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField(help_text="Bytes of the text.")
    body = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "payloads"
        constraints = (models.UniqueConstraint(fields=["workspace", "sha256"], name="one_payload_per_value"),)

    def __str__(self) -> str:
        return f"{self.sha256[:8]} ({self.size} bytes)"


class PayloadUse(models.Model):
    """A run refers to a payload, somewhere in its rows. As long as one does, the payload stays."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    execution = models.ForeignKey(Execution, models.CASCADE, related_name="payload_uses", db_index=False)
    payload = models.ForeignKey(Payload, models.DO_NOTHING, related_name="uses")

    class Meta:
        db_table = "payload_uses"
        constraints = (models.UniqueConstraint(fields=["execution", "payload"], name="one_use_per_run"),)

    def __str__(self) -> str:
        return f"{self.execution_id} refers to {self.payload_id}"
