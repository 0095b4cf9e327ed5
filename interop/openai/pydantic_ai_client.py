"""Pydantic AI: tools and every form of output."""

from checks import BASE, KEY, MODEL, PNG, check, main, same
from pydantic import BaseModel
from pydantic_ai import Agent, BinaryContent, NativeOutput, PromptedOutput, ToolOutput
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.openai import OpenAIProvider

provider = OpenAIProvider(base_url=BASE, api_key=KEY)
chat, responses = OpenAIChatModel(MODEL, provider=provider), OpenAIResponsesModel(MODEL, provider=provider)


class Place(BaseModel):
    city: str
    country: str


OSLO = Place(city="Oslo", country="Norway")


def with_tool(model: object) -> Agent:
    agent = Agent(model)

    @agent.tool_plain
    def look_up(number: str) -> str:
        """Looks up a parcel."""
        return f"{number} is in Oslo."

    return agent


@check
def whole() -> None:
    found = Agent(chat, instructions="Be brief.").run_sync("Say hello")
    same(found.output, "Hello there.")


@check
async def streamed() -> None:
    async with Agent(chat).run_stream("Say hello") as answer:
        same([text async for text in answer.stream_text()][-1], "Hello there.")


@check
def a_conversation_goes_on() -> None:
    agent = Agent(chat)
    first = agent.run_sync("My name is Zora.")
    same(agent.run_sync("What is my name?", message_history=first.all_messages()).output, "You are Zora.")


@check
def tools() -> None:
    same(with_tool(chat).run_sync("Where is parcel 42?").output, "It is in Oslo.")


@check
async def tools_streamed() -> None:
    async with with_tool(chat).run_stream("Where is parcel 42?") as answer:
        same(await answer.get_output(), "It is in Oslo.")


@check
def output_by_a_tool() -> None:
    same(Agent(chat, output_type=Place).run_sync("Which place?").output, OSLO)


@check
def output_by_a_tool_of_a_name() -> None:
    same(Agent(chat, output_type=ToolOutput(Place, name="answer")).run_sync("Which place?").output, OSLO)


@check
def output_by_one_of_two_tools() -> None:
    class Sum(BaseModel):
        total: int

    same(Agent(chat, output_type=[Place, Sum]).run_sync("Which place?").output, OSLO)


@check
def output_by_schema() -> None:
    same(Agent(chat, output_type=NativeOutput(Place)).run_sync("Which place?").output, OSLO)


@check
def output_by_prompt() -> None:
    same(Agent(chat, output_type=PromptedOutput(Place)).run_sync("Which place? As JSON.").output, OSLO)


@check
async def output_streamed() -> None:
    async with Agent(chat, output_type=Place).run_stream("Which place?") as answer:
        same(await answer.get_output(), OSLO)


@check
def a_picture() -> None:
    import base64

    picture = BinaryContent(base64.b64decode(PNG), media_type="image/png")
    same(Agent(chat).run_sync(["Say hello", picture]).output, "Hello there.")


@check
def by_responses() -> None:
    same(Agent(responses).run_sync("Say hello").output, "Hello there.")


@check
def tools_by_responses() -> None:
    same(with_tool(responses).run_sync("Where is parcel 42?").output, "It is in Oslo.")


@check
def output_by_responses() -> None:
    same(Agent(responses, output_type=NativeOutput(Place)).run_sync("Which place?").output, OSLO)


main()
