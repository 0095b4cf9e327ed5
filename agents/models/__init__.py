"""Agents, the personas they wear, the models they think with, and what they know."""

from agents.models.agent import (
    TYPE_OF_CATEGORY,
    Agent,
    AgentModelConfig,
    AgentQuerySet,
    AgentStatus,
    AgentType,
    Category,
    Persona,
)
from agents.models.changes import AgentDraft, AgentVersion, Conversation
from agents.models.knowledge import AgentDocument, Chunk, Document, DocumentSite, Memory
from agents.models.skill import AgentSkill, Skill, SkillFile, SkillSource
from agents.models.usage import AgentUsage

__all__ = [
    "TYPE_OF_CATEGORY",
    "Agent",
    "AgentDocument",
    "AgentDraft",
    "AgentModelConfig",
    "AgentQuerySet",
    "AgentSkill",
    "AgentStatus",
    "AgentType",
    "AgentUsage",
    "AgentVersion",
    "Category",
    "Chunk",
    "Conversation",
    "Document",
    "DocumentSite",
    "Memory",
    "Persona",
    "Skill",
    "SkillFile",
    "SkillSource",
]
