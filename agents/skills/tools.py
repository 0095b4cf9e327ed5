"""The two tools by which an agent gets at its skills: load the instructions of one, read a file of one."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from agents.models import Skill, SkillFile
from agents.skills import rows as skill_rows
from automatos.errors import InvalidInput
from automatos.skill_format import catalogue
from automatos.skill_format.skill import Brief, Resource, origin_of
from tools.contract import Arguments, Run, Tool, ToolContext, ToolProblem, ToolResult, always
from workspaces.scope.tenancy import workspace_scope

TITLES = {catalogue.LOAD: "Load a skill", catalogue.READ: "Read a file of a skill"}
# Characters: what catalogue gives at most, with its fences and the list of files.
LONGEST = 120_000
GONE = "This skill was taken away from you meanwhile. Go on without it."


def tools_for(skills: Sequence[Brief]) -> Mapping[str, Tool]:
    """By name; none without skills, and no reading of files where no skill has one."""
    offered = catalogue.offered(skills)
    runs = {catalogue.LOAD: _load(offered), catalogue.READ: _read(offered)}
    return {
        spec.name: Tool(
            spec.name,
            TITLES[spec.name],
            spec.description,
            dict(spec.schema),
            "reads",
            runs[spec.name],
            longest=LONGEST,
            quotes=always,
        )
        for spec in catalogue.skill_tools(skills)
    }


def loaded(workspace_id: UUID, skill_id: UUID, name: str) -> ToolResult:
    """The instructions of a skill, from the database. Raises ToolProblem when it is there no more."""
    with workspace_scope(workspace_id):
        row = _row(workspace_id, skill_id)
        origin = origin_of(name, row.source.name)
        text = catalogue.activated_text(skill_rows.as_read(row), name=name, origin=origin)
    return ToolResult(text, origin=origin, fenced=True)


def file_read(workspace_id: UUID, skill_id: UUID, name: str, path: str, offset: int) -> ToolResult:
    """A part of a file of a skill, from the database. Raises ToolProblem for a file that cannot be read."""
    with workspace_scope(workspace_id):
        row = _row(workspace_id, skill_id)

        def read(file: Resource) -> bytes:
            return SkillFile.objects.get(skill=row, path=file.path).content.encode()

        try:
            text = catalogue.read_skill_file(skill_rows.as_read(row), path, name=name, read=read, offset=offset)
        except InvalidInput as error:
            raise ToolProblem(error.message) from error
    return ToolResult(text, origin=origin_of(name, row.source.name), fenced=True)


def _row(workspace_id: UUID, skill_id: UUID) -> Skill:
    rows = Skill.objects.filter(workspace_id=workspace_id, pk=skill_id, is_enabled=True, deleted_at=None)
    row = rows.select_related("source").defer("source__pending").first()
    if row is None:
        raise ToolProblem(GONE)
    return row


def _load(offered: Mapping[str, Brief]) -> Run:
    async def run(arguments: Arguments, context: ToolContext) -> ToolResult:
        if context.skills is None:
            raise ToolProblem("Skills cannot be loaded here.")
        name = arguments["name"]
        return await context.skills.load(offered[name].id, name)

    return run


def _read(offered: Mapping[str, Brief]) -> Run:
    async def run(arguments: Arguments, context: ToolContext) -> ToolResult:
        if context.skills is None:
            raise ToolProblem("Skills cannot be read here.")
        name = arguments["name"]
        return await context.skills.read(offered[name].id, name, arguments["path"], arguments.get("offset", 0))

    return run
