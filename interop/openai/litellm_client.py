"""LiteLLM."""

import json

import litellm
from checks import BASE, KEY, MODEL, PLACE, TOOL, check, main, raises, same, user
from pydantic import BaseModel

litellm.telemetry = False
WHERE = {"api_base": BASE, "api_key": KEY, "model": f"openai/{MODEL}", "num_retries": 0}


class Place(BaseModel):
    city: str
    country: str


@check
def whole() -> None:
    same(litellm.completion(messages=user("Say hello"), **WHERE).choices[0].message.content, "Hello there.")


@check
def streamed() -> None:
    chunks = litellm.completion(messages=user("Say hello"), stream=True, **WHERE)
    same("".join(chunk.choices[0].delta.content or "" for chunk in chunks), "Hello there.")


@check
def usage_of_a_stream() -> None:
    more = {"stream": True, "stream_options": {"include_usage": True}}
    chunks = list(litellm.completion(messages=user("Say hello"), **more, **WHERE))
    assert any(getattr(chunk, "usage", None) for chunk in chunks)


@check
async def asynchronously() -> None:
    answer = await litellm.acompletion(messages=user("Say hello"), **WHERE)
    same(answer.choices[0].message.content, "Hello there.")


@check
def tools() -> None:
    asked = user("Where is parcel 42?")
    first = litellm.completion(messages=asked, tools=[TOOL], **WHERE).choices[0].message
    (call,) = first.tool_calls
    same(json.loads(call.function.arguments), {"number": "42"})
    turns = [*asked, first.model_dump(), {"role": "tool", "tool_call_id": call.id, "content": "It is in Oslo."}]
    same(litellm.completion(messages=turns, tools=[TOOL], **WHERE).choices[0].message.content, "It is in Oslo.")


@check
def tools_streamed() -> None:
    chunks = list(litellm.completion(messages=user("Where is parcel 42?"), tools=[TOOL], stream=True, **WHERE))
    built = litellm.stream_chunk_builder(chunks)
    same(json.loads(built.choices[0].message.tool_calls[0].function.arguments), {"number": "42"})


@check
def a_json_schema() -> None:
    form = {"type": "json_schema", "json_schema": {"name": "place", "schema": PLACE, "strict": True}}
    text = litellm.completion(messages=user("Which place?"), response_format=form, **WHERE).choices[0].message.content
    same(json.loads(text)["city"], "Oslo")


@check
def a_form_of_pydantic() -> None:
    answer = litellm.completion(messages=user("Which place?"), response_format=Place, **WHERE)
    same(Place.model_validate_json(answer.choices[0].message.content).city, "Oslo")


@check
def embeddings() -> None:
    more = {**WHERE, "model": "openai/use-multilingual-v3"}
    same(len(litellm.embedding(input=["a cat"], **more).data[0]["embedding"]), 512)


@check
def by_responses() -> None:
    answer = litellm.responses(input="Say hello", **WHERE)
    same([part.text for item in answer.output for part in item.content], ["Hello there."])


@check
def a_wrong_key() -> None:
    wrong = {**WHERE, "api_key": "sk-wrong"}
    raises(litellm.AuthenticationError, lambda: litellm.completion(messages=user("Say hello"), **wrong))


@check
def an_unknown_model() -> None:
    wrong = {**WHERE, "model": "openai/gpt-0"}
    raises(litellm.NotFoundError, lambda: litellm.completion(messages=user("Say hello"), **wrong))


main()
