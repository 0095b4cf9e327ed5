"""Bytes that are known to be bad, by their SHA-256."""

from django.db import models
from django.utils import timezone


class BlockedHash(models.Model):
    """A file or a whole package that must not come in again. reason: for moderators and authors alike."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    reason = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "plugin_blocked_hashes"

    def __str__(self) -> str:
        return self.sha256
