"""What agents can look up: documents in chunks, and what they chose to remember."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models.functions import Cast
from django.utils import timezone
from pgvector.django import HalfVectorField, HnswIndex, VectorField

from agents.models.agent import Agent
from automatos.llm import embeddings
from workspaces.models import User, Workspace


class DocumentSite(models.Model):
    """A website whose pages are documents: those below an address, up to a number."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="document_sites")
    url = models.CharField(max_length=2000, help_text="The page it begins at.")
    asked_url = models.CharField(max_length=2000, db_default="", help_text="What somebody wrote; it may lead to `url`.")
    below = models.CharField(max_length=2000, help_text="Pages are taken whose address begins like this one.")
    most_pages = models.PositiveIntegerField()
    robots = models.TextField(null=True, help_text="The rules of its robots.txt; null until they are asked for.")
    left_out = models.JSONField(default=dict, help_text="Marks of the addresses that were not taken, by the reason.")
    next_page_at = models.DateTimeField(null=True, help_text="When its robots.txt lets the next page be asked for.")
    refreshed_at = models.DateTimeField(default=timezone.now, help_text="When its pages were last asked for.")
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "document_sites"
        indexes = (models.Index(fields=["workspace", "-created_at"], name="document_sites_newest"),)

    def __str__(self) -> str:
        return self.url


class Document(models.Model):
    """A text a workspace gave its agents to look things up in."""

    class Kind(models.TextChoices):
        UPLOAD = "upload", "Upload"
        PASTE = "paste", "Pasted text"
        URL = "url", "Web page"

    class Status(models.TextChoices):
        WAITING = "waiting", "Waiting"
        READING = "reading", "Reading"
        READY = "ready", "Ready"
        ERROR = "error", "Error"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="documents")
    title = models.CharField(max_length=200)
    kind = models.CharField(max_length=10, choices=Kind)
    url = models.CharField(max_length=2000, blank=True)
    site = models.ForeignKey(DocumentSite, models.SET_NULL, null=True, related_name="documents")
    file = models.CharField(max_length=300, blank=True, help_text="Where storage keeps the upload.")
    file_name = models.CharField(
        max_length=400, blank=True, db_default="", help_text="An upload's own name, with its folders."
    )
    digest = models.CharField(max_length=64, blank=True, db_default="", help_text="SHA-256 of an upload's bytes.")
    media_type = models.CharField(max_length=100, blank=True)
    size = models.PositiveBigIntegerField(default=0)
    status = models.CharField(max_length=10, choices=Status, default=Status.WAITING)
    error = models.TextField(blank=True)
    attempts = models.PositiveSmallIntegerField(default=0, help_text="How often a worker began to read it.")
    reading_since = models.DateTimeField(null=True)
    text = models.TextField(blank=True)
    encoding = models.CharField(max_length=40, blank=True, db_default="", help_text="What its letters were read in.")
    is_encoding_chosen = models.BooleanField(default=False, db_default=False)
    pages = models.PositiveIntegerField(default=0, db_default=0, help_text="Of a PDF, how many there are.")
    pages_read = models.PositiveIntegerField(default=0, db_default=0, help_text="How many of them are read so far.")
    notes = models.JSONField(default=list, db_default=[], help_text="Sentences about what could not be read.")
    change = models.JSONField(null=True, help_text="What the last other text changed.")
    embedding_model = models.CharField(max_length=120, blank=True)
    chunk_count = models.PositiveIntegerField(default=0)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    deleted_at = models.DateTimeField(null=True)
    agents = models.ManyToManyField(Agent, through="AgentDocument", related_name="documents")

    class Meta:
        db_table = "documents"
        indexes = (
            models.Index(fields=["workspace", "-created_at"], name="documents_newest"),
            models.Index(fields=["workspace", "file_name"], name="documents_file_name"),
            models.Index(fields=["workspace", "digest"], name="documents_digest"),
        )

    def __str__(self) -> str:
        return self.title


def _nearest(model: str) -> HnswIndex:
    """The index of nearest neighbours among the vectors of one model, kept in half precision."""
    size = embeddings.DIMENSIONS[model]
    return HnswIndex(
        OpClass(Cast("embedding", HalfVectorField(dimensions=size)), name="halfvec_cosine_ops"),
        name=f"chunks_nearest_{size}",
        condition=models.Q(embedding_model=model),
    )


class Chunk(models.Model):
    """A passage of a document, found by meaning (embedding, of `embedding_model`) and by words (words)."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_constraint=False)
    document = models.ForeignKey(Document, models.CASCADE, related_name="chunks")
    position = models.PositiveIntegerField()
    heading = models.CharField(max_length=300, blank=True)
    text = models.TextField()
    embedding_model = models.CharField(max_length=120, blank=True)
    embedding = VectorField(null=True)
    words = SearchVectorField(null=True)

    class Meta:
        db_table = "chunks"
        constraints = (models.UniqueConstraint(fields=["document", "position"], name="one_chunk_per_position"),)
        indexes = (
            GinIndex(fields=["words"], name="chunks_words"),
            models.Index(fields=["workspace"], name="chunks_ws"),
            *map(_nearest, embeddings.DIMENSIONS),
        )

    def __str__(self) -> str:
        return f"{self.document_id} {self.position}"


class AgentDocument(models.Model):
    """A document an agent may look things up in."""

    agent = models.ForeignKey(Agent, models.CASCADE, related_name="agent_documents")
    document = models.ForeignKey(Document, models.CASCADE, related_name="agent_documents")

    class Meta:
        db_table = "agent_documents"
        constraints = (models.UniqueConstraint(fields=["agent", "document"], name="one_document_per_agent"),)

    def __str__(self) -> str:
        return f"{self.agent_id} {self.document_id}"


class Memory(models.Model):
    """Something an agent chose to remember for its workspace, or that a workflow's run left.

    confidence: of what a run left, 0 to 1. expires_at: from when on nobody is told it any more; None for never.
    """

    class Kind(models.TextChoices):
        NOTE = "note", "Note"
        EXPERIENCE = "experience", "Experience"
        LESSON = "lesson", "Lesson"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="memories")
    agent = models.ForeignKey(Agent, models.SET_NULL, null=True, related_name="memories")
    execution_id = models.UUIDField(null=True)
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.NOTE, db_default=Kind.NOTE)
    confidence = models.FloatField(null=True)
    expires_at = models.DateTimeField(null=True)
    is_edited = models.BooleanField(default=False, db_default=False)
    text = models.TextField()
    tags = ArrayField(models.CharField(max_length=40), default=list)
    # Whether untrusted text stood before it was noted: what is recalled from it is untrusted too.
    origins = models.JSONField(default=list)
    embedding_model = models.CharField(max_length=120, blank=True)
    embedding = VectorField(null=True)
    words = SearchVectorField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "memories"
        indexes = (
            models.Index(fields=["workspace", "-created_at"], name="memories_newest"),
            GinIndex(fields=["words"], name="memories_words"),
        )

    def __str__(self) -> str:
        return self.text[:60]
