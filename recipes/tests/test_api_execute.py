"""Cooking over HTTP, against the running product: start, once only, follow, stop."""

import http.client
import json
import threading
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from automatos.testing import Stack
from recipes.models import Event, Execution
from recipes.runs.reading import event_body
from recipes.tests.kit import Cast, ended, wait_for
from workspaces.models import Role, User
from workspaces.services import create_personal_workspace, set_role
from workspaces.tests.rest import key_of, without_request_id

pytestmark = pytest.mark.slow


class Api:
    """JSON over a real connection, with one key."""

    def __init__(self, stack: Stack, key: str) -> None:
        self.stack, self.key = stack, key

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """Status and parsed body; underscores in header names stand for dashes."""
        named = {"X-API-Key": self.key, "Content-Type": "application/json"}
        named.update({name.replace("_", "-"): value for name, value in headers.items()})
        data = json.dumps(body).encode() if body is not None else None
        url = path if path.startswith("http") else self.stack.url + path
        try:
            with urllib.request.urlopen(urllib.request.Request(url, data, named, method=method), timeout=30) as answer:
                return answer.status, json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    def stream(self, path: str, **headers: str) -> tuple[int, list[str]]:
        """Status and lines of an event stream, read to its end."""
        connection = http.client.HTTPConnection(urlsplit(self.stack.url).netloc, timeout=30)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request("GET", path, headers={"X-API-Key": self.key, "Accept": "text/event-stream", **named})
        answer = connection.getresponse()
        return answer.status, answer.read().decode().splitlines()


@pytest.fixture
def cast(stack: Stack) -> Cast:
    stack.models.clear()
    return Cast()


@pytest.fixture
def api(stack: Stack, cast: Cast) -> Api:
    return Api(stack, key_of(cast.workspace, cast.owner, Role.OWNER))


def messages(lines: list[str]) -> list[dict[str, Any]]:
    return [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]


def recorded(execution_id: str) -> list[dict[str, Any]]:
    return [event_body(event) for event in Event.objects.filter(execution_id=execution_id)]


def test_a_run_is_started_followed_by_its_links_and_read_in_full(stack: Stack, cast: Cast, api: Api) -> None:
    stack.models.on("", reply="Soup")
    recipe = cast.recipe("Name a dish", "Praise {step_1}")
    status, started = api.send("POST", f"/api/workflow-recipes/{recipe.template_id}/execute", {"input_data": {}})
    assert (status, started["status"], started["total_steps"]) == (202, "pending", 2)
    ended(Execution.objects.get(pk=started["execution_id"]))
    run = api.send("GET", started["links"]["self"])[1]
    assert (run["status"], run["quality"]["grade"], run["triggered_by"]) == ("completed", "A", "api")
    assert [step["output"] for step in run["step_results"]] == ["Soup", "Soup"]
    assert run["step_results"][1]["prompt"] == "Praise Soup"
    assert run["output_data"]["final_output"] == "Soup"
    assert run["totals"]["input_tokens"] == sum(step["input_tokens"] for step in run["step_results"]) > 0
    under = f"/api/workflow-recipes/{recipe.pk}/executions/{run['execution_id']}"
    assert api.send("GET", under)[1] == run
    assert api.send("GET", f"{under}/steps/2")[1] == run["step_results"][1]
    assert api.send("GET", f"{under}/steps/3")[0] == 404
    assert api.send("GET", f"/api/executions?recipe={recipe.template_id}&status=completed")[1]["total"] == 1


def test_the_same_key_at_the_same_moment_starts_exactly_one_run(stack: Stack, cast: Cast, api: Api) -> None:
    stack.models.on("", reply="Soup")
    recipe = cast.recipe("Hi")
    answers: list[tuple[int, Any]] = []
    gate = threading.Barrier(8)

    def post() -> None:
        gate.wait()
        answers.append(api.send("POST", f"/api/workflow-recipes/{recipe.pk}/execute", {}, Idempotency_Key="one"))

    threads = [threading.Thread(target=post) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [status for status, _ in answers] == [202] * 8
    assert len({json.dumps(body) for _, body in answers}) == 1
    assert Execution.objects.filter(recipe=recipe).count() == 1


def test_two_people_with_the_same_key_get_their_own_runs(stack: Stack, cast: Cast, api: Api) -> None:
    stack.models.on("", reply="Soup")
    path = f"/api/workflow-recipes/{cast.recipe('Hi').pk}/execute"
    other = User.objects.create_user(f"other-{cast.workspace.slug}@example.org")
    set_role(workspace=cast.workspace, user=other, role=Role.EDITOR)
    theirs = Api(stack, key_of(cast.workspace, other, Role.EDITOR))
    answers = [one.send("POST", path, {}, Idempotency_Key="same") for one in (api, theirs, api)]
    runs = [body["execution_id"] for _, body in answers]
    assert [status for status, _ in answers] == [202] * 3
    assert (runs[0] == runs[2], runs[0] == runs[1]) == (True, False)


def test_a_reused_key_is_409_and_a_refused_request_frees_it(stack: Stack, cast: Cast, api: Api) -> None:
    recipe = cast.recipe("About {input.a}", inputs={"a": {"type": "string", "required": True}})
    path = f"/api/workflow-recipes/{recipe.pk}/execute"
    status, body = api.send("POST", path, {"input_data": {}}, Idempotency_Key="two")
    assert (status, list(body["error"]["fields"])) == (400, ["input_data.a"])
    assert api.send("POST", path, {"input_data": {"a": "x"}}, Idempotency_Key="two")[0] == 202
    status, body = api.send("POST", path, {"input_data": {"a": "y"}}, Idempotency_Key="two")
    assert (status, body["error"]["code"]) == (409, "idempotency_key_reused")
    assert api.send("POST", path, {"input_data": {"a": "x"}}, Idempotency_Key="k" * 256)[0] == 400
    assert Execution.objects.filter(recipe=recipe).count() == 1


def test_events_replay_exactly_from_any_number(stack: Stack, cast: Cast, api: Api) -> None:
    stack.models.on("", reply="Soup")
    run = ended(cast.cook(cast.recipe("Hi", "Ho")))
    path, events = f"/api/executions/{run.pk}/events", recorded(str(run.pk))
    for after in range(len(events) + 1):
        body = api.send("GET", f"{path}?after={after}")[1]
        assert (body["items"], body["last_seq"], body["is_live"]) == (events[after:], len(events), False)
    for bad in ("-1", "x", "9" * 40):
        assert api.send("GET", f"{path}?after={bad}")[0] == 400
        assert api.send("GET", path, Last_Event_ID=bad)[0] == 400


def test_the_event_stream_carries_text_and_every_event_once_and_ends(stack: Stack, cast: Cast, api: Api) -> None:
    held = stack.models.hold(f"slowly {cast.workspace.slug}", after_chunks=2)
    run = cast.cook(cast.recipe(f"slowly {cast.workspace.slug}"))
    held.wait_for_requests(1)
    threading.Timer(1.5, held.release).start()
    status, lines = api.stream(f"/api/executions/{run.pk}/events")
    assert status == 200
    seen = messages(lines)
    assert [message for message in seen if "seq" in message] == recorded(str(run.pk))
    assert any(message["type"] == "text" for message in seen)
    assert [line for line in lines if line.startswith("id: ")][-1] == f"id: {len(recorded(str(run.pk)))}"
    last = len(recorded(str(run.pk)))
    again = messages(api.stream(f"/api/executions/{run.pk}/events?after=0", Last_Event_ID=str(last - 1))[1])
    assert [message["seq"] for message in again] == [last]
    assert api.stream(f"/api/executions/{run.pk}/events", Last_Event_ID=str(last)) == (204, [])


def test_a_run_is_cancelled_once(stack: Stack, cast: Cast, api: Api) -> None:
    held = stack.models.hold(f"wait {cast.workspace.slug}", after_chunks=1)
    run = cast.cook(cast.recipe(f"wait {cast.workspace.slug}"))
    held.wait_for_requests(1)
    status, body = api.send("POST", f"/api/executions/{run.pk}/cancel", {})
    held.release()
    assert (status, body["status"]) == (200, "cancelled")
    status, body = api.send("POST", f"/api/executions/{run.pk}/cancel", {})
    assert (status, body["error"]["code"]) == (409, "not_live")
    wait_for(lambda: "execution.cancelled" in [event["type"] for event in recorded(str(run.pk))])


def test_a_recipe_with_an_agent_that_cannot_work_is_409_naming_it(stack: Stack, cast: Cast, api: Api) -> None:
    recipe = cast.recipe("Hi")
    assert api.send("POST", f"/api/agents/{cast.agent.pk}/status", {"status": "paused"})[0] == 200
    status, body = api.send("POST", f"/api/workflow-recipes/{recipe.pk}/execute", {})
    assert (status, body["error"]["code"]) == (409, "agent_unusable")
    assert "Quill" in body["error"]["message"]
    assert not Execution.objects.filter(recipe=recipe).exists()


def test_a_viewer_reads_and_a_stranger_finds_nothing(stack: Stack, cast: Cast, api: Api) -> None:
    run = cast.cook(cast.recipe("Hi"))
    viewer, stranger = (User.objects.create_user(f"{uuid4().hex}@example.org") for _ in range(2))
    set_role(workspace=cast.workspace, user=viewer, role=Role.VIEWER)
    reads = Api(stack, key_of(cast.workspace, viewer, Role.VIEWER))
    nothing = Api(stack, key_of(create_personal_workspace(user=stranger), stranger, Role.OWNER))
    assert reads.send("GET", f"/api/executions/{run.pk}")[0] == 200
    assert reads.send("POST", f"/api/executions/{run.pk}/cancel", {})[0] == 403
    for end in ("", "/events", "/steps/1"):
        status, body = nothing.send("GET", f"/api/executions/{run.pk}{end}")
        assert status == 404
        assert without_request_id(body) == without_request_id(nothing.send("GET", f"/api/executions/{uuid4()}{end}")[1])
    assert nothing.stream(f"/api/executions/{run.pk}/events")[0] == 404
    assert api.send("GET", f"/api/workflow-recipes/{cast.recipe('Ho').pk}/executions/{run.pk}")[0] == 404
