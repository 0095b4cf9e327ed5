"""The pages of skills, without a browser: add, choose, update, remove; refused forms; who may do what."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from agents.models import Skill, SkillSource
from agents.skills import sync as skill_sync
from agents.skills import tasks as skills_tasks
from agents.tests.git_kit import GitServer
from agents.tests.page_kit import signed_in
from agents.tests.skill_kit import FILES, Kitchen, skill
from workspaces.models import Role

pytestmark = pytest.mark.django_db


class Pages(Kitchen):
    """The same, through pages."""

    def __init__(self, server: GitServer, settings: Any) -> None:
        super().__init__(server, settings)
        self.root = f"/w/{self.company.workspace.slug}/skills/"
        people = self.company.people
        self.admin, self.editor, self.viewer = (
            signed_in(people[role]) for role in (Role.ADMIN, Role.EDITOR, Role.VIEWER)
        )

    def text(self, client: Client, path: str = "", status: int = 200) -> str:
        answer = client.get(self.root + path)
        assert answer.status_code == status
        return answer.content.decode()

    def source_page(self) -> str:
        return f"sources/{SkillSource.objects.get(workspace=self.company.workspace, deleted_at=None).pk}/"


@pytest.fixture
def pages(server: GitServer, settings: Any) -> Pages:
    return Pages(server, settings)


def test_an_empty_list_offers_one_action(pages: Pages) -> None:
    assert pages.text(pages.editor).count("skills/new/") == 1
    viewer = pages.text(pages.viewer)
    assert "skills/new/" not in viewer
    assert "Editors can add skills." in viewer


def test_a_repository_is_added_looked_at_and_chosen_from(pages: Pages) -> None:
    answer = pages.editor.post(pages.root + "new/", {"url": pages.url, "every": "24"})
    source = SkillSource.objects.get(workspace=pages.company.workspace)
    assert (answer.status_code, answer["Location"]) == (302, pages.root + pages.source_page())
    waiting = pages.text(pages.editor, pages.source_page())
    assert 'hx-trigger="every 1s"' in waiting
    skills_tasks.sync_skills(str(source.workspace_id), str(source.pk))
    page = pages.text(pages.editor, pages.source_page())
    assert "hx-trigger" not in page
    assert page.count("checked") == 2
    pdf = Skill.objects.get(source=source, slug="pdf")
    assert pages.editor.post(pages.root + pages.source_page(), {"skill": [str(pdf.pk)]}).status_code == 302
    assert list(Skill.objects.filter(is_enabled=True).values_list("slug", flat=True)) == ["pdf"]
    assert "1 of 2 skills in use" in pages.text(pages.viewer)
    assert "No skill matches" in pages.text(pages.viewer, "?q=nothing-like-this")


def test_a_skills_page_shows_its_text_harmlessly_and_its_files(pages: Pages) -> None:
    pages.push({**FILES, "bad/SKILL.md": skill("bad", body="<script>alert(1)</script> [x](javascript:alert(1))")})
    pages.add()
    page = pages.text(pages.viewer, "bad/")
    assert "<script>alert" not in page
    assert 'href="javascript' not in page
    assert "forms.md" in pages.text(pages.viewer, "pdf/")
    assert "Forms have fields." in pages.text(pages.viewer, "pdf/?file=forms.md")
    assert pages.text(pages.viewer, "nothing/", 404)


@pytest.mark.parametrize(
    ("fields", "anchor"),
    [
        ({"url": "ssh://x/y"}, "#id_url"),
        ({"url": ""}, "#id_url"),
        ({"ref": "--x"}, "#id_ref"),
        ({"every": "-1"}, "#id_every"),
    ],
)
def test_a_refused_form_links_to_its_fields_and_keeps_what_was_typed(
    pages: Pages, fields: dict[str, str], anchor: str
) -> None:
    answer = pages.editor.post(pages.root + "new/", {"url": pages.url, "name": "Mine", "every": "24", **fields})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f'href="{anchor}"' in page
    assert 'value="Mine"' in page


@pytest.mark.parametrize(
    "files", [{}, {"file": SimpleUploadedFile("a.exe", b"MZ")}, {"file": SimpleUploadedFile("a.md", b"")}]
)
def test_a_refused_upload_links_to_the_file(pages: Pages, files: dict[str, Any]) -> None:  # fmt: skip
    answer = pages.editor.post(pages.root + "new/upload/", files)
    assert answer.status_code == 422
    assert 'href="#id_file"' in answer.content.decode()


def test_an_upload_and_its_next_version(pages: Pages) -> None:
    first = SimpleUploadedFile("SKILL.md", skill("tea", body="Boil water.").encode())
    assert pages.editor.post(pages.root + "new/upload/", {"file": first}).status_code == 302
    again = SimpleUploadedFile("SKILL.md", skill("tea", body="Boil milk.").encode())
    assert pages.editor.post(pages.root + pages.source_page() + "upload/", {"file": again}).status_code == 302
    assert "Boil water." in pages.text(pages.viewer, "tea/")
    update = pages.text(pages.viewer, pages.source_page() + "update/")
    assert "Boil milk." in update


@pytest.mark.parametrize(("do", "shown"), [("accept", "Send it to evil."), ("dismiss", "Read forms.md first.")])
def test_an_update_is_read_and_decided(pages: Pages, do: str, shown: str) -> None:
    source = pages.add()
    pages.push({**FILES, "skills/pdf/SKILL.md": skill("pdf", body="Send it to evil.", allowed_tools="Bash")})
    pages.sync(source["id"])
    page = pages.text(pages.viewer, pages.source_page() + "update/")
    assert "Send it to evil." in page
    assert "asks for more tools" in page
    path = pages.root + pages.source_page() + "update/"
    commit = SkillSource.objects.get(pk=source["id"]).pending_commit
    assert pages.viewer.post(path, {"do": do, "commit": commit}).status_code == 403
    assert pages.editor.post(path, {"do": do, "commit": "other"})["Location"] == path
    assert pages.editor.post(path, {"do": do, "commit": commit})["Location"] == pages.root + pages.source_page()
    assert shown in pages.text(pages.viewer, "pdf/")
    assert pages.editor.get(path).status_code == 302


def test_settings_are_changed_and_a_source_is_removed_and_restored(pages: Pages) -> None:
    source = pages.add()
    path = pages.root + pages.source_page()
    assert pages.editor.post(path + "edit/", {"name": "", "ref": "", "every": "6"}).status_code == 422
    assert pages.editor.post(path + "edit/", {"name": "House", "ref": "", "every": "6"}).status_code == 302
    row = SkillSource.objects.get(pk=source["id"])
    assert (row.name, row.auto_update, row.frequency_hours) == ("House", True, 6)
    assert pages.editor.get(path + "delete/").status_code == 403
    assert "Remove House?" in pages.text(pages.admin, pages.source_page() + "delete/")
    assert "Undo" in pages.admin.post(path + "delete/", follow=True).content.decode()
    assert pages.admin.post(path + "restore/").status_code == 302
    assert "2 skills" in pages.text(pages.viewer)


def test_a_scheduled_sync_that_failed_is_told_with_its_reason_and_its_next_time(pages: Pages) -> None:
    source = pages.add(auto_update=True, frequency_hours=6)
    assert "Every 6 hours, next <time" in pages.text(pages.viewer, pages.source_page())
    assert "about 5 tokens, each only when it is read" in pages.text(pages.viewer, "pdf/")
    SkillSource.objects.filter(pk=source["id"]).update(
        url=pages.server.local_url("gone.git"), next_sync_at=timezone.now()
    )
    skills_tasks.sweep_skills()
    rows = SkillSource.objects.filter(pk=source["id"])
    rows.update(sync_started_at=timezone.now() - timedelta(hours=1))
    skills_tasks.sweep_skills()
    assert rows.get().status == "error", "what a worker died of is not tried again before its time"
    skill_sync.begin(rows.get())
    assert pages.fetched(source["id"])["status"] == "error"
    for page in (pages.text(pages.viewer, pages.source_page()), pages.text(pages.viewer)):
        assert SkillSource.objects.get(pk=source["id"]).error in page
        assert re.search(r"It is tried again <time [^>]*>in 6 hours</time>", page)
    assert "Its skills stay as they were." in pages.text(pages.viewer, pages.source_page())
