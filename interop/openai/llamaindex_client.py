"""LlamaIndex's OpenAILike."""

from checks import BASE, KEY, MODEL, check, main, same
from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.llms import ChatMessage
from llama_index.core.tools import FunctionTool
from llama_index.llms.openai_like import OpenAILike, OpenAILikeResponses
from pydantic import BaseModel

WHERE = {"api_base": BASE, "api_key": KEY, "model": MODEL, "max_retries": 0}
llm = OpenAILike(**WHERE, is_chat_model=True, is_function_calling_model=True)


class Place(BaseModel):
    """A place."""

    city: str
    country: str


def look_up(number: str) -> str:
    """Looks up a parcel."""
    return f"{number} is in Oslo."


OSLO = Place(city="Oslo", country="Norway")
TOOL = FunctionTool.from_defaults(look_up)


@check
def complete() -> None:
    same(llm.complete("Say hello").text, "Hello there.")


@check
def chat() -> None:
    turns = [ChatMessage(role="system", content="Be brief."), ChatMessage(role="user", content="Say hello")]
    same(llm.chat(turns).message.content, "Hello there.")


@check
def streamed() -> None:
    chunks = llm.stream_chat([ChatMessage(role="user", content="Say hello")])
    same("".join(chunk.delta or "" for chunk in chunks), "Hello there.")


@check
async def asynchronously() -> None:
    fresh = OpenAILike(**WHERE, is_chat_model=True)
    same((await fresh.acomplete("Say hello")).text, "Hello there.")


@check
def tools() -> None:
    same(str(llm.predict_and_call([TOOL], "Where is parcel 42?")), "42 is in Oslo.")


@check
async def an_agent_with_tools() -> None:
    fresh = OpenAILike(**WHERE, is_chat_model=True, is_function_calling_model=True)
    same(str(await FunctionAgent(tools=[TOOL], llm=fresh).run("Where is parcel 42?")), "It is in Oslo.")


@check
def structured_by_a_tool() -> None:
    found = llm.as_structured_llm(Place).chat([ChatMessage(role="user", content="Which place?")])
    same(found.raw, OSLO)


@check
def structured_by_schema() -> None:
    strict = OpenAILike(**WHERE, is_chat_model=True, should_use_structured_outputs=True)
    found = strict.as_structured_llm(Place).chat([ChatMessage(role="user", content="Which place?")])
    same(found.raw, OSLO)


@check
def by_responses() -> None:
    same(OpenAILikeResponses(**WHERE).complete("Say hello").text, "Hello there.")


main()
