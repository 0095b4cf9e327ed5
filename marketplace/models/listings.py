"""Agents, recipes and skills that are shared: a JSON body for each version, where one was installed, and reviews."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from marketplace.models.publishers import Publisher
from workspaces.models import User, Workspace


class Listing(models.Model):
    """An agent, a recipe or a skill under its slug, whatever version.

    source_id: what it was packed from, a row of the owning app. face: its picture is drawn from this. token: whoever
    has it may read a listing that is shared by link. current_version_id: what is installed from it.
    """

    class Kind(models.TextChoices):
        AGENT = "agent", "Agent"
        RECIPE = "recipe", "Recipe"
        SKILL = "skill", "Skill"

    class Audience(models.TextChoices):
        PUBLIC = "public", "Everybody, after a moderator has read it"
        WORKSPACE = "workspace", "Members of this workspace"
        LINK = "link", "Whoever has the link"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=10, choices=Kind)
    slug = models.SlugField(max_length=80, unique=True)
    name = models.CharField(max_length=160)
    description = models.TextField(blank=True)
    category = models.CharField(max_length=60, blank=True)
    tags = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    publisher = models.ForeignKey(Publisher, models.PROTECT, related_name="listings")
    workspace = models.ForeignKey(Workspace, models.SET_NULL, null=True, related_name="listings")
    source_id = models.UUIDField(null=True, blank=True)
    face = models.UUIDField(default=uuid.uuid4)
    audience = models.CharField(max_length=10, choices=Audience)
    token = models.CharField(max_length=43, blank=True)
    is_public = models.BooleanField(default=False, help_text="Has an approved version: everybody sees it.")
    is_system = models.BooleanField(default=False, help_text="Comes with the product.")
    installs = models.PositiveIntegerField(default=0)
    current_version_id = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "marketplace_listings"
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "kind", "source_id", "audience"],
                condition=models.Q(workspace__isnull=False),
                name="listings_one_a_source",
            )
        ]
        indexes = [models.Index(fields=["workspace", "-updated_at"], name="listings_of_workspace")]

    def __str__(self) -> str:
        return self.slug


class ListingVersion(models.Model):
    """One version, never changed. body: as the owning app packed it."""

    class Status(models.TextChoices):
        PENDING = "pending", "With a moderator"
        APPROVED = "approved", "Approved"
        REJECTED = "rejected", "Rejected"
        SHARED = "shared", "Shared"
        WITHDRAWN = "withdrawn", "Withdrawn"
        TAKEN_AWAY = "taken_away", "Taken away"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    listing = models.ForeignKey(Listing, models.CASCADE, related_name="versions")
    workspace = models.ForeignKey(Workspace, models.SET_NULL, null=True, related_name="+")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=160)
    description = models.TextField(blank=True)
    category = models.CharField(max_length=60, blank=True)
    body = models.JSONField()
    removed = models.JSONField(
        default=list, help_text="What was taken out of the copy: kind and place, never the text."
    )
    notes = models.TextField(blank=True)
    digest = models.CharField(max_length=64)
    status = models.CharField(max_length=12, choices=Status, default=Status.PENDING)
    reason = models.TextField(blank=True, help_text="What was decided last, in the moderator's words.")
    submitted_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    submitted_at = models.DateTimeField(default=timezone.now)
    reviewer = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    reviewed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "marketplace_listing_versions"
        constraints = [models.UniqueConstraint(fields=["listing", "number"], name="listing_versions_number")]
        indexes = [models.Index(fields=["status", "submitted_at"], name="listing_versions_queue")]

    def __str__(self) -> str:
        return f"{self.listing_id} {self.number}"


class InstalledListing(models.Model):
    """A listing that a workspace installed. object_id: what was made of it; made: all that was, for cleaning up.

    number: of the version it is at. base: that version's body, beside which local changes and newer versions are seen.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="installed_listings")
    listing = models.ForeignKey(Listing, models.CASCADE, related_name="installed_in")
    number = models.PositiveIntegerField()
    base = models.JSONField()
    object_id = models.UUIDField()
    made = models.JSONField(default=list)
    choices = models.JSONField(default=dict, help_text="Which own agents stand in for those of the listing.")
    put_off = models.PositiveIntegerField(default=0, help_text="The newer version that nobody wants to hear of.")
    installed_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    installed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "marketplace_installed"
        indexes = [models.Index(fields=["workspace", "-installed_at"], name="installed_of_workspace")]

    def __str__(self) -> str:
        return f"{self.listing_id} in {self.workspace_id}"


class ListingReview(models.Model):
    """What a workspace that installed a listing says of it; who may read the listing reads it.

    workspace_name: as it was called then. number: of the version that was installed.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="listing_reviews")
    workspace_name = models.CharField(max_length=200)
    listing = models.ForeignKey(Listing, models.CASCADE, related_name="reviews")
    number = models.PositiveIntegerField()
    stars = models.PositiveSmallIntegerField()
    text = models.TextField(blank=True)
    person = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "marketplace_listing_reviews"
        constraints = [
            models.UniqueConstraint(fields=["workspace", "listing"], name="listing_reviews_once"),
            models.CheckConstraint(condition=models.Q(stars__gte=1, stars__lte=5), name="listing_reviews_stars"),
        ]
        indexes = [models.Index(fields=["listing", "-updated_at"], name="listing_reviews_newest")]

    def __str__(self) -> str:
        return f"{self.stars} of 5: {self.text[:60]}"
