"""A workspace with a repository of skills in front of it, for tests of the doors."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from agents.skills import tasks as skills_tasks
from agents.tests.git_kit import GitServer, commit
from automatos.private_hosts import parse
from workspaces.tests.rest import Company, Json


def skill(name: str, description: str = "", body: str = "Steps.", **more: str) -> str:
    """The text of a SKILL.md."""
    fields = {"name": name, "description": description or f"Does {name}.", **more}
    lines = [f"{field.replace('_', '-')}: {value}" for field, value in fields.items()]
    return "\n".join(["---", *lines, "---", body])


FILES = {
    "skills/pdf/SKILL.md": skill("pdf", "Fill in PDF forms.", "# PDF\nRead forms.md first."),
    "skills/pdf/forms.md": "Forms have fields.",
    "skills/letters/SKILL.md": skill("letters", "Write letters.", "Dear reader."),
}


class Kitchen:
    """A company, a repository `kitchen.git`, and a worker's part done in this process."""

    def __init__(self, server: GitServer, settings: Any) -> None:
        settings.OUTSIDE_PRIVATE_HOSTS = parse([f"localhost:{server.port}"])
        settings.GIT_CA_FILE = server.ca_file
        self.server, self.company = server, Company()
        self.url = server.local_url("kitchen.git")
        self.commit = self.push(FILES)

    def push(self, files: Mapping[str, object]) -> str:
        """Commit exactly these files."""
        return commit(self.server.root / "kitchen.git", files)

    def add(self, **fields: Any) -> Json:
        """The repository as a source, fetched."""
        status, source = self.company.editor.post("/api/skill-sources", {"url": self.url, **fields})
        assert (status, source["status"]) == (201, "syncing"), source
        return self.fetched(source["id"])

    def fetched(self, source_id: str) -> Json:
        """The source once the worker was there."""
        skills_tasks.sync_skills(str(self.company.workspace.pk), source_id)
        return dict(self.company.viewer.get(f"/api/skill-sources/{source_id}")[1])

    def sync(self, source_id: str) -> Json:
        """The source after somebody asked for a sync."""
        assert self.company.editor.post(f"/api/skill-sources/{source_id}/sync")[0] == 200
        return self.fetched(source_id)

    def skills(self, query: str = "") -> dict[str, Json]:
        """The workspace's skills by slug."""
        return {row["slug"]: row for row in self.company.viewer.get(f"/api/skills{query}")[1]["items"]}

    def choose(self, source_id: str, *names: str) -> list[UUID]:
        """Enable these of the source's skills, and no others; their ids."""
        found = self.skills(f"?source={source_id}&limit=100")
        ids = [found[name]["id"] for name in names]
        assert self.company.editor.patch(f"/api/skill-sources/{source_id}", {"skill_ids": ids})[0] == 200
        return ids
