"""A person's own tabs of the run list."""

import uuid

from django.db import models
from django.utils import timezone

from workspaces.models import User, Workspace

LONGEST_NAME = 40
LONGEST_QUERY = 2000


class SavedView(models.Model):
    """What one member narrowed the run list to, under a name. query: as it stands in the address."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # The constraint below begins with it.
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    name = models.CharField(max_length=LONGEST_NAME)
    query = models.CharField(max_length=LONGEST_QUERY)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "saved_run_views"
        constraints = (models.UniqueConstraint(fields=["workspace", "user", "name"], name="one_saved_view_per_name"),)

    def __str__(self) -> str:
        return self.name
