"""Skills in tables: what was read becomes rows, and rows become what was read."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from django.utils import timezone

from agents.models import Skill, SkillFile, SkillSource
from automatos.rows import added
from automatos.skill_format import storing
from automatos.skill_format.difference import pairs
from automatos.skill_format.reading import LONGEST_NAME, slug
from automatos.skill_format.skill import Skill as ReadSkill
from automatos.skill_format.snapshot import Snapshot
from automatos.slugs import insert_with_slug

Texts = Mapping[str, str]


def as_read(row: Skill) -> ReadSkill:
    """The skill as it was read from its source."""
    return storing.from_json({**row.metadata, "body": row.body})


def live_rows(source: SkillSource) -> list[Skill]:
    """The source's skills that are there, in their order."""
    return list(source.skills.filter(deleted_at=None).order_by("path", "name", "id"))


def insert(source: SkillSource, skill: ReadSkill, texts: Texts) -> Skill:
    """A new row under an address of its own, not chosen yet."""

    def create(address: str) -> Skill | None:
        columns = _columns(skill)
        return added(Skill(workspace_id=source.workspace_id, source=source, slug=address, **columns, is_enabled=False))

    row = insert_with_slug(create, name=slug(skill.name), longest=LONGEST_NAME, otherwise="skill")
    _insert_files(row, skill, texts)
    return row


def overwrite(row: Skill, skill: ReadSkill, texts: Texts) -> None:
    """The row with what the skill says now; its address, and who has it, stay."""
    for name, value in _columns(skill).items():
        setattr(row, name, value)
    row.updated_at = timezone.now()
    row.save()
    row.files.all().delete()
    _insert_files(row, skill, texts)


def bring_back(row: Skill) -> Skill:
    """A removed skill in its place again, under its address or, when that was taken meanwhile, a new one."""
    live = Skill.objects.filter(workspace_id=row.workspace_id, deleted_at=None).exclude(pk=row.pk)
    return insert_with_slug(
        partial(_revive, row), name=row.slug, longest=LONGEST_NAME, otherwise="skill",
        taken=lambda address: live.filter(slug=address).exists(),
    )  # fmt: skip


def held_back(snapshot: Snapshot) -> dict[str, Any]:
    """A snapshot as JSON, to wait until a person accepts it."""
    skills = [{**storing.as_json(skill), "texts": snapshot.texts_of(skill)} for skill in snapshot.found.skills]
    return {"found_at": timezone.now().isoformat(), "warnings": warnings_of(snapshot), "skills": skills}


def waiting(pending: Mapping[str, Any]) -> list[tuple[ReadSkill, Texts]]:
    """The skills of what `held_back` wrote, with the texts of their files."""
    return [(storing.from_json(value), value["texts"]) for value in pending["skills"]]


def warnings_of(snapshot: Snapshot) -> list[str]:
    """What is said about the source as a whole, and why a SKILL.md is no skill."""
    return [*snapshot.found.warnings, *(f"{one.path}: {one.reason}" for one in snapshot.found.skipped)]


def take_over(source: SkillSource, new: Sequence[tuple[ReadSkill, Texts]]) -> None:
    """Make the source's rows what is in `new`: changed ones are overwritten, new ones added, missing ones removed."""
    rows = {id(skill): (row, skill) for row in live_rows(source) for skill in [as_read(row)]}
    texts = {id(skill): given for skill, given in new}
    same = pairs([skill for _, skill in rows.values()], [skill for skill, _ in new])
    for before, after in same:
        if (before.digest, before.path) != (after.digest, after.path):
            overwrite(rows[id(before)][0], after, texts[id(after)])
    gone = rows.keys() - {id(before) for before, _ in same}
    Skill.objects.filter(pk__in=[rows[key][0].pk for key in gone]).update(deleted_at=timezone.now())
    known = {id(after) for _, after in same}
    for skill, given in new:
        if id(skill) not in known:
            insert(source, skill, given)


def _columns(skill: ReadSkill) -> dict[str, Any]:
    metadata = storing.as_json(skill)
    del metadata["body"]
    cost = skill.token_estimate
    return {
        "name": skill.name[:120],
        "description": skill.description,
        "summary": skill.summary,
        "has_more": skill.has_more,
        "path": skill.path,
        "body": skill.body,
        "metadata": metadata,
        "warnings": list(skill.warnings),
        "digest": skill.digest,
        "metadata_tokens": cost.metadata,
        "body_tokens": cost.body,
    }


def _insert_files(row: Skill, skill: ReadSkill, texts: Texts) -> None:
    SkillFile.objects.bulk_create(
        SkillFile(
            skill=row, path=file.path, size=file.size, is_text=file.kind == "text", content=texts.get(file.path, "")
        )
        for file in skill.resources
    )


def _revive(row: Skill, address: str) -> Skill:
    row.slug, row.deleted_at = address, None
    row.save(update_fields=["slug", "deleted_at"])
    return row
