"""Workspaces: the one for callers that name none, and what each may hold."""

from uuid import UUID

from automatos import env

WORKSPACE_ID = env.uuid("WORKSPACE_ID", None)
DEFAULT_TENANT_ID = env.uuid("DEFAULT_TENANT_ID", UUID(int=0))
# Requests a minute at the API for each person and each key that has no limit of its own; 0: as many as they like.
API_RATE_LIMIT = env.integer("API_RATE_LIMIT", 600, low=0, high=1_000_000)
# Functions that say what uses a credential.
CREDENTIAL_USES = [
    "agents.model_choice.credential_uses.agents_paid_by",
    "agents.skills.credentials.sources_opened_by",
]
# What a new workspace may hold; workspaces/limits/plans.py lists the limits.
DEFAULT_PLAN = env.choice("DEFAULT_PLAN", "unlimited", ("free", "team", "unlimited"))
