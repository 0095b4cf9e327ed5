"""Three-step graphs of LangGraph with its PostgreSQL checkpointer, each step written before the next one begins.

`python langgraph_runs.py DATABASE_URL MODEL_URL` in an environment of its own (requirements.txt beside it). Prints
`ready`; then takes lines of JSON, `{"runs": 100, "at_once": true}`, and answers each with one: seconds from the first
start to the last end, milliseconds a step of every run, the highest resident memory in MB, and how many did not end
with the last step's answer.
"""

import asyncio
import json
import sys
import threading
import time
from typing import Any, TypedDict
from uuid import uuid4

import psutil
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.graph import END, START, StateGraph
from openai import AsyncOpenAI
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

# Of the pool. More did not make it faster on two cores; the saver itself takes one at a time.
CONNECTIONS = 20
PROMPTS = {
    "first": "Say {dish}",
    "second": "Improve {previous}",
    "third": "Serve it",
}


class State(TypedDict):
    """What the steps hand on."""

    dish: str
    previous: str


class Memory(threading.Thread):
    """Watches the highest resident memory of this process."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak = 0.0

    def run(self) -> None:
        """Look ten times a second, for ever."""
        process = psutil.Process()
        while True:
            self.peak = max(self.peak, process.memory_info().rss / 2**20)
            time.sleep(0.1)


def graph_of(client: AsyncOpenAI, saver: AsyncPostgresSaver) -> Any:
    """The compiled graph: three steps in a row, a model's answer each."""

    def step(name: str) -> Any:
        async def ask(state: State) -> dict[str, str]:
            text = PROMPTS[name].format(**state)
            messages: Any = [{"role": "system", "content": "You cook."}, {"role": "user", "content": text}]
            answer = await client.chat.completions.create(model="bench", messages=messages)
            return {"previous": answer.choices[0].message.content or ""}

        return ask

    builder = StateGraph(State)
    names = list(PROMPTS)
    for name in names:
        builder.add_node(name, step(name))
    for before, after in zip([START, *names], [*names, END], strict=True):
        builder.add_edge(before, after)
    return builder.compile(checkpointer=saver)


async def one(graph: Any) -> tuple[float, bool]:
    """Milliseconds a step of one run, and whether it ended well."""
    began = time.perf_counter()
    where = {"configurable": {"thread_id": str(uuid4())}}
    state = await graph.ainvoke({"dish": "pie", "previous": ""}, where, durability="sync")
    return (time.perf_counter() - began) * 1000 / len(PROMPTS), bool(state["previous"])


async def measured(graph: Any, runs: int, *, at_once: bool) -> dict[str, Any]:
    """So many runs, all started at once or one after another."""
    began = time.perf_counter()
    if at_once:
        ended = await asyncio.gather(*(one(graph) for _ in range(runs)))
    else:
        ended = [await one(graph) for _ in range(runs)]
    seconds = time.perf_counter() - began
    return {
        "seconds": seconds,
        "ms_a_step": [taken for taken, _ in ended],
        "failed": sum(not is_well for _, is_well in ended),
    }


async def main(database: str, model: str) -> None:
    """Answer orders until the input ends."""
    memory = Memory()
    memory.start()
    client = AsyncOpenAI(base_url=model, api_key="bench", max_retries=0, timeout=600)
    options = {"autocommit": True, "prepare_threshold": 0, "row_factory": dict_row}
    async with AsyncConnectionPool(database, max_size=CONNECTIONS, kwargs=options, open=False) as pool:
        saver = AsyncPostgresSaver(pool)
        await saver.setup()
        graph = graph_of(client, saver)
        print("ready", flush=True)
        loop = asyncio.get_running_loop()
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            order = json.loads(line)
            memory.peak = 0.0
            found = await measured(graph, order["runs"], at_once=order["at_once"])
            print(json.dumps({**found, "mb": memory.peak}), flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
