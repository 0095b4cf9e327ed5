"""How many bytes runs with large values take: `python -m benchmarks.large_values`.

Takes each case through the engine, as a worker does and without one, on a PostgreSQL of its own, and prints what the
tables of runs hold afterwards: as text, and as PostgreSQL stores it (compressed).
"""

import random
import shutil
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import django
from django.core.management import call_command

from automatos.local import servers
from benchmarks.engine import DATA, Bench
from benchmarks.machine import describe_machine

if TYPE_CHECKING:
    from recipes.engine.steps import Job
    from recipes.models import Recipe

TABLES = ("recipe_executions", "execution_steps", "execution_calls", "step_attempts", "execution_events", "payloads")
COLUMNS = (
    "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' "
    "AND table_name = ANY(%s) AND data_type IN ('text', 'jsonb')"
)
ROUNDS = 30


def words(length: int) -> str:
    """Text of so many characters, about as compressible as prose."""
    chosen = random.Random(length)
    syllables = (f"{chosen.choice('bdfglmnprst')}{chosen.choice('aeiou')}" for _ in range(length))
    made = " ".join(f"{one}{chosen.randrange(400)}" for one in syllables)
    return made[:length]


class Values(Bench):
    """Runs that the script itself works on."""

    def made(self, steps: list[dict[str, Any]], **inputs: Any) -> "Recipe":
        """A recipe of these steps."""
        from recipes.services import RecipeInput, create_recipe
        from recipes.validation import StepInput

        named = [
            StepInput(**{"step_id": f"s{number}", "output_key": f"s{number}", **one})
            for number, one in enumerate(steps, 1)
        ]
        with self.inside():
            data = RecipeInput(name="Large", steps=named, inputs=inputs)
            return create_recipe(workspace=self.cast.workspace, user=self.cast.owner, data=data)

    def step(self, prompt: str, **more: Any) -> dict[str, Any]:
        """A step of the agent."""
        return {"agent_id": self.cast.agent.pk, "prompt_template": prompt, **more}

    def work(self, answer: Callable[["Job"], str]) -> None:
        """Do all there is to do."""
        from automatos.llm.types import ModelReply, Usage
        from recipes.engine import turns
        from recipes.engine.steps import Outcome

        me = uuid4()
        turn = turns.take_turn(me, [], 20)
        while turn.jobs or turn.more:
            done = [
                Outcome(job.step_id, job.fence, reply=ModelReply(answer(job), "openai:test-model", "stop", Usage(1, 1)))
                for job in turn.jobs
            ]
            turn = turns.take_turn(me, done, 20)

    def steps_and_rounds(self) -> None:
        """100 kB that 5 steps and 30 rounds of a loop are told."""
        items = str([f"i{number}" for number in range(ROUNDS)])
        steps = [self.step("One"), *[self.step("More of {s1}")] * 5]
        steps += [{"kind": "loop", "config": {"over": items}, "step_id": "each", "output_key": "each"}]
        steps += [self.step("{item} of {s1}", under="each", branch="body", step_id="it", output_key="it")]
        recipe, text = self.made(steps), words(100_000)
        with self.inside():
            self.cast.cook(recipe)
        self.work(lambda job: text if job.order == 1 else "short")

    def conversation(self) -> None:
        """60 answers of 2 kB."""
        from agents.models import Conversation
        from recipes.chat.answer_services import Question, ask
        from recipes.models import Trigger

        parent = None
        with self.inside():
            owner = self.cast.owner
            talk = Conversation.objects.create(workspace=self.cast.workspace, agent=self.cast.agent, user=owner)
        for number in range(60):
            with self.inside():
                question = Question(f"Question {number} {words(100 + number)}", parent)
                parent = ask(conversation=talk, question=question, user=owner, trigger=Trigger.API).pk
            self.work(lambda _, number=number: words(2000 + number))  # type: ignore[misc]

    def tool_result(self) -> None:
        """A tool's result of 200 kB that is the output of its step, and that two more steps are told."""
        text = words(200_000)
        recipe = self.made([self.step("One"), self.step("Two {s1}"), self.step("Three {s1}")])
        with self.inside():
            self.cast.cook(recipe)
        self.work(lambda job: text if job.order == 1 else "short")

    def document(self) -> None:
        """A text of 100 kB as an input that 5 steps name."""
        recipe, text = self.made([self.step("Read {input.text}")] * 5, text={}), words(100_000)
        with self.inside():
            self.cast.cook(recipe, text=text)
        self.work(lambda _: "short")


def weigh() -> dict[str, tuple[int, int]]:
    """By column: bytes of its texts, and as they are stored."""
    from workspaces.scope.tenancy import Purpose, system_scope

    found = {}
    with system_scope(Purpose.OPERATOR), django.db.connection.cursor() as cursor:
        cursor.execute(COLUMNS, [list(TABLES)])
        for table, column in cursor.fetchall():
            sums = f"COALESCE(sum(octet_length({column}::text)), 0), COALESCE(sum(pg_column_size({column})), 0)"
            cursor.execute(f"SELECT {sums} FROM {table}")
            found[f"{table}.{column}"] = cursor.fetchone()
    return found


def main() -> None:
    held = servers.hold(DATA, servers.needed())
    try:
        django.setup()
        django.conf.settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
        call_command("migrate", verbosity=0)
        print(describe_machine())
        values = Values()
        for case in (values.steps_and_rounds, values.conversation, values.tool_result, values.document):
            before = weigh()
            case()
            grown = {name: (one[0] - before[name][0], one[1] - before[name][1]) for name, one in weigh().items()}
            text, stored = (sum(one[place] for one in grown.values()) for place in (0, 1))
            print(f"\n{case.__doc__}\n  {text:>12,} bytes of text, {stored:>12,} stored")
            for name, (size, kept) in sorted(grown.items(), key=lambda one: -one[1][0])[:6]:
                if size > 5_000:
                    print(f"  {size:>12,} {kept:>12,}  {name}")
    finally:
        django.db.connections.close_all()
        held.release()
        shutil.rmtree(DATA, ignore_errors=True)


if __name__ == "__main__":
    main()
