"""The agents a workflow may pick from, as they are matched: what is said of them, what they did, what they do now.

Call what reads the database in the workspace's scope; `vectors_of` touches none.
"""

import threading
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Avg, Count, F, FloatField, Q
from django.db.models.functions import Extract
from django.utils import timezone

from agents.models import Agent, AgentStatus
from agents.work.spec import AgentSpec, load_specs
from agents.work.toolbox import toolbox_of
from automatos.llm import embeddings
from automatos.llm.embeddings import Vector
from recipes.models import ExecutionStep, StepKind, StepStatus
from recipes.workflows.selection import Profile

# How far back an agent's work counts.
PAST = timedelta(days=90)
MOST_AGENTS = 200
LONGEST_SAID = 600
# Vectors that this process keeps, 16 kB each.
MOST_KEPT = 4_096
_kept: dict[str, Vector] = {}
_keeping = threading.Lock()


@dataclass(frozen=True, slots=True)
class Usual:
    """What an agent's steps usually take: seconds and US dollars, None where it never worked."""

    seconds: float | None
    cost: float | None


@dataclass(frozen=True, slots=True)
class Team:
    """Who may be picked. labels: what capabilities they have by name; models: by agent."""

    profiles: tuple[Profile, ...]
    labels: frozenset[str]
    usual: dict[UUID, Usual]
    models: dict[UUID, str]


def team_of(workspace_id: UUID, agent_ids: Collection[UUID] = ()) -> Team:
    """The active agents of the workspace, or those of them that are named."""
    rows = Agent.objects.visible().filter(workspace_id=workspace_id, status=AgentStatus.ACTIVE, pending_status="")
    if agent_ids:
        rows = rows.filter(pk__in=list(agent_ids))
    agents = list(rows.select_related("persona").order_by("name", "id")[:MOST_AGENTS])
    specs = load_specs([one.pk for one in agents], _rows) if agents else {}
    past = _past([one.pk for one in agents])
    profiles = tuple(_profile(one, specs[one.pk], past.get(one.pk, {})) for one in agents if one.pk in specs)
    labels = frozenset(label for one in agents for label in _labels(one))
    usual = {key: Usual(found["seconds"], found["cost"]) for key, found in past.items()}
    return Team(profiles, labels, usual, {one.pk: specs[one.pk].model for one in agents if one.pk in specs})


def _rows(statement: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())


def _profile(agent: Agent, spec: AgentSpec, past: dict[str, Any]) -> Profile:
    tools = [tool.title or name for name, tool in toolbox_of(spec).items()]
    about = agent.description or agent.name
    persona = agent.persona.description if agent.persona else ""
    plugins = [str(one.offer.get("summary") or one.slug) for one in spec.plugins.usable]
    skills = [f"{one.name}: {one.summary}" for one in spec.skills]
    whole = ". ".join(filter(None, (f"{agent.name}, {agent.get_category_display()}", about, ", ".join(agent.tags))))
    said = [about, whole, persona, agent.custom_prompt, *skills, *plugins]
    return Profile(
        agent.pk,
        agent.name,
        tuple(dict.fromkeys(text.strip()[:LONGEST_SAID] for text in said if text.strip())),
        tuple(dict.fromkeys([*(one.name for one in spec.skills), *tools])),
        past.get("done", 0),
        past.get("failed", 0),
        past.get("busy", 0),
    )


def _labels(agent: Agent) -> Iterable[str]:
    """The capabilities an agent says it has by name: its tags, written as capabilities are."""
    return (tag.strip().lower().replace(" ", "_") for tag in agent.tags)


def _past(agent_ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    """What agents' steps came to lately, by agent."""
    worked = Q(started_at__gt=timezone.now() - PAST, kind__in=(StepKind.AGENT, StepKind.TOOL))
    done, failed = Q(status=StepStatus.COMPLETED), Q(error__isnull=False)
    seconds = Extract(F("completed_at") - F("started_at"), "epoch", output_field=FloatField())
    rows = (
        ExecutionStep.objects.filter(worked, agent_id__in=agent_ids)
        .values("agent_id")
        .annotate(
            done=Count("pk", filter=done),
            failed=Count("pk", filter=failed),
            busy=Count("pk", filter=Q(status=StepStatus.RUNNING)),
            seconds=Avg(seconds, filter=done),
            cost=Avg("cost", filter=done, output_field=FloatField()),
        )
    )
    return {row["agent_id"]: dict(row) for row in rows.order_by()}


def vectors_of(texts: Iterable[str]) -> dict[str, Vector]:
    """The vectors of texts by the encoder of this machine; a text embedded once by this process is not embedded again.

    Takes about 5 ms a text, as new ones are embedded together. Touches no database.
    """
    wanted = list(dict.fromkeys(texts))
    with _keeping:
        found = {text: _kept[text] for text in wanted if text in _kept}
    if new := [text for text in wanted if text not in found]:
        fresh = dict(zip(new, embeddings.embed(new), strict=True))
        found |= fresh
        with _keeping:
            _kept.update(fresh)
            for oldest in list(_kept)[: max(0, len(_kept) - MOST_KEPT)]:
                del _kept[oldest]
    return found
