"""What starts a recipe, in one piece: written with the recipe, in its YAML, and read back."""

from typing import Any

import pytest
from django.test import Client

from recipes.models import RecipeTrigger, Schedule
from recipes.triggers import shared_secrets
from tools.models import ComposioConnection, ComposioEntity, ComposioTrigger
from workspaces.api_keys.services import create_api_key
from workspaces.models import Role
from workspaces.tests.rest import Caller, Company

pytestmark = pytest.mark.django_db
BASE = "/api/workflow-recipes"
CRON = {"type": "cron", "cron": "0 8 * * 1-5", "time_zone": "Europe/Berlin", "input_data": {"topic": "tides"}}
HOOK = {"type": "trigger", "kind": "webhook", "name": "Orders", "input_map": {"topic": "order.name"}}
INPUTS = {"topic": {"type": "string"}}


def made(company: Company, **body: Any) -> dict[str, Any]:
    steps = [{"agent_id": company.agent()["id"], "prompt_template": "Write of {input.topic}."}]
    status, recipe = company.editor.post(BASE, {"name": "Brief", "inputs": INPUTS, "steps": steps, **body})
    assert status == 201, recipe
    return dict(recipe)


def patched(company: Company, recipe: dict[str, Any], config: dict[str, Any], status: int = 200) -> dict[str, Any]:
    found, answer = company.editor.patch(f"{BASE}/{recipe['id']}", {"schedule_config": config})
    assert found == status, answer
    return dict(answer)


def live(company: Company, recipe: dict[str, Any], noun: str) -> list[dict[str, Any]]:
    return list(company.editor.get(f"{BASE}/{recipe['id']}/{noun}")[1]["items"])


def app_event(company: Company, slug: str) -> None:
    """The workspace listens to this event of an app."""
    entity = ComposioEntity.objects.create(workspace=company.workspace, entity_id=company.workspace.pk.hex)
    connection = ComposioConnection.objects.create(
        workspace=company.workspace, entity=entity, app="github", status="active", account_id="ca_1"
    )
    ComposioTrigger.objects.create(workspace=company.workspace, connection=connection, slug=slug, trigger_id=slug)


def test_a_recipe_is_made_with_what_starts_it_and_shows_it() -> None:
    company = Company()
    assert made(company)["schedule_config"] == {"type": "manual"}
    recipe = made(company, schedule_config={**CRON, "also": [HOOK]})
    (schedule,), (hook,) = live(company, recipe, "schedules"), live(company, recipe, "triggers")
    assert (schedule["cron"], schedule["time_zone"]) == ("0 8 * * 1-5", "Europe/Berlin")
    assert schedule["owner"] == company.people[Role.EDITOR].email
    assert len(schedule["next_times"]) == 5
    assert hook["input_map"] == {"topic": "order.name"}
    shown = company.viewer.get(f"{BASE}/{recipe['id']}")[1]["schedule_config"]
    assert shown == {
        "type": "cron",
        "id": schedule["id"],
        "cron": "0 8 * * 1-5",
        "time_zone": "Europe/Berlin",
        "name": "0 8 * * 1-5",
        "missed_policy": "skip",
        "input_data": {"topic": "tides"},
        "is_paused": False,
        "also": [
            {
                "type": "trigger",
                "id": hook["id"],
                "kind": "webhook",
                "name": "Orders",
                "listens_to": "",
                "config": {"scheme": "standard", "known_by": "id"},
                "input_map": {"topic": "order.name"},
                "input_data": {},
                "per_minute": 60,
                "is_paused": False,
            }
        ],
    }
    (listed,) = [one for one in company.viewer.get(BASE)[1]["items"] if one["id"] == recipe["id"]]
    assert listed["schedule_config"] == shown


def test_changing_it_keeps_rows_addresses_and_secrets() -> None:
    company = Company()
    recipe = made(company, schedule_config={**CRON, "also": [HOOK]})
    (schedule,), (hook,) = live(company, recipe, "schedules"), live(company, recipe, "triggers")
    secret = bytes(RecipeTrigger.objects.get(pk=hook["id"]).secret)
    before = Schedule.objects.get(pk=schedule["id"]).updated_at
    # What was shown can be sent back, and changes nothing.
    patched(company, recipe, recipe["schedule_config"])
    assert Schedule.objects.get(pk=schedule["id"]).updated_at == before
    # Another name, another time: the same rows.
    patched(company, recipe, {**CRON, "cron": "30 9 * * *", "also": [{**HOOK, "name": "Sales", "per_minute": 5}]})
    (again,), (still,) = live(company, recipe, "schedules"), live(company, recipe, "triggers")
    assert (again["id"], again["cron"]) == (schedule["id"], "30 9 * * *")
    assert (still["id"], still["name"], still["per_minute"], still["address"]) == (
        *(hook["id"], "Sales", 5, hook["address"]),
    )
    assert bytes(RecipeTrigger.objects.get(pk=hook["id"]).secret) == secret
    # A change of the recipe that does not name it leaves it.
    company.editor.patch(f"{BASE}/{recipe['id']}", {"description": "More."})
    assert len(live(company, recipe, "schedules")) == 1
    # Another scheme is another webhook: the secret belongs to the scheme.
    patched(company, recipe, {**HOOK, "config": {"scheme": "hmac"}})
    (other,) = live(company, recipe, "triggers")
    assert other["id"] != hook["id"]
    assert live(company, recipe, "schedules") == []
    assert patched(company, recipe, {"type": "manual"})["schedule_config"] == {"type": "manual"}
    assert live(company, recipe, "triggers") == []
    # What was taken away can come back.
    assert company.editor.post(f"{BASE}/{recipe['id']}/schedules/{schedule['id']}/restore")[0] == 200


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"type": "sometimes"}, "schedule_config.type"),
        ({"type": ["cron"]}, "schedule_config.type"),
        ({"cron": "* * * * *"}, "schedule_config.type"),
        ({**CRON, "cron": "61 * * * *"}, "schedule_config.cron"),
        ({**CRON, "cron": 5}, "schedule_config.cron"),
        ({**CRON, "time_zone": "Mars/Base"}, "schedule_config.time_zone"),
        ({**CRON, "missed_policy": "later"}, "schedule_config.missed_policy"),
        ({**CRON, "input_data": {"topik": "x"}}, "schedule_config.input_data.topik"),
        ({**CRON, "timezone": "UTC"}, "schedule_config.timezone"),
        ({**CRON, "is_paused": "no"}, "schedule_config.is_paused"),
        ({**CRON, "also": "x"}, "schedule_config.also"),
        ({"type": "manual", "also": [CRON]}, "schedule_config.also"),
        ({**CRON, "also": [{**HOOK, "kind": "wait"}]}, "schedule_config.also.0.kind"),
        ({**CRON, "also": [{**HOOK, "name": ""}]}, "schedule_config.also.0.name"),
        ({**HOOK, "config": {"colour": 1}}, "schedule_config.config.colour"),
        ({**HOOK, "per_minute": True}, "schedule_config.per_minute"),
        ({**HOOK, "per_minute": 2**70}, "schedule_config.per_minute"),
        ({**HOOK, "input_map": {"topik": "a"}}, "schedule_config.input_map.topik"),
        ({**HOOK, "input_map": {"topic": 7}}, "schedule_config.input_map.topic"),
        ({**HOOK, "kind": "recipe", "listens_to": "nobody"}, "schedule_config.listens_to"),
        ({**HOOK, "kind": "app", "listens_to": "gmail:NEW_MAIL"}, "schedule_config.listens_to"),
        ({**CRON, "id": "4c1f"}, "schedule_config.id"),
    ],
    ids=lambda value: str(value)[:50],
)
def test_what_is_wrong_is_named_and_nothing_changes(wrong: dict[str, Any], field: str) -> None:
    company = Company()
    recipe = made(company, schedule_config=CRON)
    answer = patched(company, recipe, wrong, 400)
    assert field in answer["error"]["fields"], answer
    after = company.editor.get(f"{BASE}/{recipe['id']}")[1]
    assert (after["version"], after["schedule_config"]) == (1, recipe["schedule_config"])
    steps = [{"agent_id": company.agent()["id"], "prompt_template": "Hi"}]
    status, _ = company.editor.post(BASE, {"name": "New", "inputs": INPUTS, "steps": steps, "schedule_config": wrong})
    assert (status, company.editor.get(BASE)[1]["total"]) == (400, 1)


def test_a_file_brings_what_starts_its_recipe_as_the_same_bytes() -> None:
    company, other = Company(), Company()
    for one in (company, other):
        one.recipe("Hi", name="Before", template_id="before")
        app_event(one, "GITHUB_ISSUE")
    also = [
        HOOK,
        {"type": "trigger", "kind": "recipe", "name": "After", "listens_to": "before", "config": {"on": ["failed"]}},
        {"type": "trigger", "kind": "app", "name": "Issues", "listens_to": "github:GITHUB_ISSUE"},
        {"type": "trigger", "kind": "form", "name": "Ask", "is_paused": True},
        {**CRON, "cron": "5 4 * * *", "name": "Night", "is_paused": True},
    ]
    recipe = made(company, schedule_config={**CRON, "also": also})
    text = company.viewer.client.get(f"{BASE}/{recipe['id']}/export").content.decode()
    assert "schedule_config:\n  type: cron" in text
    assert "listens_to: github:GITHUB_ISSUE" in text
    for part in (recipe["id"], recipe["schedule_config"]["id"], "secret"):
        assert part not in text
    for caller, publish in ((company.editor, True), (other.editor, True), (other.editor, False)):
        status, copy = caller.post(f"{BASE}/import", {"yaml": text, "publish": publish})
        assert status == 201, copy
        assert caller.client.get(f"{BASE}/{copy['id']}/export").content.decode() == text
        assert (copy["schedule_config"]["type"] == "cron") is publish
    # The draft of the last one starts by them once it is published.
    status, live_now = other.editor.post(f"{BASE}/{copy['id']}/publish", {})
    assert status == 200, live_now
    assert len(live_now["schedule_config"]["also"]) == 5
    assert other.editor.client.get(f"{BASE}/{copy['id']}/export").content.decode() == text
    wrong = text.replace("listens_to: before", "listens_to: nobody").replace("type: cron", "type: krone", 1)
    status, body = other.editor.post(f"{BASE}/import", {"yaml": wrong, "publish": True})
    line = next(number for number, one in enumerate(wrong.splitlines(), 1) if "krone" in one)
    assert status == 400
    assert body["error"]["fields"]["yaml"][0].startswith(f"Line {line}: 'krone' is not one of"), body
    status, told = other.editor.post(f"{BASE}/{copy['id']}/validate", {"yaml": wrong})
    assert (status, told["valid"]) == (200, False)
    assert [one["line"] for one in told["details"] if one["field"] == "schedule_config.type"] == [line]


def test_a_draft_keeps_it_until_it_is_published() -> None:
    company = Company()
    recipe = made(company, schedule_config=HOOK)
    body = {"schedule_config": CRON, "publish": False}
    assert company.editor.patch(f"{BASE}/{recipe['id']}", body)[0] == 200
    assert live(company, recipe, "schedules") == []
    saved = company.editor.post(f"{BASE}/{recipe['id']}/publish", {})[1]
    assert saved["schedule_config"]["cron"] == CRON["cron"]
    assert live(company, recipe, "triggers") == []


def test_the_secret_of_a_webhook_is_told_once_whichever_way_it_came() -> None:
    company = Company()
    recipe = made(company, schedule_config={**CRON, "also": [HOOK, {**HOOK, "kind": "form", "name": "Ask"}]})
    (key, secret), *more = recipe["secrets"].items()
    assert (len(more), secret[:6]) == (0, "whsec_")
    assert shared_secrets.known(RecipeTrigger.objects.get(pk=key)) == [secret]
    place = f"{BASE}/{recipe['id']}"
    for again in (company.editor.get(place)[1], patched(company, recipe, recipe["schedule_config"])):
        assert again["secrets"] == {}
    (other,) = patched(company, recipe, {**HOOK, "config": {"scheme": "hmac"}})["secrets"].values()
    assert other != secret
    # By a draft that is published, and by a file.
    assert company.editor.patch(place, {"schedule_config": HOOK, "publish": False})[1]["secrets"] == {}
    assert len(company.editor.post(f"{place}/publish", {})[1]["secrets"]) == 1
    text = company.viewer.client.get(f"{place}/export").content.decode()
    assert len(company.editor.post(f"{BASE}/import", {"yaml": text, "publish": True})[1]["secrets"]) == 1
    # At the page, the person is led to where a secret is made.
    company.editor.patch(
        place, {"schedule_config": {**HOOK, "name": "New", "config": {"scheme": "hmac"}}, "publish": False}
    )
    pages = Client()
    pages.force_login(company.people[Role.EDITOR])
    base = f"/w/{company.workspace.slug}/recipes/{recipe['template_id']}"
    page = pages.post(f"{base}/edit/", {"do": "publish"}, follow=True).content.decode()
    assert "1 new webhook came with it." in page
    assert f'href="{base}/triggers/"' in page


def test_who_may_not_decide_about_triggers_may_not_write_it() -> None:
    company = Company()
    recipe = made(company)
    scopes = ["recipes:write", "recipes:read"]
    person = company.people[Role.EDITOR]
    key = Caller(
        create_api_key(workspace=company.workspace, user=person, name="Narrow", role=Role.EDITOR, scopes=scopes)[1]
    )
    assert key.patch(f"{BASE}/{recipe['id']}", {"description": "Mine."})[0] == 200
    assert key.patch(f"{BASE}/{recipe['id']}", {"schedule_config": CRON})[0] == 403
    # Nor by way of a draft or a file.
    assert key.patch(f"{BASE}/{recipe['id']}", {"schedule_config": CRON, "publish": False})[0] == 200
    assert key.post(f"{BASE}/{recipe['id']}/publish", {})[0] == 403
    text = company.viewer.client.get(f"{BASE}/{recipe['id']}/export?of=draft").content.decode()
    assert "type: cron" in text
    assert key.post(f"{BASE}/import", {"yaml": text, "publish": True})[0] == 403
    assert company.editor.get(BASE)[1]["total"] == 1
    assert company.editor.get(f"{BASE}/{recipe['id']}")[1]["schedule_config"] == {"type": "manual"}
