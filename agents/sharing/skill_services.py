"""A skill as something others can have: its SKILL.md and its text files, installed as a source of its own."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import yaml
from django.urls import reverse

from agents.models import Skill, SkillSource
from agents.sharing.services import private_words
from agents.skills import source_services
from automatos.errors import Conflict, NotFound
from marketplace.listings.kinds import Body, Change, Made, Need, Packed, Part
from workspaces.models import User, Workspace

FORMAT = "automatos-skill"
# Front matter of a SKILL.md beside name and description: its name there, and in what was read.
FRONT = (("license", "license"), ("compatibility", "compatibility"), ("allowed-tools", "allowed_tools"))
KIND = SkillSource.Kind.MARKETPLACE


class Skills:
    """Skills, for the marketplace."""

    permission, removal = "skills:write", "skills:delete"

    def pack(self, workspace: Workspace, source_id: UUID) -> Packed:
        """The skill with the texts of its files; what is no text stays behind."""
        skill = Skill.objects.filter(workspace=workspace, pk=source_id, deleted_at=None).first()
        if skill is None:
            raise NotFound()
        return Packed(
            name=skill.name,
            description=skill.description,
            category="",
            tags=(),
            body=_body(skill),
            face=skill.pk,
            href=reverse("skill_detail", args=[workspace.slug, skill.slug]),
            known=private_words(workspace),
        )

    def needs(self, workspace: Workspace, body: Body) -> list[Need]:
        """Nothing: an agent that has it brings the rest."""
        return []

    def parts(self, workspace: Workspace, body: Body) -> list[Part]:
        """It comes alone."""
        return []

    def lines(self, body: Body) -> str:
        """SKILL.md, then each file."""
        files = [f"File {path}\n{text}" for path, text in _files(body).items() if path != "SKILL.md"]
        return "\n\n".join([_files(body)["SKILL.md"], *files])

    def install(self, workspace: Workspace, user: User, body: Body, choices: Mapping[str, str]) -> Made:
        """A source that holds it, its skill ready for agents."""
        source = source_services.add_upload(
            workspace=workspace,
            user=user,
            data=_archive(body),
            filename="skill.zip",
            name=str(body.get("name") or "")[:160],
            kind=KIND,
        )
        _enable(workspace, source)
        return Made(source.pk, [{"kind": "skill", "id": str(source.pk), "name": source.name}])

    def current(self, workspace: Workspace, object_id: UUID, made: Sequence[Mapping[str, str]]) -> Body | None:
        """As it would be packed now."""
        skill = Skill.objects.filter(workspace=workspace, source_id=object_id, deleted_at=None).first()
        return _body(skill) if skill else None

    def update(self, workspace: Workspace, user: User, object_id: UUID, change: Change) -> Made:
        """The skill as the new version says; a skill is not edited here, so nothing is lost."""
        if self.current(workspace, object_id, ()) is None:
            raise Conflict("The skill was removed here.")
        source = source_services.upload_again(
            workspace=workspace, source_id=object_id, data=_archive(change.new), filename="skill.zip", kind=KIND
        )
        if source.pending_commit:
            source_services.accept_update(workspace=workspace, source_id=object_id, commit=source.pending_commit)
        _enable(workspace, source)
        return Made(object_id, change.made)

    def uninstall(
        self, workspace: Workspace, user: User, object_id: UUID, made: Sequence[Mapping[str, str]]
    ) -> list[str]:
        """The source with its skill, which leaves every agent."""
        rows = SkillSource.objects.filter(workspace=workspace, pk=object_id, deleted_at=None)
        if (source := rows.first()) is None:
            return []
        source_services.delete_source(workspace=workspace, source_id=object_id)
        return [f"The skill {source.name} was removed, also from agents; it can be restored for 30 days."]

    def href(self, workspace: Workspace, object_id: UUID) -> str:
        """The skill's page."""
        skill = Skill.objects.filter(workspace=workspace, source_id=object_id, deleted_at=None).first()
        return reverse("skill_detail", args=[workspace.slug, skill.slug]) if skill else ""

    def counts(self, body: Body) -> dict[str, int]:
        """Of a card."""
        return {"skills": 1}

    def reach(self, body: Body) -> list[str]:
        """A text reaches nothing by itself."""
        return []


SKILLS = Skills()


def _body(skill: Skill) -> dict[str, Any]:
    front = {name: skill.metadata.get(key) for name, key in FRONT if skill.metadata.get(key)}
    return {
        "format": FORMAT,
        "name": skill.name,
        "description": skill.description,
        "front": front,
        "body": skill.body,
        "files": {file.path: file.content for file in skill.files.filter(is_text=True).order_by("path")},
    }


def _files(body: Body) -> dict[str, str]:
    """The files of the skill's folder by path."""
    front = {"name": body.get("name", ""), "description": body.get("description", ""), **(body.get("front") or {})}
    head = yaml.dump(front, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True, width=100)
    return {"SKILL.md": f"---\n{head}---\n{body.get('body', '')}", **(body.get("files") or {})}


def _archive(body: Body) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        for path, text in _files(body).items():
            packed.writestr(zipfile.ZipInfo(path), text)
    return made.getvalue()


def _enable(workspace: Workspace, source: SkillSource) -> None:
    ids = source.skills.filter(deleted_at=None).values_list("pk", flat=True)
    source_services.choose_skills(workspace=workspace, source_id=source.pk, skill_ids=list(ids))
