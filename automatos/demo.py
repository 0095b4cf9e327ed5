"""The demo kitchen: a workspace with a crew of agents and a few recipes, made for looking around and trying things.

Its words are chosen for the small model that comes with the product: one plain task a step, short answers. On a larger
model (DEFAULT_LLM_PROVIDER, DEFAULT_LLM_MODEL) the same recipes simply read better.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from agents.model_choice.choice import ModelInput
from agents.models import Agent, Category
from agents.services import AgentInput, create_agent
from automatos.demo_time import lend_time
from recipes.models import ErrorHandling, Mode, Recipe, Workflow
from recipes.services import RecipeInput, create_recipe
from recipes.triggers.schedule_services import ScheduleInput, add_schedule
from recipes.validation import StepInput
from recipes.workflows.services import WorkflowInput, create_workflow
from workspaces.models import User, Workspace
from workspaces.services import create_workspace

DEMO_EMAIL = "demo@automatos.local"
DEMO_WORKSPACE = "demo-kitchen"
DEMO_RECIPE = "explain-a-topic"
# Without it a small model repeats itself.
FREQUENCY_PENALTY = 0.3


@dataclass(frozen=True, slots=True)
class CrewMember:
    """An agent of the demo: who it is, how it answers, and how long."""

    name: str
    description: str
    category: Category
    max_tokens: int
    temperature: float
    instructions: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Course:
    """A step of a demo recipe. cook: the agent's name, empty where none works; key: what its output is called.

    flow: what sets it apart from an agent's step that always runs: kind, config, under, branch.
    """

    name: str
    cook: str
    key: str
    prompt: str
    error_handling: ErrorHandling = ErrorHandling.STOP
    flow: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DemoRecipe:
    """A recipe of the demo. inputs: name, its default and what to write there. options: of inputs that are a choice."""

    template_id: str
    name: str
    description: str
    tags: tuple[str, ...]
    inputs: tuple[tuple[str, str | tuple[str, ...], str], ...]
    courses: tuple[Course, ...]
    mode: Mode = Mode.SEQUENTIAL
    options: Mapping[str, Sequence[str]] = field(default_factory=dict)


# Three sentences: with the embedded model each becomes a subtask, which reads what the one before it wrote.
DEMO_WORKFLOW = "Tides and harbours"
DEMO_GOAL = (
    "What are tides, explained simply in one paragraph? "
    "Why are tides important for harbours? "
    "Summarize this text in one sentence."
)


@dataclass(frozen=True, slots=True)
class Seeded:
    """What seeding came to. taken: the demo's address belongs to a workspace that is not the demo."""

    agents: int = 0
    recipes: int = 0
    taken: bool = False


CREW = (
    CrewMember(
        name="Lumen",
        description="A patient teacher who explains things in plain words.",
        category=Category.EDUCATION,
        max_tokens=180,
        temperature=0.3,
        tags=("explains",),
    ),
    CrewMember(
        name="Iris",
        description="A curious guide who knows what things are good for.",
        category=Category.RESEARCH,
        max_tokens=160,
        temperature=0.3,
        tags=("finds reasons",),
    ),
    CrewMember(
        name="Juno",
        description="A fair judge.",
        category=Category.ANALYTICS,
        max_tokens=160,
        temperature=0.2,
        tags=("compares",),
    ),
    CrewMember(
        name="Pepper",
        description="A copywriter for an online shop.",
        category=Category.MARKETING,
        max_tokens=160,
        temperature=0.3,
        tags=("writes",),
    ),
    CrewMember(
        name="Kim",
        description="An editor who makes text short.",
        category=Category.WRITING,
        max_tokens=120,
        temperature=0.2,
        instructions=(
            "You're an AI assistant for text re-writing. Rewrite the input text to make it more concise while "
            "preserving its core meaning."
        ),
        tags=("edits",),
    ),
    CrewMember(
        name="Otto",
        description="A reader who finds the main point.",
        category=Category.PRODUCTIVITY,
        max_tokens=80,
        temperature=0.1,
        tags=("summarises",),
    ),
    CrewMember(
        name="Tempo",
        description="A keeper of clocks who looks at the time before saying it.",
        category=Category.PRODUCTIVITY,
        max_tokens=60,
        temperature=0.1,
        tags=("tells the time",),
    ),
)

RECIPES = (
    DemoRecipe(
        template_id=DEMO_RECIPE,
        name="Explain a topic",
        description=(
            "A teacher explains, a guide says why it matters, an editor shortens, a reader keeps the main point. "
            "Each step reads what an earlier one wrote."
        ),
        tags=("learning", "start here"),
        inputs=(
            ("topic", "the water cycle", "What to explain, as you would say it in a sentence."),
            ("audience", "people", "Who should care, for example farmers or children."),
        ),
        courses=(
            Course("Explain it", "Lumen", "explanation", "What is {input.topic}? Explain it simply in one paragraph."),
            Course(
                "Say why it matters",
                "Iris",
                "importance",
                "{explanation}\n\nWhy is {input.topic} important for {input.audience}? Answer in one short paragraph.",
            ),
            Course("Make it shorter", "Kim", "short_version", "{importance}", ErrorHandling.RETRY),
            Course(
                "Keep one sentence",
                "Otto",
                "takeaway",
                "{explanation}\n\nSummarize this text in one sentence.",
                ErrorHandling.RETRY,
            ),
        ),
    ),
    DemoRecipe(
        template_id="compare-two-things",
        name="Compare two things",
        description=(
            "Two agents describe one thing each at the same time, a third compares what they wrote, and an editor "
            "shortens it. The first two steps need nothing from each other, so they cook at once."
        ),
        tags=("research", "parallel"),
        inputs=(
            ("first", "solar power", "The one thing."),
            ("second", "wind power", "The other thing."),
        ),
        courses=(
            Course(
                "Describe the first",
                "Lumen",
                "first_view",
                "What is {input.first}? What is good about it? Answer in one short paragraph.",
            ),
            Course(
                "Describe the second",
                "Iris",
                "second_view",
                "What is {input.second}? What is good about it? Answer in one short paragraph.",
            ),
            Course(
                "Compare them",
                "Juno",
                "comparison",
                "{first_view}\n\n{second_view}\n\n"
                "What is the main difference between {input.first} and {input.second}? Answer in one short paragraph.",
            ),
            Course("Make it shorter", "Kim", "short_version", "{comparison}", ErrorHandling.RETRY),
        ),
        mode=Mode.PARALLEL,
    ),
    DemoRecipe(
        template_id="announce-a-product",
        name="Announce a product",
        description=(
            "From a reason to buy to a text for the shop and a slogan. If the slogan fails, the step is skipped and "
            "the run still ends well."
        ),
        tags=("marketing", "writing"),
        inputs=(
            ("product", "a reusable water bottle", "What you sell."),
            ("audience", "hikers", "Who it is for."),
        ),
        courses=(
            Course(
                "Find a reason",
                "Iris",
                "reason",
                "Why is {input.product} good for {input.audience}? Answer in one short paragraph.",
            ),
            Course(
                "Write the text",
                "Pepper",
                "announcement",
                "{reason}\n\nWrite a short product description of {input.product} for {input.audience}.",
                ErrorHandling.RETRY,
            ),
            Course(
                "Coin a slogan",
                "Pepper",
                "slogan",
                "{announcement}\n\nWrite a slogan for {input.product}.",
                ErrorHandling.SKIP,
            ),
        ),
    ),
)
FLOWS = (
    DemoRecipe(
        "explain-short-or-long", "Explain, short or long",
        "A condition looks at what you chose: one agent writes a sentence, or another one a paragraph.",
        ("learning", "condition"),
        (("topic", "the rainbow", "What to explain."), ("length", "short", "How much you want to read.")),
        (
            Course("Short?", "", "short", "",
                   flow={"kind": "condition", "config": {"expression": "input.length == 'short'"}}),
            Course("One sentence", "Otto", "sentence", "What is {input.topic}? Answer in one sentence.",
                   flow={"under": "short", "branch": "then"}),
            Course("One paragraph", "Lumen", "paragraph", "What is {input.topic}? Explain it simply in one paragraph.",
                   flow={"under": "short", "branch": "else"}),
        ),
        options={"length": ("short", "long")},
    ),
    DemoRecipe(
        "a-line-for-each", "A line for each",
        "A loop goes through a list, two at a time, and an agent writes a sentence about each.", ("writing", "loop"),
        (("topics", ("the tide", "the moon", "a harbour"), "A list of topics."),),
        (
            Course("For each topic", "", "each", "",
                   flow={"kind": "loop", "config": {"over": "input.topics", "at_once": 2}}),
            Course("One sentence", "Otto", "sentence", "What is {item}? Answer in one sentence.",
                   flow={"under": "each", "branch": "body"}),
        ),
    ),
    DemoRecipe(
        "approve-a-slogan", "Approve a slogan",
        "A slogan is written, you say whether it is good, and only then a text is made of it.",
        ("marketing", "approval"), (("product", "a reusable water bottle", "What you sell."),),
        (
            Course("Write a slogan", "Pepper", "slogan", "Write a slogan for {input.product}."),
            Course("Ask a person", "", "decision", "Shall this slogan be used?\n\n{slogan}",
                   flow={"kind": "wait", "config": {"for": "person"}}),
            Course("Announce it", "Pepper", "announcement",
                   "{slogan}\n\nWrite a short product description of {input.product} with this slogan."),
        ),
    ),
)  # fmt: skip
# When the demo recipe would cook by itself: each working day at eight, once somebody lets the schedule run.
SCHEDULE = ScheduleInput(cron="0 8 * * 1-5", name="Each working day at eight", is_paused=True)


@transaction.atomic
def seed_demo() -> Seeded:
    """Make what is missing of the demo, and leave what is there as people have changed it.

    An agent or recipe that somebody deleted stays deleted.
    """
    user = User.objects.filter(email=DEMO_EMAIL).first() or User.objects.create_user(DEMO_EMAIL, name="Demo cook")
    User.objects.select_for_update().get(pk=user.pk)
    workspace = Workspace.objects.filter(slug=DEMO_WORKSPACE).first()
    if workspace is None:
        workspace = create_workspace(name="Demo kitchen", slug=DEMO_WORKSPACE, owner=user)
        workspace.is_demo = True
        workspace.save(update_fields=["is_demo"])
    elif not workspace.is_demo:
        return Seeded(taken=True)
    agents = _hire(workspace, user)
    recipes = _write_recipes(workspace, user) + lend_time(workspace, user)
    _state_goal(workspace, user)
    return Seeded(agents=agents, recipes=recipes)


def _state_goal(workspace: Workspace, user: User) -> None:
    """A workflow whose parts suit the crew and the embedded model, unless there ever was one of its name."""
    if not Workflow.objects.filter(workspace=workspace, name=DEMO_WORKFLOW).exists():
        data = WorkflowInput(name=DEMO_WORKFLOW, goal=DEMO_GOAL)
        create_workflow(workspace=workspace, user=user, data=data)


def _hire(workspace: Workspace, user: User) -> int:
    """Create the agents that never were; how many."""
    known = set(Agent.objects.filter(workspace=workspace).values_list("slug", flat=True))
    missing = [member for member in CREW if member.name.lower() not in known]
    for member in missing:
        data = AgentInput(
            name=member.name,
            description=member.description,
            category=member.category,
            tags=member.tags,
            custom_prompt=member.instructions,
            agent_model_config=ModelInput(
                temperature=member.temperature,
                max_tokens=member.max_tokens,
                frequency_penalty=FREQUENCY_PENALTY,
            ),
        )
        create_agent(workspace=workspace, user=user, data=data)
    return len(missing)


def _write_recipes(workspace: Workspace, user: User) -> int:
    """Create the recipes that never were, as far as their cooks are still there; how many."""
    known = set(Recipe.objects.filter(workspace=workspace).values_list("template_id", flat=True))
    crew = dict(Agent.objects.visible().filter(workspace=workspace).values_list("slug", "id"))
    missing = [
        recipe
        for recipe in (*RECIPES, *FLOWS)
        if recipe.template_id not in known and all(course.cook.lower() in {"", *crew} for course in recipe.courses)
    ]
    for recipe in missing:
        steps = [
            StepInput(
                agent_id=crew.get(course.cook.lower()),
                step_id=course.key if any(one.flow for one in recipe.courses) else "",
                name=course.name,
                prompt_template=course.prompt,
                output_key=course.key,
                error_handling=course.error_handling,
                **course.flow,
            )
            for course in recipe.courses
        ]
        inputs = {
            name: {"type": "string", "required": True, "default": default, "description": hint}
            | ({"type": "array", "default": list(default)} if isinstance(default, tuple) else {})
            | ({"type": "choice", "options": list(recipe.options[name])} if name in recipe.options else {})
            for name, default, hint in recipe.inputs
        }
        data = RecipeInput(
            template_id=recipe.template_id,
            name=recipe.name,
            description=recipe.description,
            tags=recipe.tags,
            inputs=inputs,
            execution_config={"mode": recipe.mode.value},
            steps=steps,
        )
        made = create_recipe(workspace=workspace, user=user, data=data)
        if recipe.template_id == DEMO_RECIPE:
            add_schedule(recipe=made, user=user, data=SCHEDULE)
    return len(missing)
