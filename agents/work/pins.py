"""An agent as a run keeps it: what an edit may change is written down once, what a person blocks is read anew."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from hashlib import blake2b
from typing import Any
from uuid import UUID

import orjson

from agents.work.context_window import window_of
from agents.work.spec import AgentSpec
from automatos.skill_format.skill import Brief
from tools.sources import Found

# Raised when what is kept below changes its meaning.
FORMAT = 1
KEPT = (
    "name", "slug", "version", "system_prompt", "model", "fallback_model", "temperature", "max_tokens", "top_p",
    "frequency_penalty", "presence_penalty", "effort", "response_schema", "max_task_tokens", "has_documents",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pin:
    """An agent's settings, tools and skills as JSON. id: of the content, so that equal ones are stored once."""

    id: UUID
    agent_id: UUID
    version: int
    body: bytes


def pin_of(spec: AgentSpec) -> Pin:
    """The agent as it is now."""
    body: dict[str, Any] = {name: getattr(spec, name) for name in KEPT}
    body |= {
        "format": FORMAT,
        "max_task_cost": None if spec.max_task_cost is None else str(spec.max_task_cost),
        "skills": [[str(one.id), one.name, one.summary, one.has_more, one.origin] for one in spec.skills],
        "tools": {name: found.kept for name, found in spec.found.items()},
        "windows": {model: window_of(model) for model in (spec.model, spec.fallback_model) if model},
    }
    written = orjson.dumps(body, option=orjson.OPT_SORT_KEYS)
    key = blake2b(spec.id.bytes + written, digest_size=16)
    return Pin(UUID(bytes=key.digest()), spec.id, spec.version, written)


def restored(body: Mapping[str, Any], now: AgentSpec) -> AgentSpec:
    """The agent as it was pinned; whether it may work at all, who is asked and what is blocked is as it is now."""
    cost = body["max_task_cost"]
    return replace(
        now,
        **{name: body[name] for name in KEPT},
        max_task_cost=None if cost is None else Decimal(cost),
        skills=tuple(Brief(UUID(key), *about) for key, *about in body["skills"]),
        found={name: Found(body["tools"].get(name), found.live) for name, found in now.found.items()},
        windows=body["windows"],
    )
