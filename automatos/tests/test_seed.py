"""`manage.py seed`: reference data and the demo kitchen, as often as you like."""

from collections.abc import Iterator
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import transaction
from pytest_django import DjangoDbBlocker
from pytest_django.fixtures import Settings

from agents.models import Agent, Persona
from automatos import env
from automatos.demo import DEMO_EMAIL, DEMO_RECIPE, DEMO_WORKSPACE
from automatos.demo_time import TIME_RECIPE
from recipes.models import Recipe, Schedule, Trigger, Workflow
from recipes.runs import services as runs
from tools.models import AgentRemoteTool, RemoteTool
from workspaces.models import User, Workspace
from workspaces.services import create_workspace

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("seed"), pytest.mark.usefixtures("plugins_are_there")]

TEMPERATURES = {
    "senior-engineer": 0.5,
    "code-reviewer": 0.3,
    "devops-sre": 0.4,
    "sales-development-rep": 0.7,
    "account-executive": 0.6,
    "customer-success-manager": 0.6,
    "content-strategist": 0.8,
    "seo-specialist": 0.5,
    "technical-support": 0.4,
    "customer-advocate": 0.6,
}


@pytest.fixture(scope="module")
def plugins_are_there(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Seeded once without the demo: each plugin that comes with the product is scanned in a process of its own."""
    with django_db_blocker.unblock(), transaction.atomic():
        seed()
        yield
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def no_commands(settings: Settings) -> None:
    """No command may start, since asking one takes seconds; the test that needs it says so."""
    settings.MCP_COMMANDS = {}


def test_the_demo_has_a_real_tool(settings: Settings) -> None:
    settings.MCP_COMMANDS = env.named_commands("MCP_COMMANDS", "time=mcp-server-time --local-timezone UTC")
    assert "7 recipes" in seed(demo=True)
    tools = RemoteTool.objects.filter(service__workspace__slug=DEMO_WORKSPACE, is_reading=True)
    assert sorted(tools.values_list("name", flat=True)) == ["convert_time", "get_current_time"]
    step = Recipe.objects.get(template_id=TIME_RECIPE).steps.get(kind="tool")
    assert (step.config or {})["tool"] == "time_get_current_time"
    assert set(AgentRemoteTool.objects.values_list("agent_id", flat=True)) == {step.agent_id}
    Recipe.objects.get(template_id=TIME_RECIPE).delete()
    assert "0 recipes" in seed(demo=True), "a server that is there is somebody's own by now"


def seed(*, demo: bool = False) -> str:
    """What the command prints."""
    out = StringIO()
    call_command("seed", demo=demo, stdout=out)
    return out.getvalue()


def everything() -> dict[str, list[str]]:
    """The ids of all rows that seeding could make."""
    kinds = (Persona, User, Workspace, Agent, Recipe, Schedule, Workflow)
    return {kind.__name__: sorted(map(str, kind.objects.values_list("pk", flat=True))) for kind in kinds}


def test_ten_personas_with_prompts_worth_reading() -> None:
    seed()
    personas = Persona.objects.filter(workspace=None)
    assert dict(personas.values_list("slug", "suggested_temperature")) == TEMPERATURES
    for persona in personas:
        assert 80 <= len(persona.system_prompt.split()) <= 200
        assert persona.voice_description
        assert persona.tags
        assert all(":" in model for model in persona.suggested_models)


def test_seeding_twice_keeps_every_row() -> None:
    seed(demo=True)
    before = everything()
    assert all(before.values()), before
    seed(demo=True)
    assert everything() == before
    assert (len(before["Persona"]), len(before["Agent"]), len(before["Recipe"])) == (10, 7, 6)


def test_a_persona_gets_its_text_back_under_the_same_id() -> None:
    seed()
    persona = Persona.objects.get(workspace=None, slug="code-reviewer")
    Persona.objects.filter(pk=persona.pk).update(system_prompt="Old words.", name="Old")
    seed()
    fresh = Persona.objects.get(workspace=None, slug="code-reviewer")
    assert (fresh.pk, fresh.name, fresh.system_prompt) == (persona.pk, "Code reviewer", persona.system_prompt)


def test_without_the_flag_there_is_no_demo() -> None:
    seed()
    assert not Workspace.objects.filter(slug=DEMO_WORKSPACE).exists()
    assert not User.objects.filter(email=DEMO_EMAIL).exists()


def test_what_people_changed_in_the_demo_stays() -> None:
    seed(demo=True)
    kitchen = Workspace.objects.get(slug=DEMO_WORKSPACE)
    kitchen.agents.filter(slug="lumen").update(custom_prompt="Speak in rhymes.")
    kitchen.recipes.filter(template_id=DEMO_RECIPE).update(name="My lesson")
    seed(demo=True)
    assert kitchen.agents.get(slug="lumen").custom_prompt == "Speak in rhymes."
    assert kitchen.recipes.get(template_id=DEMO_RECIPE).name == "My lesson"


def test_what_people_deleted_from_the_demo_stays_deleted() -> None:
    seed(demo=True)
    kitchen = Workspace.objects.get(slug=DEMO_WORKSPACE)
    now = kitchen.created_at
    kitchen.agents.filter(slug="otto").update(deleted_at=now)
    kitchen.recipes.filter(template_id="announce-a-product").update(deleted_at=now)
    before = everything()
    assert "new: 0 agents, 0 recipes" in seed(demo=True)
    assert everything() == before


def test_a_workspace_that_only_has_the_demos_address_is_left_alone() -> None:
    owner = User.objects.create_user("ines@example.org")
    workspace = create_workspace(name="Ours", slug=DEMO_WORKSPACE, owner=owner)
    assert "left alone" in seed(demo=True)
    assert not workspace.agents.exists()


def test_every_demo_recipe_cooks_without_typing_anything() -> None:
    seed(demo=True)
    kitchen = Workspace.objects.get(slug=DEMO_WORKSPACE)
    recipes = list(kitchen.recipes.all())
    assert len(recipes) >= 2
    for recipe in recipes:
        run = runs.start(workspace=kitchen, recipe=recipe, input_data={}, user=None, trigger=Trigger.COMMAND)
        assert run.total_steps <= 4
        assert all(run.input_data.values())


def test_steps_that_need_nothing_from_each_other_start_at_once() -> None:
    seed(demo=True)
    kitchen = Workspace.objects.get(slug=DEMO_WORKSPACE)
    recipe = kitchen.recipes.get(template_id="compare-two-things")
    run = runs.start(workspace=kitchen, recipe=recipe, input_data={}, user=None, trigger=Trigger.COMMAND)
    assert list(run.steps.order_by("order").values_list("waiting_on", flat=True)) == [0, 0, 2, 1]
