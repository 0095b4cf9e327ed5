"""Reads: sources of skills, their skills, what an update would change, and who has a skill."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Prefetch, Q, QuerySet
from django.utils import timezone

from agents.models import Agent, AgentSkill, Skill, SkillSource
from agents.skills import rows as skill_rows
from agents.skills.changes import ChangedFile, ChangedSkill, Update
from automatos.errors import NotFound
from automatos.line_matching import MOST_STEPS
from automatos.skill_format.difference import Changed, Difference, as_text, difference
from automatos.skill_format.skill import Skill as ReadSkill
from automatos.skill_format.skill import is_true
from workspaces.models import Workspace
from workspaces.purging import UNDO

LIVE = Q(skills__deleted_at=None)


def sources_of(workspace: Workspace) -> QuerySet[SkillSource]:
    """The workspace's sources, newest first, with `skill_count` and `chosen_count`; what waits is not loaded."""
    rows = SkillSource.objects.filter(workspace=workspace, deleted_at=None).select_related("created_by")
    counted = rows.annotate(
        skill_count=Count("skills", filter=LIVE), chosen_count=Count("skills", filter=LIVE & Q(skills__is_enabled=True))
    )
    return counted.defer("pending").order_by("-created_at", "id")


def deleted_sources_of(workspace: Workspace) -> QuerySet[SkillSource]:
    """Those that can still be brought back, the last one first."""
    rows = SkillSource.objects.filter(workspace=workspace, deleted_at__gt=timezone.now() - UNDO)
    return rows.defer("pending").order_by("-deleted_at", "id")[:50]


def source(*, workspace: Workspace, source_id: UUID) -> SkillSource:
    """One of them; NotFound when it is not there, or another workspace's."""
    found = sources_of(workspace).filter(pk=source_id).first()
    if found is None:
        raise NotFound()
    return found


def skills_of(workspace: Workspace) -> QuerySet[Skill]:
    """The workspace's skills, chosen or not, by name, with their source; their bodies are not loaded."""
    rows = Skill.objects.filter(workspace=workspace, deleted_at=None).select_related("source")
    return rows.defer("body", "source__pending").order_by("name", "slug")


def skill(*, workspace: Workspace, skill_id: UUID) -> Skill:
    """One of them, with its texts."""
    rows = Skill.objects.filter(workspace=workspace, deleted_at=None).select_related("source").defer("source__pending")
    found = rows.filter(pk=skill_id).first()
    if found is None:
        raise NotFound()
    return found


def skill_at(*, workspace: Workspace, key: str) -> Skill:
    """One of them by its address."""
    found = skills_of(workspace).filter(slug=key).first()
    if found is None:
        raise NotFound()
    return skill(workspace=workspace, skill_id=found.pk)


def is_for_models(row: Skill) -> bool:
    """Whether its author lets a model start it by itself."""
    return not is_true(row.metadata.get("extra", {}).get("disable-model-invocation"))


def users_of(skills: Iterable[Skill]) -> dict[UUID, list[Agent]]:
    """The agents that have each skill, by name."""
    ids = [row.pk for row in skills]
    found: dict[UUID, list[Agent]] = {key: [] for key in ids}
    rows = AgentSkill.objects.filter(skill__in=ids, agent__deleted_at=None).select_related("agent")
    for row in rows.order_by("agent__name", "agent_id"):
        found[row.skill_id].append(row.agent)
    return found


def usable_skills() -> Prefetch:  # type: ignore[type-arg]
    """For agents: `agent_skills` with those skills alone that are chosen and there, in the order they were given."""
    return Prefetch("agent_skills", AgentSkill.objects.filter(skill__is_enabled=True, skill__deleted_at=None))


def skills_of_agent(agent: Agent) -> list[Skill]:
    """The skills an agent has, in its order."""
    rows = AgentSkill.objects.filter(agent=agent, skill__is_enabled=True, skill__deleted_at=None)
    return [row.skill for row in rows.select_related("skill__source").defer("skill__source__pending")]


def update_of(*, workspace: Workspace, source_id: UUID) -> Update | None:
    """What waits to be accepted, compared with what there is; None when nothing waits."""
    found = SkillSource.objects.filter(workspace=workspace, deleted_at=None, pk=source_id).first()
    if found is None:
        raise NotFound()
    if not found.pending_commit or found.pending is None:
        return None
    rows = skill_rows.live_rows(found)
    old = [skill_rows.as_read(row) for row in rows]
    new = skill_rows.waiting(found.pending)
    change = difference(old, [one for one, _ in new])
    row_of = {id(read): row for read, row in zip(old, rows, strict=True)}
    before = {id(read): _texts(row) for read, row in zip(old, rows, strict=True) if _is_touched(read, change)}
    after = {id(read): dict(texts) for read, texts in new}
    names = {key: tuple(agent.name for agent in agents) for key, agents in users_of(rows).items()}

    def had_by(read: ReadSkill) -> tuple[str, ...]:
        return names[row_of[id(read)].pk]

    changed = [
        _changed(one, before[id(one.before)], after[id(one.after)], had_by(one.before)) for one in change.changed
    ]
    steps = MOST_STEPS // max(1, sum(1 + len(one.files) for one in changed))
    return Update(
        commit=found.pending_commit,
        found_at=datetime.fromisoformat(found.pending["found_at"]),
        warnings=list(found.pending["warnings"]),
        changed=[_within(one, steps) for one in changed],
        added=[_whole(read, "added", after[id(read)]) for read in change.added],
        removed=[_whole(read, "removed", before[id(read)], had_by(read)) for read in change.removed],
    )


def _is_touched(read: ReadSkill, change: Difference) -> bool:
    return any(read is one.before for one in change.changed) or any(read is one for one in change.removed)


def _texts(row: Skill) -> dict[str, str]:
    return dict(row.files.filter(is_text=True).values_list("path", "content"))


def _within(skill: ChangedSkill, steps: int) -> ChangedSkill:
    files = [replace(file, steps=steps) for file in skill.files]
    return replace(skill, body=replace(skill.body, steps=steps), files=files)


def _changed(change: Changed, before: dict[str, str], after: dict[str, str], agents: tuple[str, ...]) -> ChangedSkill:
    files = []
    for file in change.files:
        old = before.get(file.path) if file.before else None
        new = after.get(file.path) if file.after else None
        binary = any(side is not None and side.kind != "text" for side in (file.before, file.after))
        sizes = [f"{side.size:,} bytes" if side else "nothing" for side in (file.before, file.after)]
        note = f"Not a text: {sizes[0]} became {sizes[1]}." if binary else ""
        files.append(ChangedFile(file.path, file.kind, old, new, note))
    return ChangedSkill(
        name=change.after.name,
        body=ChangedFile("SKILL.md", "changed", as_text(change.before), as_text(change.after)),
        files=files,
        tools_added=change.tools_added,
        moved_to=change.after.path if change.moved else "",
        warnings=tuple(text for text in change.after.warnings if text not in change.before.warnings),
        agents=agents,
    )


def _whole(read: ReadSkill, kind: str, texts: dict[str, str], agents: tuple[str, ...] = ()) -> ChangedSkill:
    """A skill that is there on one side alone."""

    def file_of(path: str, text: str | None, size: int = 0) -> ChangedFile:
        note = f"Not a text: {size:,} bytes." if text is None else ""
        old, new = (None, text) if kind == "added" else (text, None)
        return ChangedFile(path, kind, old, new, note)

    body = file_of("SKILL.md", as_text(read))
    files = [file_of(file.path, texts.get(file.path), file.size) for file in read.resources]
    added = read.allowed_tools if kind == "added" else ()
    return ChangedSkill(read.name, body, files, tuple(added), warnings=tuple(read.warnings), agents=agents)
