"""A person's word for the rest of a run: what it lets pass, what it does not, and how it is taken back."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from automatos.testing import Stack
from recipes.models import Allowance, Approval, Execution
from recipes.tests.chat_kit import Room, call, with_tools
from recipes.tests.kit import ended
from recipes.tests.site_kit import Site, reachable_site
from recipes.tests.test_dashboard import browser_of
from workspaces.models import Role, Workspace
from workspaces.tests.rest import Caller

pytestmark = pytest.mark.slow


@pytest.fixture
def room(stack: Stack) -> Room:
    """Where people are asked before anything is changed or sent."""
    made = Room(stack)
    Workspace.objects.filter(pk=made.cast.workspace.pk).update(approval_policy="always")
    return made


@pytest.fixture(scope="module")
def site(stack: Stack) -> Iterator[Site]:
    yield from reachable_site(stack)


def cook(room: Room, *rounds: Any) -> Execution:
    """A run whose agent makes these calls, one round after the other."""
    word = f"job-{uuid4().hex[:6]}"
    room.stack.models.conversation(word, *[{"tool_calls": one} for one in rounds], {"reply": "Finished."})
    with_tools(room.cast.agent, "file_write", "remember", "http_request")
    return room.wait(room.cast.cook(room.cast.recipe(word)).pk, "waiting")


def post(number: int, address: str, **more: Any) -> Any:
    return call("http_request", number, **{"method": "POST", "url": address, "body": f"n{number}", **more})


def asked(run: Execution) -> list[Approval]:
    return list(Approval.objects.filter(step__execution=run, status="pending").order_by("asked_at", "id"))


def allow(room: Room, run: Execution, **more: Any) -> tuple[int, Any]:
    """Approve what is asked, for the rest of the run."""
    return Caller(room.key).post(f"/api/approvals/{asked(run)[0].pk}/approve", {"for_run": True, **more})


def test_later_calls_alike_pass_and_another_tool_asks(room: Room) -> None:
    writes = [[call("file_write", n, name=f"{n}.txt", content="x")] for n in (1, 2, 3)]
    run = cook(room, *writes, [call("remember", 4, text="A fact.")])
    status, decided = allow(room, run)
    assert (status, decided["reach"], decided["allowance_id"] is not None) == (200, "file_write", True)
    room.wait(run.pk, "waiting")
    assert [one.tool for one in asked(run)] == ["remember"]
    made = Approval.objects.filter(step__execution=run, tool="file_write")
    assert [one.status for one in made] == ["approved"] * 3
    assert {one.decided_by for one in made} == {room.cast.owner}
    (word,) = Caller(room.key).get(f"/api/executions/{run.pk}/allowances")[1]["items"]
    assert (word["what"], word["used"], word["is_open"]) == ("file_write", 3, True)
    Caller(room.key).post(f"/api/approvals/{asked(run)[0].pk}/approve")
    assert ended(run).status == "completed"
    kinds = list(run.events.filter(type__startswith="allowance").values_list("type", flat=True))
    assert kinds == ["allowance.given"]
    assert cook(room, [call("file_write", 5, name="5.txt", content="x")]).status == "waiting", "another run asks anew"


def test_another_host_or_method_asks_again(room: Room, site: Site) -> None:
    other = f"{site.url.replace('127.0.0.1', 'localhost')}b"
    run = cook(
        room,
        [post(1, f"{site.url}a")],
        [post(2, f"{site.url}b?c=d")],
        [post(3, other)],
        [post(4, f"{site.url}e", method="DELETE")],
    )
    assert allow(room, run)[1]["reach"] == f"http_request, method: POST, to {site.url.rstrip('/')}"
    room.wait(run.pk, "waiting")
    (third,) = asked(run)
    assert (third.arguments["url"], site.count("POST /b?c=d")) == (other, 1)
    Caller(room.key).post(f"/api/approvals/{third.pk}/reject")
    room.wait(run.pk, "waiting")
    (fourth,) = asked(run)
    assert fourth.arguments["method"] == "DELETE"
    Caller(room.key).post(f"/api/approvals/{fourth.pk}/reject")
    ended(run)
    assert site.count("DELETE /e") == 0


def test_a_word_that_is_taken_back_holds_for_no_later_call(room: Room, site: Site) -> None:
    run = cook(room, [post(1, f"{site.url}a")], [post(2, f"{site.url}held")], [post(3, f"{site.url}c")])
    held = site.hold("/held")
    allow(room, run)
    site.wait_for("POST /held")
    word = Allowance.objects.get(execution=run)
    browser, at = browser_of(room.cast.owner), f"/w/{room.cast.workspace.slug}/runs/{run.pk}/"
    assert f"allowances/{word.pk}/revoke/" in browser.get(at).content.decode()
    assert browser.post(f"{at}allowances/{word.pk}/revoke/").status_code == 302
    held.set()
    room.wait(run.pk, "waiting")
    assert (asked(run)[0].arguments["url"], site.count("POST /c")) == (f"{site.url}c", 0)
    assert Caller(room.key).delete(f"/api/executions/{run.pk}/allowances/{word.pk}")[0] == 409
    assert "taken back by" in browser.get(f"/w/{room.cast.workspace.slug}/approvals/").content.decode()


def test_what_waits_for_the_same_is_let_too(room: Room) -> None:
    both = [call("file_write", n, name=f"{n}.txt", content="x") for n in (1, 2)]
    run = cook(room, [*both, call("remember", 3, text="A fact.")])
    assert len(asked(run)) == 3
    first = next(one for one in asked(run) if one.tool == "file_write")
    Caller(room.key).post(f"/api/approvals/{first.pk}/approve", {"for_run": True})
    (left,) = asked(run)
    assert left.tool == "remember"
    Caller(room.key).post(f"/api/approvals/{left.pk}/approve")
    assert ended(run).status == "completed"


def test_what_was_changed_holds_for_one_call_alone(room: Room) -> None:
    run = cook(room, [call("file_write", 1, name="1.txt", content="x")])
    status, answer = allow(room, run, arguments={"content": "y"})
    assert (status, list(answer["error"]["fields"])) == (400, ["for_run"])
    assert len(asked(run)) == 1, "nothing is decided"
    _, viewer = room.member(Role.VIEWER)
    assert Caller(viewer).post(f"/api/approvals/{asked(run)[0].pk}/approve", {"for_run": True})[0] == 403
    assert not Allowance.objects.filter(execution=run).exists()


def test_the_page_offers_it_and_says_how_far_it_reaches(room: Room) -> None:
    run = cook(room, [call("file_write", 1, name="1.txt", content="x")], [call("file_write", 2, name="2", content="x")])
    browser, root = browser_of(room.cast.owner), f"/w/{room.cast.workspace.slug}"
    page = browser.get(f"{root}/runs/{run.pk}/").content.decode()
    assert 'value="approve_for_run"' in page
    browser.post(f"{root}/approvals/{asked(run)[0].pk}/", {"decision": "approve_for_run"})
    assert ended(run).status == "completed"
    assert "Allowed for this run" in browser.get(f"{root}/runs/{run.pk}/").content.decode()
    assert "allowed for the run" in browser.get(f"{root}/approvals/").content.decode()
