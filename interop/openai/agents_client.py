"""OpenAI's Agents SDK, over both ways."""

import openai
from checks import BASE, KEY, MODEL, check, main, same
from pydantic import BaseModel

from agents import (
    Agent,
    OpenAIChatCompletionsModel,
    OpenAIResponsesModel,
    Runner,
    function_tool,
    set_tracing_disabled,
)

set_tracing_disabled(True)
KINDS = (OpenAIChatCompletionsModel, OpenAIResponsesModel)


class Place(BaseModel):
    city: str
    country: str


@function_tool
def look_up(number: str) -> str:
    """Looks up a parcel."""
    return f"{number} is in Oslo."


async def asked(text: str, kind: type, **more: object) -> object:
    client = openai.AsyncOpenAI(base_url=BASE, api_key=KEY, max_retries=0)
    agent = Agent(name="Asking", model=kind(model=MODEL, openai_client=client), **more)
    return (await Runner.run(agent, text)).final_output


@check
async def whole() -> None:
    for kind in KINDS:
        same(await asked("Say hello", kind, instructions="Be brief."), "Hello there.")


@check
async def tools() -> None:
    for kind in KINDS:
        same(await asked("Where is parcel 42?", kind, tools=[look_up]), "It is in Oslo.")


@check
async def output_types() -> None:
    for kind in KINDS:
        same(await asked("Which place?", kind, output_type=Place), Place(city="Oslo", country="Norway"))


@check
async def streamed() -> None:
    for kind in KINDS:
        client = openai.AsyncOpenAI(base_url=BASE, api_key=KEY, max_retries=0)
        agent = Agent(name="Asking", model=kind(model=MODEL, openai_client=client), tools=[look_up])
        run = Runner.run_streamed(agent, "Where is parcel 42?")
        async for _ in run.stream_events():
            pass
        same(run.final_output, "It is in Oslo.")


main()
