"""A member's word for a lesson with words from outside: it taints no run any more, and nothing else is lifted."""

from typing import Any

import pytest
from django.test import Client

from automatos.testing import Stack
from recipes.models import Execution, Lesson
from recipes.tests.chat_kit import call, with_tools
from recipes.tests.kit import Cast, wait_for
from recipes.tests.test_engine import claim
from recipes.tests.test_lessons_told import execute
from recipes.tests.test_quality_doors import client_of, in_workspace
from workspaces.models import AuditEntry, Membership, Role, User

pytestmark = pytest.mark.django_db(transaction=True)
SITE, OTHER = "https://example.org/", "https://example.com/"
TEXT = "The page wants\nshort answers."


class Shelf:
    """A recipe with a lesson that came after reading a page, and who asks about it."""

    def __init__(self) -> None:
        self.cast = Cast()
        self.recipe = self.cast.recipe("Keep this.")
        self.lesson = self.add(TEXT, SITE)
        self.client: Client = client_of(self.cast)
        self.page = f"/w/{self.cast.workspace.slug}/recipes/{self.recipe.template_id}/lessons/"

    def add(self, text: str, origin: str) -> Lesson:
        """A lesson with words from there."""
        return Lesson.objects.create(
            workspace=self.cast.workspace, recipe=self.recipe, text=text, source="person", origins=[origin]
        )

    def ask(self, method: str, path: str = "/vouch", **body: Any) -> tuple[int, Any]:
        """Status and answer of an operation of the lesson."""
        address = f"/api/workflow-recipes/{self.recipe.pk}/lessons/{self.lesson.pk}{path}"
        answer = getattr(self.client, method)(address, body, "application/json", headers=in_workspace(self.cast))
        return answer.status_code, answer.json()

    def audited(self) -> list[str]:
        """What was recorded of words for lessons, in order."""
        rows = AuditEntry.objects.filter(workspace_id=self.cast.workspace.pk, action__contains="vouch")
        return list(rows.order_by("seq").values_list("action", flat=True))


def test_a_run_writes_without_asking_once_somebody_answers_for_its_lesson(stack: Stack) -> None:
    stack.models.clear()
    shelf = Shelf()
    with_tools(shelf.cast.agent, "file_write")
    write = {"tool_calls": [call("file_write", name="kept.txt", content="x")]}
    stack.models.conversation("Keep this", write, {"reply": "Kept."})

    def is_asked() -> bool:
        """Whether a run waits for a person before it writes."""
        run = execute(shelf.cast, shelf.recipe)
        rows = Execution.objects.filter(pk=run.pk)
        wait_for(rows.exclude(status__in=("pending", "running")).exists)
        return rows.get().status == "waiting"

    assert is_asked()
    status, told = shelf.ask("post", text="The page wants  short answers.")
    assert (status, told["vouched_by"], told["origins"]) == (200, shelf.cast.owner.display_name, [SITE])
    assert told["vouched_at"]
    assert not is_asked()
    other = shelf.add("Another page says so.", OTHER)
    assert is_asked(), "what nobody vouches for taints as before"
    other.delete()
    shelf.ask("patch", "", text="The page wants long answers.")
    assert is_asked(), "a word holds for the text that was read"
    assert shelf.ask("get", "")[1]["vouched_by"] == ""
    assert shelf.audited() == ["lesson.vouched"]


def test_the_run_and_its_pages_say_who_vouches_and_where_the_words_come_from() -> None:
    shelf = Shelf()
    other = shelf.add("Another page says so.", OTHER)
    shown = shelf.client.get(shelf.page).content.decode()
    assert shown.count("I have read it and vouch for it") == 2
    done = {"action": "vouch", "text": TEXT.replace("\n", "\r\n")}
    answer = shelf.client.post(f"{shelf.page}{shelf.lesson.pk}/", done, follow=True).content.decode()
    name = shelf.cast.owner.display_name
    assert "You vouch for this lesson." in answer
    assert f"{name} vouches for it" in answer
    assert SITE in answer
    assert answer.count("I have read it and vouch for it") == 1
    run = execute(shelf.cast, shelf.recipe)
    (job,) = claim()
    assert job.origins == (OTHER,)
    prompt = job.task.messages[-1].content
    assert f"- {' '.join(TEXT.split())}\n" in f"{prompt}\n"
    assert f"- {other.text} (untrusted, from {OTHER}" in prompt
    heard = " ".join(job.heard)
    assert ("short answers" in heard, other.text in heard) == (True, False)
    told = shelf.client.get(f"/api/executions/{run.pk}", headers=in_workspace(shelf.cast)).json()["step_results"][0]
    assert {one["text"]: (one["origins"], one["vouched_by"]) for one in told["lessons"]} == {
        TEXT: ([SITE], name), other.text: ([OTHER], ""),
    }  # fmt: skip
    kitchen = f"/w/{shelf.cast.workspace.slug}/runs/{run.pk}/?step=1&tab=prompt"
    assert f"{name} vouches for it" in shelf.client.get(kitchen).content.decode()
    taken_back = shelf.client.post(f"{shelf.page}{shelf.lesson.pk}/", {"action": "unvouch"}, follow=True)
    assert "Nobody vouches for this lesson any more." in taken_back.content.decode()
    assert shelf.audited() == ["lesson.vouched", "lesson.vouch_withdrawn"]
    execute(shelf.cast, shelf.recipe)
    (job,) = claim()
    assert set(job.origins) == {SITE, OTHER}


def test_a_word_is_given_by_a_member_for_what_stands_there_now() -> None:
    shelf = Shelf()
    status, refused = shelf.ask("post", text="Something else.")
    assert (status, refused["error"]["code"]) == (409, "changed")
    assert shelf.ask("post")[1]["error"]["fields"].keys() == {"text"}
    own = shelf.ask("delete")[1]
    assert (own["vouched_by"], own["vouched_at"]) == ("", None)
    assert shelf.audited() == []
    Lesson.objects.update(origins=[])
    assert shelf.ask("post", text=TEXT)[1]["error"]["code"] == "trusted"
    viewer = User.objects.create_user("viewer-vouch@example.org", "correct horse battery")
    Membership.objects.create(workspace=shelf.cast.workspace, user=viewer, role=Role.VIEWER)
    Lesson.objects.update(origins=[SITE])
    shelf.client.force_login(viewer)
    assert shelf.ask("post", text=TEXT)[0] == 403
    assert shelf.client.post(f"{shelf.page}{shelf.lesson.pk}/", {"action": "vouch", "text": TEXT}).status_code == 403
    assert "I have read it" not in shelf.client.get(shelf.page).content.decode()
    assert shelf.audited() == []
