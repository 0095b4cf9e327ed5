"""What moderators and operators said of bytes: known to be bad, or found by a rule and harmless all the same."""

from django.db import models
from django.utils import timezone

from workspaces.models import User


class BlockedHash(models.Model):
    """A file or a whole package that must not come in again. reason: for moderators and authors alike."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    reason = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "plugin_blocked_hashes"

    def __str__(self) -> str:
        return self.sha256


class SetAside(models.Model):
    """A finding that a moderator judged harmless. sha256: of rule, file and quote, so other bytes are found again."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    rule = models.CharField(max_length=20)
    quote = models.TextField(blank=True)
    reason = models.TextField()
    person = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    person_name = models.CharField(max_length=254, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "plugin_findings_set_aside"

    def __str__(self) -> str:
        return f"{self.rule}: {self.quote[:60]}"
