"""The audit log: one chain of entries for each workspace, and one for the platform."""

from django.db import models


class AuditEntry(models.Model):
    """One change of state. Never changed or removed: the database refuses it.

    hash: SHA-256 over previous_hash and everything else in the row, so that an entry altered or left out later shows.
    workspace_id is no foreign key: the log outlives what it tells of. None: a change of no workspace.
    """

    id = models.BigAutoField(primary_key=True)
    workspace_id = models.UUIDField(null=True)
    seq = models.BigIntegerField()
    at = models.DateTimeField()
    actor_id = models.UUIDField(null=True)
    actor = models.CharField(max_length=254)
    via = models.CharField(max_length=20)
    credential = models.CharField(max_length=120, blank=True)
    ip = models.CharField(max_length=45, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    action = models.CharField(max_length=60)
    target_type = models.CharField(max_length=40)
    target_id = models.CharField(max_length=64)
    target = models.CharField(max_length=200, blank=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        db_table = "audit_log"
        indexes = (
            models.Index(fields=["workspace_id", "-at"], name="audit_newest"),
            models.Index(fields=["workspace_id", "action", "-at"], name="audit_by_action"),
            models.Index(fields=["workspace_id", "actor_id", "-at"], name="audit_by_actor"),
            models.Index(fields=["workspace_id", "target_type", "target_id"], name="audit_by_target"),
        )
        constraints = (
            models.UniqueConstraint(fields=["workspace_id", "seq"], name="one_audit_number", nulls_distinct=False),
        )

    def __str__(self) -> str:
        return f"{self.seq} {self.action} {self.target_id}"


class AuditHead(models.Model):
    """The end of a chain; locked while an entry is added, so that entries are numbered one after the other."""

    id = models.BigAutoField(primary_key=True)
    workspace_id = models.UUIDField(null=True)
    seq = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64, default="")

    class Meta:
        db_table = "audit_heads"
        constraints = (models.UniqueConstraint(fields=["workspace_id"], name="one_audit_head", nulls_distinct=False),)

    def __str__(self) -> str:
        return f"{self.workspace_id} {self.seq}"
