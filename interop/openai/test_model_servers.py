"""Each way in which a model server is known to misbehave, through a run, the playground and OpenAI's door.

`make interop`. The table of what has to come of each is the one that the adapters are tried with in the suite; here
the whole product stands between it and who asks.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import openai
import pytest
from django.db import connection
from django.test import Client

from automatos.llm.testing.quirks import Quirk, QuirkServer
from automatos.llm.testing.quirks_anthropic import ANTHROPIC
from automatos.llm.testing.quirks_chat import ANSWERS
from automatos.llm.testing.quirks_errors import FAILURES, TOO_MUCH
from automatos.llm.testing.quirks_refusals import LEFT_OUT
from automatos.testing import Stack
from recipes.models import Execution, ExecutionStatus
from recipes.services import RecipeInput, create_recipe
from recipes.tests.chat_kit import Room
from recipes.tests.kit import ended, final_output
from recipes.validation import StepInput
from workspaces.credentials.types import seed_credential_types
from workspaces.models import Workspace
from workspaces.tests.rest import Caller

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]
QUIRKS = (*ANSWERS, *FAILURES, *LEFT_OUT, *ANTHROPIC)
AT_ONCE = 6
ASKED = "What is 1+1?"
SUMS = {"1+1": "1+1 = 2", "2+3": "2+3 = 5"}
Found = tuple[bool, str]
"""Whether an answer came, and its text or what was said instead."""


class Kitchen(Room):
    """A room whose agents have the misbehaving server's models, and a calculator."""

    def __init__(self, stack: Stack, server: QuirkServer) -> None:
        super().__init__(stack)
        seed_credential_types()
        Workspace.objects.filter(pk=self.cast.workspace.pk).update(plan=Workspace.Plan.UNLIMITED)
        self.cast.workspace.refresh_from_db()
        fields = {"base_url": server.url, "api_key": "sk-quirk"}
        body = {"type": "openai_compatible", "name": "Quirks", "fields": fields}
        status, row = Caller(self.key).post("/api/credentials", body)
        assert status == 201, row
        self.agents = {}
        for quirk in QUIRKS:
            provider = "anthropic" if quirk.wire == "anthropic" else row["server"]
            self.agents[quirk.name] = self.cast.add_agent(quirk.name, model=f"{provider}:{quirk.name}")
            type(self.cast.agent).objects.filter(pk=self.agents[quirk.name].pk).update(tool_ids=["calculator"])
        self.visitor = Client()
        self.visitor.force_login(self.cast.owner)

    def of(self, run: Execution) -> Found:
        done = ended(run, 180)
        if done.status == ExecutionStatus.COMPLETED:
            return True, final_output(done)
        return False, str((done.error or {}).get("message"))

    def by_recipe(self, quirk: Quirk) -> Found:
        step = StepInput(agent_id=self.agents[quirk.name].pk, prompt_template=ASKED, name="Ask")
        data = RecipeInput(name=quirk.name, steps=[step])
        return self.of(self.cast.cook(create_recipe(workspace=self.cast.workspace, user=self.cast.owner, data=data)))

    def by_playground(self, quirk: Quirk) -> Found:
        """What its page shows, too."""
        path = f"/w/{self.cast.workspace.slug}/agents/{self.agents[quirk.name].slug}/playground/"
        sent = self.visitor.post(path, {"message": ASKED})
        assert sent.status_code == 302, sent.content
        found = self.of(Execution.objects.get(pk=UUID(sent["Location"].rpartition("at=")[2].partition("#")[0])))
        assert self.visitor.get(sent["Location"]).status_code == 200
        return found

    def by_door(self, quirk: Quirk) -> Found:
        name = f"agent:{self.agents[quirk.name].slug}"
        with openai.OpenAI(base_url=f"{self.stack.url}/v1", api_key=self.key, max_retries=0, timeout=240) as client:
            try:
                done = client.chat.completions.create(model=name, messages=[{"role": "user", "content": ASKED}])
            except openai.APIStatusError as error:
                return False, error.message
        message = done.choices[0].message
        return message.refusal is None, message.refusal or message.content or ""


@pytest.fixture
def server(stack: Stack) -> Iterator[QuirkServer]:
    with QuirkServer(QUIRKS, stack.tools_port) as running:
        yield running


@pytest.fixture
def kitchen(stack: Stack, server: QuirkServer) -> Iterator[Kitchen]:
    with stack.restarted(stack.worker, ANTHROPIC_BASE_URL=server.anthropic_url):
        yield Kitchen(stack, server)


def wrong(quirk: Quirk, found: Found) -> str:
    """What is not as the table says; empty when all is."""
    want, (came, text) = quirk.expected, found
    if came is (want.error is not None):
        return f"{'answered' if came else 'failed'}: {text[:200]}"
    if came and quirk not in TOO_MUCH:
        wanted = [SUMS[call["expression"]] for _, call in want.calls if call.get("expression") in SUMS]
        missing = [one for one in (wanted or [want.text]) if one not in text]
        return f"not {missing}: {text[:200]}" if missing else ""
    return ""


DOORS: dict[str, Callable[[Kitchen, Quirk], Found]] = {
    "run": Kitchen.by_recipe,
    "playground": Kitchen.by_playground,
    "/v1": Kitchen.by_door,
}


def tried(kitchen: Kitchen, door: str) -> dict[str, str]:
    """What is wrong of each behaviour at one door, by its name."""

    def one(quirk: Quirk) -> str:
        try:
            return wrong(quirk, DOORS[door](kitchen, quirk))
        except Exception as error:
            return f"{type(error).__name__}: {error}"[:300]
        finally:
            connection.close()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return dict(zip((quirk.name for quirk in QUIRKS), pool.map(one, QUIRKS), strict=True))


def test_each_behaviour_at_each_door(kitchen: Kitchen, server: QuirkServer) -> None:
    lines, works = [], {}
    for door in DOORS:
        server.clear()
        bad = {name: why for name, why in tried(kitchen, door).items() if why}
        works[door] = len(QUIRKS) - len(bad)
        lines += [f"{door:<12} {works[door]:>4} of {len(QUIRKS)}", *(f"    {name}: {why}" for name, why in bad.items())]
    print("\n" + "\n".join(lines))  # noqa: T201 the table is the point
    assert works == dict.fromkeys(DOORS, len(QUIRKS))
    assert len(QUIRKS) >= 80
