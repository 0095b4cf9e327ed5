"""Forms, ends of runs and events of apps that start recipes: each once, bounded, and never past who may."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from recipes.models import Execution, ExecutionStep, RecipeTrigger, TriggerDelivery
from recipes.tasks import follow_runs, tidy_triggers
from recipes.tests.kit import Cast
from recipes.tests.quality_cases import CASES
from recipes.tests.quality_kit import ended_run
from recipes.tests.test_quality_doors import client_of
from recipes.triggers.delivery_services import MOST_CHAIN
from recipes.triggers.trigger_services import TriggerInput, add_trigger
from tools.models import ComposioConnection, ComposioEntity, ComposioEvent, ComposioTrigger
from workspaces.tests.rest import Caller, Company, key_of

pytestmark = pytest.mark.django_db(transaction=True)
TOPIC = {"topic": {"type": "string", "required": True, "description": "About what"}}


def form_of(cast: Cast, **config: Any) -> tuple[RecipeTrigger, str]:
    """A form and its address, as the API shows it to members."""
    recipe = cast.recipe("Write of {input.topic}.", inputs=TOPIC)
    trigger, secret = add_trigger(
        recipe=recipe, user=cast.owner, data=TriggerInput(name="Ask us", kind="form", config=config, per_minute=100)
    )
    assert secret == ""
    shown = client_of(cast).get(f"/w/{cast.workspace.slug}/recipes/{recipe.template_id}/triggers/").content.decode()
    address = shown.rpartition('href="/forms/')[2].partition('"')[0]
    return trigger, f"/forms/{address}"


def test_whoever_has_the_link_fills_in_the_form_and_sees_only_its_state() -> None:
    cast = Cast()
    trigger, path = form_of(cast, audience="link")
    visitor = Client()
    page = visitor.get(path).content.decode()
    assert "About what" in page
    token = page.partition('name="token" value="')[2].partition('"')[0]
    answer = visitor.post(path, {"token": token, "input-topic": ""})
    assert (answer.status_code, "This input is required." in answer.content.decode()) == (422, True)
    first = visitor.post(path, {"token": token, "input-topic": "tides"})
    again = visitor.post(path, {"token": token, "input-topic": "tides"})
    assert (first.status_code, first["Location"].rpartition("/runs/")[0]) == (302, path.rstrip("/"))
    run = Execution.objects.get()
    assert (run.triggered_by, run.input_data, run.user) == ("form", {"topic": "tides"}, cast.owner)
    assert run.untrusted_inputs == {"topic": ["form Ask us"]}
    Execution.objects.update(status="completed", output_data={"final_output": "The sea rises."})
    for address in (first["Location"], again["Location"]):
        shown = visitor.get(address).content.decode()
        assert "It is done." in shown
        assert "The sea rises." not in shown
    RecipeTrigger.objects.update(config={"audience": "link", "shows_output": True})
    assert "The sea rises." in visitor.get(first["Location"]).content.decode()
    # Not another form's address, no other ticket, and nothing after a new link.
    _other, other_path = form_of(cast, audience="link")
    assert visitor.get(f"{other_path}runs/{first['Location'].rpartition('/')[2]}").status_code == 404
    assert visitor.get(f"{path}runs/nonsense").status_code == 404
    assert visitor.get(f"/forms/{trigger.pk}/{other_path.rstrip('/').rpartition('/')[2]}/").status_code == 404
    assert visitor.get(f"/forms/{uuid4()}/x/").status_code == 404
    manage = f"/w/{cast.workspace.slug}/recipes/{trigger.recipe.template_id}/triggers/{trigger.pk}/change/"
    assert client_of(cast).post(manage, {"action": "rotate"}).status_code == 302
    assert visitor.get(path).status_code == 404
    assert Execution.objects.count() == 1


def test_a_paused_form_takes_nothing_in_and_an_address_sends_few_in_a_minute() -> None:
    cast, visitor = Cast(), Client()
    _trigger, path = form_of(cast, audience="link")
    RecipeTrigger.objects.update(is_paused=True)
    paused = visitor.post(path, {"input-topic": "x"})
    assert (paused.status_code, "takes nothing in" in paused.content.decode()) == (422, True)
    answers = [visitor.post(path, {"input-topic": "x"}).content.decode() for _ in range(11)]
    assert "10 a minute" in answers[-1]
    assert not Execution.objects.exists()


@pytest.mark.parametrize(("role", "is_told"), [("editor", True), ("viewer", False)])
def test_a_forms_link_is_told_to_whoever_may_edit_it(role: str, is_told: bool) -> None:
    cast = Cast()
    trigger, path = form_of(cast, audience="link")
    api, base = Caller(key_of(cast.workspace, cast.owner, role)), f"/api/workflow-recipes/{trigger.recipe_id}/triggers"
    address = f"http://testserver{path}" if is_told else ""
    assert api.get(f"{base}/{trigger.pk}")[1]["address"] == address
    assert [one["address"] for one in api.get(base)[1]["items"]] == [address]


def test_a_form_for_members_is_closed_to_everybody_else() -> None:
    cast = Cast()
    _, path = form_of(cast)
    anonymous = Client().get(path)
    assert (anonymous.status_code, "/accounts/login/" in anonymous.get("Location", "")) == (302, True)
    outsider = client_of(Cast())
    assert outsider.get(path).status_code == outsider.post(path, {"input-topic": "x"}).status_code == 404
    answer = client_of(cast).post(path, {"input-topic": "tides"})
    assert answer.status_code == 302
    run = Execution.objects.get()
    assert (run.user, run.untrusted_inputs) == (cast.owner, None)


def test_the_end_of_a_run_starts_another_once_and_its_taint_goes_along() -> None:
    cast = Cast()
    before = cast.recipe("Write.")
    after = cast.recipe("Shorten {input.topic}.", inputs=TOPIC)
    config, places = {"on": ["completed"]}, {"topic": "output"}
    data = TriggerInput(name="Then", kind="recipe", config=config, input_map=places, listens_to=str(before.pk))
    old = ended_run(cast, before, CASES[0])
    trigger, _ = add_trigger(recipe=after, user=cast.owner, data=data)
    Execution.objects.filter(pk=old.pk).update(completed_at=trigger.updated_at)
    good, tainted = (ended_run(cast, before, CASES[0], completed_at=timezone.now()) for _ in range(2))
    ExecutionStep.objects.filter(execution=tainted).update(origins=["https://example.org/"])
    failed = ended_run(cast, before, CASES[0], status="failed")
    inside = ended_run(cast, before, CASES[0], completed_at=timezone.now())
    Execution.objects.filter(pk=inside.pk).update(parent_step=old.steps.first())
    for _ in range(2):
        follow_runs()
    runs = {run.untrusted_inputs is None: run for run in Execution.objects.filter(trigger_id=trigger.pk)}
    assert Execution.objects.filter(trigger_id=trigger.pk).count() == 2
    assert runs[False].untrusted_inputs == {"topic": ["https://example.org/"]}
    assert (runs[True].input_data, runs[True].chain, runs[True].triggered_by) == ({"topic": "Words."}, 1, "recipe")
    keys = set(TriggerDelivery.objects.values_list("dedupe_key", flat=True))
    assert keys == {f"run:{good.pk}", f"run:{tainted.pk}"}
    assert f"run:{failed.pk}" not in keys
    # So many in a row, and no more.
    Execution.objects.filter(pk=runs[True].pk).update(
        status="completed", completed_at=timezone.now(), chain=MOST_CHAIN, recipe=before
    )
    follow_runs()
    follow_runs()
    refused = TriggerDelivery.objects.get(dedupe_key=f"run:{runs[True].pk}")
    assert (refused.outcome, "started one another" in refused.reason) == ("refused", True)
    assert Execution.objects.filter(trigger_id=trigger.pk).count() == 2


def test_triggers_that_would_go_in_a_circle_or_elsewhere_are_refused() -> None:
    company, stranger = Company(), Company()
    one, two, three = (company.recipe("Write.", name=name) for name in ("One", "Two", "Three"))

    def start(recipe: dict[str, Any], after: str, **more: Any) -> tuple[int, Any]:
        body = {"name": "Then", "kind": "recipe", "listens_to": after, **more}
        status, answer = company.editor.post(f"/api/workflow-recipes/{recipe['id']}/triggers", body)
        return status, answer

    assert start(one, one["id"])[0] == 400
    status, made = start(two, one["template_id"])
    assert (status, made["listens_to"], made["secret"], made["address"]) == (201, one["id"], "", "")
    assert start(three, two["id"])[0] == 201
    status, answer = start(one, three["id"])
    assert (status, "start one another" in answer["error"]["fields"]["listens_to"][0]) == (400, True)
    for ends in (["cancelled"], [], "completed"):
        assert start(three, one["id"], config={"on": ends})[0] == 400
    assert start(three, "")[0] == 400
    assert start(three, stranger.recipe("Write.")["id"])[0] == 400
    assert start(three, str(uuid4()), kind="app")[0] == 400
    assert start(three, one["id"], kind="webhook")[0] == 400
    assert company.editor.post(f"/api/workflow-recipes/{two['id']}/triggers/{made['id']}/rotate")[0] == 409


def test_an_event_of_an_app_starts_a_run_once() -> None:
    cast = Cast()
    entity = ComposioEntity.objects.create(workspace=cast.workspace, entity_id=uuid4().hex)
    connection = ComposioConnection.objects.create(
        workspace=cast.workspace, entity=entity, app="github", status="active", account_id="ca_1"
    )
    event = ComposioTrigger.objects.create(
        workspace=cast.workspace, connection=connection, slug="GITHUB_ISSUE", trigger_id="ti_1"
    )
    recipe = cast.recipe("Write of {input.topic}.", inputs=TOPIC)
    data = TriggerInput(name="Issues", kind="app", input_map={"topic": "issue.title"}, listens_to=str(event.pk))
    trigger, _ = add_trigger(recipe=recipe, user=cast.owner, data=data)
    for number in range(2):
        ComposioEvent.objects.create(
            workspace=cast.workspace, message_id=f"m-{number}", kind="trigger", trigger=event, app="github",
            data={"issue": {"title": f"Tides {number}"}},
        )  # fmt: skip
    follow_runs()
    follow_runs()
    runs = Execution.objects.filter(trigger_id=trigger.pk).order_by("created_at")
    assert sorted(run.input_data["topic"] for run in runs) == ["Tides 0", "Tides 1"]
    assert {str(run.untrusted_inputs) for run in runs} == {"{'topic': ['event of an app Issues github']}"}
    TriggerDelivery.objects.update(received_at=timezone.now() - timedelta(days=31))
    tidy_triggers()
    assert TriggerDelivery.objects.count() == 0


def test_the_form_pages_make_each_kind() -> None:
    cast = Cast()
    before = cast.recipe("Write.")
    recipe = cast.recipe("Write of {input.topic}.", inputs=TOPIC)
    client, base = client_of(cast), f"/w/{cast.workspace.slug}/recipes/{recipe.template_id}/triggers"
    for kind in ("webhook", "form", "recipe", "app"):
        assert client.get(f"{base}/new/?kind={kind}").status_code == 200
    bad = client.post(f"{base}/new/", {"kind": "recipe", "name": "", "listens_to": str(before.pk), "per_minute": "60"})
    assert (bad.status_code, "Write a list of completed and failed" in bad.content.decode()) == (422, True)
    fields = {"kind": "recipe", "name": "Then", "listens_to": str(before.pk), "failed": "on", "place-topic": "output"}
    assert client.post(f"{base}/new/", {**fields, "per_minute": "60"}).status_code == 302
    fields = {"kind": "form", "name": "Ask", "audience": "link", "per_minute": "5", "shows_output": "on"}
    assert client.post(f"{base}/new/", fields).status_code == 302
    made = {one.kind: one for one in RecipeTrigger.objects.all()}
    assert made["recipe"].config == {"on": ["failed"]}
    assert made["form"].config == {"audience": "link", "shows_output": True}
    shown = client.get(f"{base}/").content.decode()
    assert "After a run of Brief, when it is failed." in shown
    for trigger in made.values():
        assert client.get(f"{base}/{trigger.pk}/").status_code == 200
        assert client.get(f"{base}/{trigger.pk}/deliveries/").status_code == 200
    changed = {"kind": "form", "name": "Ask more", "audience": "members", "per_minute": "5"}
    assert client.post(f"{base}/{made['form'].pk}/", changed).status_code == 302
    made["form"].refresh_from_db()
    assert (made["form"].name, made["form"].config) == ("Ask more", {"audience": "members", "shows_output": False})
