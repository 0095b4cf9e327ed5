"""LangChain's ChatOpenAI."""

from checks import BASE, KEY, MODEL, PNG, check, main, same
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from pydantic import BaseModel

chat = ChatOpenAI(base_url=BASE, api_key=KEY, model=MODEL, max_retries=0)
responses = ChatOpenAI(base_url=BASE, api_key=KEY, model=MODEL, max_retries=0, use_responses_api=True)


class Place(BaseModel):
    """A place."""

    city: str
    country: str


@tool
def look_up(number: str) -> str:
    """Looks up a parcel."""
    return f"{number} is in Oslo."


OSLO = Place(city="Oslo", country="Norway")


@check
def invoke() -> None:
    answer = chat.invoke("Say hello")
    same(answer.content, "Hello there.")
    assert answer.usage_metadata["total_tokens"] > 0


@check
def stream() -> None:
    chunks = list(chat.stream("Say hello"))
    same("".join(chunk.content for chunk in chunks), "Hello there.")


@check
def usage_of_a_stream() -> None:
    chunks = list(chat.stream("Say hello", stream_usage=True))
    assert any(chunk.usage_metadata for chunk in chunks)


@check
async def asynchronously() -> None:
    same((await chat.ainvoke("Say hello")).content, "Hello there.")
    same("".join([chunk.content async for chunk in chat.astream("Say hello")]), "Hello there.")


@check
def batch() -> None:
    same([one.content for one in chat.batch(["Say hello", "Say hello"])], ["Hello there."] * 2)


@check
def messages_of_all_kinds() -> None:
    turns = [
        SystemMessage("Be brief."),
        HumanMessage("I am Ines."),
        AIMessage("Hello Ines."),
        HumanMessage("Say hello"),
    ]
    same(chat.invoke(turns).content, "Hello there.")


@check
def bind_tools() -> None:
    bound = chat.bind_tools([look_up])
    first = bound.invoke("Where is parcel 42?")
    (call,) = first.tool_calls
    same((call["name"], call["args"]), ("look_up", {"number": "42"}))
    turns = [
        HumanMessage("Where is parcel 42?"),
        first,
        ToolMessage(look_up.invoke(call["args"]), tool_call_id=call["id"]),
    ]
    same(bound.invoke(turns).content, "It is in Oslo.")


@check
def bind_tools_streamed() -> None:
    whole = None
    for chunk in chat.bind_tools([look_up]).stream("Where is parcel 42?"):
        whole = chunk if whole is None else whole + chunk
    same(whole.tool_calls[0]["args"], {"number": "42"})


@check
def bind_tools_by_choice() -> None:
    for choice in ("any", "look_up", "required"):
        assert chat.bind_tools([look_up], tool_choice=choice).invoke("Where is parcel 42?").tool_calls


@check
def structured_output_by_schema() -> None:
    same(chat.with_structured_output(Place).invoke("Which place?"), OSLO)


@check
def structured_output_by_function() -> None:
    same(chat.with_structured_output(Place, method="function_calling").invoke("Which place?"), OSLO)


@check
def structured_output_by_json_mode() -> None:
    same(chat.with_structured_output(Place, method="json_mode").invoke("Which place? As JSON."), OSLO)


@check
def structured_output_streamed() -> None:
    same(list(chat.with_structured_output(Place).stream("Which place?"))[-1], OSLO)


@check
def structured_output_with_the_raw_answer() -> None:
    found = chat.with_structured_output(Place, include_raw=True, strict=True).invoke("Which place?")
    same((found["parsed"], found["parsing_error"]), (OSLO, None))


@check
def a_picture() -> None:
    picture = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}}
    same(chat.invoke([HumanMessage([{"type": "text", "text": "Say hello"}, picture])]).content, "Hello there.")


@check
def by_responses() -> None:
    same(responses.invoke("Say hello").text, "Hello there.")
    same("".join(chunk.text for chunk in responses.stream("Say hello")), "Hello there.")


@check
def tools_by_responses() -> None:
    bound = responses.bind_tools([look_up])
    first = bound.invoke("Where is parcel 42?")
    (call,) = first.tool_calls
    turns = [
        HumanMessage("Where is parcel 42?"),
        first,
        ToolMessage(look_up.invoke(call["args"]), tool_call_id=call["id"]),
    ]
    same(bound.invoke(turns).text, "It is in Oslo.")


@check
def structured_output_by_responses() -> None:
    same(responses.with_structured_output(Place).invoke("Which place?"), OSLO)


@check
def embeddings() -> None:
    made = OpenAIEmbeddings(base_url=BASE, api_key=KEY, model="use-multilingual-v3", check_embedding_ctx_length=False)
    same([len(one) for one in made.embed_documents(["a cat", "a dog"])], [512, 512])


main()
