"""Pages beside the kitchen: rerun, compare, downloads, approvals with comment and history, the dashboard's lists."""

from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from automatos.testing import Stack
from automatos.tests.browser import People
from recipes.kitchen.writing import finished_blocks, settled_blocks, writing_of
from recipes.models import Approval, Execution, ExecutionStep
from recipes.tests.kit import Cast, ended
from recipes.tests.test_dashboard import browser_of, ran
from recipes.tests.test_run_list import step_of
from recipes.waits.questions import question
from workspaces.models import Role
from workspaces.tests.rest import Caller, key_of


@pytest.fixture
def cast(db: None) -> Cast:
    return Cast()


def asked_of(run: Execution, **fields: Any) -> Approval:
    """A call that waits for a person in a live run."""
    step = step_of(run, "waiting")
    values = {"tool": "http_request", "arguments": {"url": "https://api.example.com/v1", "body": "Hi"}, **fields}
    return Approval.objects.create(id=uuid4(), workspace_id=run.workspace_id, step=step, **values)


@pytest.mark.parametrize(
    ("text", "finished"),
    [
        ("", ""),
        ("One line", ""),
        ("One\n\nTwo", "One\n\n"),
        ("One\n\n```py\na\n\nb", "One\n\n"),
        ("```\na\n\nb\n```\n\nafter", "```\na\n\nb\n```\n\n"),
        ("A\n \nB\n\nC", "A\n \nB\n\n"),
        ("~~~\n```\n\n~~~\n\n", "~~~\n```\n\n~~~\n\n"),
    ],
)
def test_blocks_are_finished_at_an_empty_line_outside_of_code(text: str, finished: str) -> None:
    assert finished_blocks(text) == finished


@pytest.mark.parametrize(
    ("text", "settled"),
    [
        ("One\n\n", ""),
        ("One\n\nTwo", ""),
        ("One\n\nTwo, and much more", "One\n\n"),
        ("One\n\nTwo\n", "One\n\n"),
        ("1. a\n\n2. b\n\n   c\n\n- d\n", ""),
        ("1. a\n\n2. b\n\nText\n\n", "1. a\n\n2. b\n\n"),
        ("```\na\n\nb\n```\n\n# Head\n", "```\na\n\nb\n```\n\n"),
    ],
)
def test_blocks_are_settled_where_something_begins_that_is_of_no_list(text: str, settled: str) -> None:
    assert settled_blocks(text) == settled


@pytest.mark.parametrize(
    ("shown", "held"),
    [("2-1-6", "🍲 A\n\n"), *((odd, "") for odd in ("2-1-7", "2-2-6", "1-1-6", "", "2-1-x", "2-1-999999999"))],
)
def test_a_page_gets_what_follows_the_blocks_it_holds(shown: str, held: str) -> None:
    writing = writing_of("🍲 A\n\nB\n\n- C\n\n- D", 2, 1, shown)
    assert (writing.settled, writing.held) == ("🍲 A\n\n"[len(held) :], 6 * bool(held))
    assert (writing.loose, writing.unfinished, writing.upto) == ("B\n\n- C\n\n", "- D", 6)


@pytest.mark.parametrize(
    ("tool", "arguments", "asked"),
    [
        ("http_request", {"url": "https://api.example.com/x", "method": "POST"}, "Send this to api.example.com?"),
        ("http_request", {"url": "https://api.example.com/x", "method": "get"}, "Read from api.example.com?"),
        ("http_request", {"url": "https://[bad"}, "Use Http request?"),
        ("SLACK_SEND_MESSAGE", {"channel": "#general"}, "Use Slack send message, #general?"),
        ("mail", {"to": ["a@example.org", "b@example.org"]}, "Use Mail, a@example.org, b@example.org?"),
        ("remember", {"text": "x"}, "Note this in memory?"),
        ("write_file", {}, "Write the file?"),
    ],
)
def test_a_question_says_what_a_call_would_do(tool: str, arguments: dict[str, Any], asked: str) -> None:
    assert question(tool, arguments) == asked


def test_a_run_is_cooked_again_with_changed_inputs(cast: Cast) -> None:
    recipe = cast.recipe("{input.topic}", inputs={"topic": {"type": "string", "required": True}})
    run = ran(cast, recipe, input_data={"topic": "soup"})
    client, address = browser_of(cast.owner), f"/w/{cast.workspace.slug}/runs/{run.pk}/rerun/"
    assert "soup" in client.get(address).content.decode()
    assert client.post(address, {"input-topic": "", "token": "a"}).status_code == 422
    answer = client.post(address, {"input-topic": "bread", "token": "a"})
    assert Execution.objects.get(pk=answer.headers["Location"].split("/")[-2]).input_data == {"topic": "bread"}


def test_of_a_very_long_input_the_beginning_is_shown(cast: Cast) -> None:
    run = ran(cast, cast.recipe("one"), input_data={"topic": "soup " * 30_000})
    step_of(run, "completed", output="dish " * 30_000, started_at=run.started_at, completed_at=run.completed_at)
    page = browser_of(cast.owner).get(f"/w/{cast.workspace.slug}/runs/{run.pk}/").content.decode()
    assert "The first 100,000 of 150,000 characters." in page
    assert page.count("soup") == 20_000
    assert "150,000 characters, from" in page


def test_two_runs_are_compared_and_another_workspaces_is_not_there(cast: Cast) -> None:
    recipe = cast.recipe("one", "two")
    a = ran(cast, recipe, days_ago=1, cost=2, input_data={"topic": "soup"})
    b = ran(cast, recipe, cost=1, input_data={"topic": "bread"})
    for run, text in ((a, "Soup\nis hot."), (b, "Bread\nis hot.")):
        step_of(run, "completed", output=text, started_at=run.started_at, completed_at=run.completed_at)
    client, root = browser_of(cast.owner), f"/w/{cast.workspace.slug}/runs/compare/"
    page = client.get(f"{root}?a={b.pk}&b={a.pk}").content.decode()
    for text in ("50 % cheaper", "<del>soup</del>", "<ins>bread</ins>", "differs", "Bread"):
        assert text in page, text
    assert str(a.pk) in client.get(f"{root}?b={b.pk}").content.decode()
    theirs = ran(other := Cast(), other.recipe("x"))
    api = Caller(key_of(cast.workspace, cast.owner, Role.OWNER))
    status, found = api.get(f"/api/executions/{b.pk}/diff/{a.pk}")
    assert (status, found["a"], found["b"], "50 % cheaper" in found["title"]) == (200, str(a.pk), str(b.pk), True)
    assert ("soup", "bread") in [(one["a"], one["b"]) for one in found["changes"]]
    assert ([one["output"] for one in found["steps"]], found["step"]) == (["differs"], found["steps"][0]["path"])
    assert sorted(line["kind"] for line in found["lines"]) == ["add", "del", "same"]
    assert api.get(f"/api/executions/{a.pk}/diff/{theirs.pk}")[0] == 404
    for query in (f"?a={a.pk}&b={theirs.pk}", f"?b={theirs.pk}", "", "?a=x"):
        assert client.get(f"{root}{query}").status_code == 404, query


def test_the_timeline_has_a_line_for_each_round_and_for_a_branch_not_taken(cast: Cast) -> None:
    run = ran(cast, cast.recipe("one"))
    times = {"started_at": run.started_at, "completed_at": run.completed_at, "agent": cast.agent}
    step_of(run, "completed", order=1, step_id="each", kind="loop", **times)
    for number in range(1, 8):
        for place, name in enumerate("ab"):
            path = f"each.{number}.{name}"
            status = "failed" if (number, name) == (3, "b") else "completed"
            step_of(
                run, status, order=10 * number + place, step_id=name, path=path, iteration=number, name=path, **times
            )
    gate = step_of(run, "completed", order=90, step_id="gate", kind="condition", name="Gate", **times)
    for order in (91, 92):
        step_of(run, "skipped", order=order, step_id=f"no_{order}", name="No", parent=gate, branch="else")
    page = browser_of(cast.owner).get(f"/w/{cast.workspace.slug}/runs/{run.pk}/?step=31").context["kitchen"]
    lines = [(line.name, line.order, line.look, len(line.bars)) for line in page.timeline.lines]
    rounds = [(f"Round {number}", 31 if number == 3 else 10 * number, "bad" if number == 3 else "ok", 2)
              for number in range(1, 8)]  # fmt: skip
    assert lines == [("Read it", 1, "ok", 1), *rounds, ("Gate", 90, "ok", 1), ("Branch not taken", 91, "skip", 0)]
    assert [bar.look for bar in page.timeline.lines[3].bars] == ["model", "bad"]
    assert {line.said for line in page.timeline.lines[1:8]} == {"1 min 30 s"}


def test_outputs_and_runs_are_kept_as_files(cast: Cast) -> None:
    run = ran(cast, cast.recipe("one"), output_data={"final_output": "**Done** שלום"}, input_data={"topic": "soup"})
    step_of(run, "completed", output="# Soup\n\n| a | b |\n|---|---|\n| 1 | 2 |")
    client, root = browser_of(cast.owner), f"/w/{cast.workspace.slug}/runs/{run.pk}/download/"
    assert client.get(f"{root}?step=0").content.decode() == "**Done** שלום"
    assert client.get(f"{root}?step=1&format=md").content.decode().startswith("# Soup")
    whole = client.get(root)
    assert "- **topic**: soup" in whole.content.decode()
    assert "attachment" in whole.headers["Content-Disposition"]
    assert client.get(f"{root}?step=1&format=docx").content.startswith(b"PK")
    assert client.get(f"{root}?format=pdf").content.startswith(b"%PDF")
    for query in ("?step=9", "?format=exe", "?step=x"):
        assert client.get(f"{root}{query}").status_code == 404, query


def test_a_question_is_counted_answered_with_a_comment_and_remembered(cast: Cast) -> None:
    recipe = cast.recipe("one")
    run = ran(cast, recipe, "waiting", completed_at=None)
    one = asked_of(run, origins=["web page https://example.org"])
    client, root = browser_of(cast.owner), f"/w/{cast.workspace.slug}/approvals/"
    counted = client.get(f"{root}open.json").json()
    assert counted == {"count": 1, "newest": str(one.pk), "question": "Send this to api.example.com?"}
    page = client.get(root).content.decode()
    for text in ("Send this to api.example.com?", "https://example.org", "Nothing waits"):
        assert (text in page) is (text != "Nothing waits"), text
    assert 'data-asked="1"' in page
    assert "cooking</span>" not in page
    assert "asks “Send this to api.example.com?”" in client.get(f"/w/{cast.workspace.slug}/runs/").content.decode()
    assert "Send this to api.example.com?" in client.get(f"/w/{cast.workspace.slug}/").content.decode()
    client.post(f"{root}{one.pk}/", {"decision": "reject", "comment": "Wrong host"})
    one.refresh_from_db()
    assert (one.status, one.comment, one.decided_by) == ("rejected", "Wrong host", cast.owner)
    page = client.get(root).content.decode()
    assert "Nothing waits" in page
    assert "“Wrong host”" in page


def test_the_dashboard_says_what_failed_and_why(cast: Cast) -> None:
    run = ran(cast, cast.recipe("one"), "failed", error={"code": "x", "message": "The key was refused.", "step": 1})
    step_of(run, "failed", error={"code": "x", "message": "The key was refused."})
    page = browser_of(cast.owner).get(f"/w/{cast.workspace.slug}/").content.decode()
    assert "1 Read it: The key was refused." in page


def test_a_failed_step_offers_cures_that_a_member_can_follow(cast: Cast) -> None:
    error = {"code": "model_key_refused", "message": "The key was refused."}
    run = ran(cast, cast.recipe("one"), "failed", error={**error, "step": 1})
    step_of(run, "failed", error=error, agent=cast.agent)
    page = browser_of(cast.owner).get(f"/w/{cast.workspace.slug}/runs/{run.pk}/").content.decode()
    for place in ("settings/credentials/", f"agents/{cast.agent.slug}/", "rerun/", "again/"):
        assert place in page, place


def test_a_kitchen_of_500_steps_is_drawn_in_few_questions(cast: Cast, django_assert_max_num_queries: Any) -> None:
    run = ran(cast, cast.recipe("one"), "failed")
    Execution.objects.filter(pk=run.pk).update(total_steps=500)
    ExecutionStep.objects.bulk_create(
        ExecutionStep(
            workspace=cast.workspace, execution=run, agent=cast.agent, agent_name="Quill", order=n, step_id=f"s{n}",
            name=f"Step {n}", output_key=f"s{n}", prompt_template="x", timeout=60,
            status="failed" if n == 400 else "completed", started_at=timezone.now(), completed_at=timezone.now(),
        )
        for n in range(1, 501)
    )  # fmt: skip
    client = browser_of(cast.owner)
    with django_assert_max_num_queries(40):
        page = client.get(f"/w/{cast.workspace.slug}/runs/{run.pk}/").content.decode()
    assert page.count('class="ticket ') == 500
    assert 'id="ticket-400" href="?step=400" aria-current="true"' in page


@pytest.mark.browser
@pytest.mark.timeout(240)
def test_blocks_are_drawn_while_text_streams_and_nothing_moves(stack: Stack, people: People) -> None:
    stack.models.clear()
    cast = Cast()
    word = cast.workspace.slug
    chunks = ["# Soup 🍲\n\n", "First **bold**.\n\n", "```py\nx = 1\n\ny = 2\n```\n\n", "Second "]
    held = stack.models.hold(word, chunks=[*chunks, "end."], after_chunks=4)
    execution = cast.cook(cast.recipe(word))
    held.wait_for_requests(1)
    visitor = people.as_user(cast.owner)
    page = visitor.open(f"/w/{word}/runs/{execution.id}/")
    page.locator("#out .prose-blocks strong").wait_for()
    page.locator("#out .prose-blocks pre").wait_for()
    assert page.locator("[data-ref=stream]").inner_text().strip() == "Second"
    held.release()
    ended(execution)
    page.locator("[data-ref=conn]").get_by_text("Recorded").wait_for()
    fresh = visitor.open(f"/w/{word}/runs/{execution.id}/")
    assert page.locator("#out").inner_text() == fresh.locator("#out").inner_text()
    visitor.check(f"/w/{word}/runs/{execution.id}/")
    visitor.check(f"/w/{word}/approvals/")
