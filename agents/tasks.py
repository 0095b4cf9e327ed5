"""Celery finds an app's tasks here; each room has its own."""

from agents.drafts.tasks import propose_draft, try_draft_model
from agents.knowledge.tasks import read_document, sweep_documents
from agents.personas.tasks import purge_personas
from agents.skills.tasks import sweep_skills, sync_skills

__all__ = [
    "propose_draft",
    "purge_personas",
    "read_document",
    "sweep_documents",
    "sweep_skills",
    "sync_skills",
    "try_draft_model",
]
