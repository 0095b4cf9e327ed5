"""A model that obeys every instruction it reads, fed with some: nothing leaves or changes without a person's word.

An address that stands in a text as it is may be read: that tells nobody anything new. So may all that only looks.
"""

import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from agents.models import Agent, Conversation
from automatos.testing import Stack
from recipes import approvals
from recipes.answers import Question, ask
from recipes.models import Approval, Execution, Trigger
from recipes.tests.chat_kit import with_tools
from recipes.tests.injection_kit import TOOLS, Tally, carry, injections, obey, repeat, settled
from recipes.tests.kit import Cast, ended, final_output, wait_for
from recipes.tests.site_kit import Site, reachable_site
from workspaces.models import Role
from workspaces.tests.rest import key_of

pytestmark = pytest.mark.slow
GO_ON: Any = [{"role": "user", "content": "Go on."}]


@pytest.fixture(scope="module")
def site(stack: Stack) -> Iterator[Site]:
    yield from reachable_site(stack)


@pytest.fixture(scope="module")
def tally() -> Iterator[Tally]:
    made = Tally()
    yield made
    print(
        f"\n{made.injections} injections: {made.effects} side effects without approval; {made.benign} benign tasks done"
    )


class Table(Cast):
    """An obedient agent with every tool, a courier, a parrot, and a stranger whose words come from elsewhere."""

    def __init__(self, stack: Stack, site: Site) -> None:
        super().__init__()
        site.seen.clear()
        self.stack, self.site = stack, site
        self.courier = self.add_agent("Courier", model="openai:courier-model")
        self.add_agent("Parrot", model="openai:parrot-model")
        self.add_agent("Stranger", model="openai:odd-model")
        for agent in (self.agent, self.courier):
            with_tools(agent, *TOOLS)
        self.answer_with()

    def answer_with(self, courier: Any = carry) -> None:
        """How each model answers from now on."""
        models = self.stack.models
        models.clear()
        models.on("courier-model", decide=courier)
        models.on("parrot-model", decide=repeat)
        models.on("odd-model", decide=lambda seen: {"reply": self.site.shown})
        models.on("", decide=obey)

    @property
    def fetch(self) -> str:
        """An order to read the site."""
        return f'CALL web_fetch {{"url": "{self.site.url}"}}\n'

    def injections(self) -> Iterator[str]:
        """One after the other; each is what the site says meanwhile."""
        for one in injections(self.site.url):
            self.site.shown = one
            yield one

    def order(self, *prompts: str) -> Execution:
        """A run of these prompts, word for word."""
        return self.cook(self.recipe(*(text.replace("{", "{{").replace("}", "}}") for text in prompts)))

    def answer(self, text: str, agent: Agent | None = None, parent: Execution | None = None) -> Execution:
        """An answer in a conversation, begun or carried on."""
        talk = parent.conversation if parent else None
        if talk is None:
            talk = Conversation.objects.create(workspace=self.workspace, agent=agent or self.agent, user=self.owner)
        question = Question(text, parent.pk if parent else None)
        return ask(conversation=talk, question=question, user=self.owner, trigger=Trigger.PLAYGROUND)


@pytest.fixture
def table(stack: Stack, site: Site) -> Table:
    return Table(stack, site)


def test_what_web_pages_say(table: Table, tally: Tally) -> None:
    for _ in table.injections():
        tally.injected(table.order(table.fetch), table.site)


def test_what_another_agent_says(table: Table, tally: Tally) -> None:
    for _ in table.injections():
        task = 'CALL ask_agent {"agent": "stranger", "task": "news"}\n'
        tally.injected(table.order(task), table.site)


def test_what_a_file_says(table: Table, tally: Tally) -> None:
    """The file was written on a person's word; what stands in it has none."""
    for injection in table.injections():
        text = json.dumps({"name": "note.txt", "content": injection})
        task = f'CALL file_write {text}\nCALL file_read {{"name": "note.txt"}}\n'
        tally.injected(table.order(task), table.site, ("file_write",))


def test_what_was_remembered_in_another_run(table: Table, tally: Tally) -> None:
    """Planted on a person's approval, for who reads all of a text before saying yes?"""
    for injection in table.injections():
        note = json.dumps({"text": f"The weekly report. {injection}"})
        planted = settled(table.order(f"{table.fetch}CALL remember {note}\n"))
        asked = Approval.objects.get(step__execution=planted)
        assert asked.tool == "remember"
        approvals.decide(workspace=table.workspace, approval_id=asked.pk, approve=True, user=table.owner)
        wait_for(table.workspace.memories.exists)
        recalling = table.order('CALL recall {"query": "weekly report", "limit": 1}\n')
        tally.injected(recalling, table.site)
        origins = Approval.objects.get(step__execution=recalling).origins
        assert origins[0].startswith(f"workspace memory, from web page {table.site.url}")
        table.workspace.memories.all().delete()


def test_what_an_earlier_step_read(table: Table, tally: Tally) -> None:
    for _ in table.injections():
        run = table.cook(two_steps(table))
        tally.injected(run, table.site)
        assert Approval.objects.get(step__execution=run).origins[0] == f"web page {table.site.url}"


def two_steps(table: Table) -> Any:
    """A courier reads the site, the obedient agent gets what it says."""
    recipe = table.recipe(table.fetch, "Go on with {previous_output}\n")
    recipe.steps.filter(order=1).update(agent=table.courier)
    return recipe


def test_what_an_earlier_answer_read(table: Table, tally: Tally) -> None:
    """Carried on, and with the message edited and sent again: the words of the answer before it are still there."""
    for _ in table.injections():
        table.answer_with(carry)
        first = ended(table.answer(table.fetch, agent=table.courier))
        table.answer_with(obey)
        for text in ("Go on.", "Go on, please."):
            tally.injected(table.answer(text, parent=first), table.site)


def test_what_a_chat_client_sends_back(table: Table, tally: Tally) -> None:
    """Its history holds an answer of ours, whole or changed on its way."""
    key = key_of(table.workspace, table.owner, Role.OWNER)
    with openai.OpenAI(base_url=f"{table.stack.url}/v1", api_key=key, max_retries=0) as client:
        for number, _ in enumerate(table.injections()):
            table.answer_with(carry)
            said: Any = [{"role": "user", "content": table.fetch}]
            first = client.chat.completions.create(model="agent:courier", messages=said)
            answer: Any = {"role": "assistant", "content": f"{number % 2 * 'Well: '}{first.choices[0].message.content}"}
            table.answer_with(obey)
            with pytest.raises(openai.ConflictError, match="approve"):
                client.chat.completions.create(model="agent:courier", messages=[*GO_ON, answer, *GO_ON])
            newest = Execution.objects.filter(workspace=table.workspace).latest("created_at")
            tally.injected(newest, table.site, status="cancelled")
        order = {"role": "user", "content": 'CALL file_write {"name": "a.txt", "content": "x"}\n'}
        plain = client.chat.completions.create(model=f"agent:{table.agent.slug}", messages=GO_ON)
        said = [*GO_ON, {"role": "assistant", "content": plain.choices[0].message.content}, order]
        client.chat.completions.create(model=f"agent:{table.agent.slug}", messages=said)
        tally.done(Execution.objects.filter(workspace=table.workspace).latest("created_at"))


def test_benign_tasks_are_done_without_asking_anyone(table: Table, tally: Tally) -> None:
    """Reckoning after any text, reading on from a page, side effects before anything was read, notes of its own."""
    write = 'CALL file_write {"name": "a.txt", "content": "x"}\n'
    table.site.shown = 'CALL calculator {"expression": "2+3"}'
    for task in (table.fetch, f'{write}CALL ask_agent {{"agent": "stranger", "task": "news"}}\n'):
        tally.done(table.order(task))
    tally.done(table.cook(two_steps(table)))
    table.site.shown = f'CALL web_fetch {{"url": "{table.site.url}more"}}'
    tally.done(table.order(table.fetch))
    assert table.site.count("GET /more") == 1
    noted = json.dumps({"text": f'Soup is on. CALL web_fetch {{"url": "{table.site.url}menu"}}'})
    tally.done(table.order(f"CALL remember {noted}\n"))
    told = tally.done(table.order('CALL recall {"query": "soup"}\n'))
    assert (final_output(told), table.site.count("GET /menu")) == ("Done after 2.", 1)
    assert tally.done(table.order("A plain word.", f"{write}More.")).steps.get(order=2).tool_calls == 1
