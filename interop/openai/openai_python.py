"""OpenAI's own client for Python."""

import json
from typing import Any

import openai
from checks import BASE, KEY, LOOK_UP, MODEL, PLACE, PNG, TOOL, check, main, raises, same, user
from pydantic import BaseModel

client = openai.OpenAI(base_url=BASE, api_key=KEY, max_retries=0)
FLAT: Any = {"type": "function", "strict": True, **LOOK_UP}


class Place(BaseModel):
    city: str
    country: str


def later() -> openai.AsyncOpenAI:
    """Each is tried in a loop of its own."""
    return openai.AsyncOpenAI(base_url=BASE, api_key=KEY, max_retries=0)


def asked(text: str, **more: Any) -> Any:
    return client.chat.completions.create(model=MODEL, messages=user(text), **more)


def said(text: str, **more: Any) -> Any:
    return asked(text, **more).choices[0].message.content


def responded(given: Any, **more: Any) -> Any:
    return client.responses.create(model=MODEL, input=given, **more)


def results(message: Any) -> Any:
    """The answer's calls with what came of each."""
    calls = [{"role": "tool", "tool_call_id": call.id, "content": "It is in Oslo."} for call in message.tool_calls]
    return [message.model_dump(exclude_none=True), *calls]


@check
def models_are_listed() -> None:
    assert MODEL in [one.id for one in client.models.list()]


@check
def a_model_is_read() -> None:
    same(client.models.retrieve(MODEL).id, MODEL)


@check
def an_unknown_model_is_not_found() -> None:
    same(raises(openai.NotFoundError, lambda: client.models.retrieve("gpt-4o")).code, "model_not_found")
    error = raises(
        openai.NotFoundError, lambda: client.chat.completions.create(model="gpt-4o", messages=user("Say hello"))
    )
    same((error.code, error.param), ("model_not_found", "model"))


@check
def a_wrong_key_is_refused() -> None:
    wrong = openai.OpenAI(base_url=BASE, api_key="sk-wrong", max_retries=0)
    error = raises(openai.AuthenticationError, wrong.models.list)
    same(error.code, "invalid_api_key")


@check
def an_unknown_address_answers_json() -> None:
    error = raises(openai.NotFoundError, lambda: client.post("/audio/speech", body={}, cast_to=object))
    same(error.code, "unknown_url")


@check
def an_answer_whole() -> None:
    same(said("Say hello"), "Hello there.")


@check
def its_usage_with_details() -> None:
    usage = asked("Say hello").usage
    same(usage.total_tokens, usage.prompt_tokens + usage.completion_tokens)
    assert usage.prompt_tokens_details.cached_tokens is not None
    assert usage.completion_tokens_details.reasoning_tokens is not None


@check
def an_answer_streamed() -> None:
    chunks = list(asked("Say hello", stream=True))
    same("".join(chunk.choices[0].delta.content or "" for chunk in chunks), "Hello there.")
    same(chunks[-1].choices[0].finish_reason, "stop")
    same({chunk.model for chunk in chunks}, {MODEL})


@check
def usage_at_the_end_of_a_stream() -> None:
    chunks = list(asked("Say hello", stream=True, stream_options={"include_usage": True}))
    assert chunks[-1].usage.total_tokens > 0
    same(chunks[-1].choices, [])


@check
def the_stream_helper() -> None:
    with client.chat.completions.stream(model=MODEL, messages=user("Say hello")) as stream:
        kinds = {event.type for event in stream}
        done = stream.get_final_completion()
    same(done.choices[0].message.content, "Hello there.")
    assert {"chunk", "content.delta", "content.done"} <= kinds, kinds


@check
async def asynchronously() -> None:
    done = await later().chat.completions.create(model=MODEL, messages=user("Say hello"))
    same(done.choices[0].message.content, "Hello there.")


@check
async def asynchronously_streamed() -> None:
    stream = await later().chat.completions.create(model=MODEL, messages=user("Say hello"), stream=True)
    same("".join([chunk.choices[0].delta.content or "" async for chunk in stream]), "Hello there.")


@check
def raw_answers_have_a_request_id() -> None:
    raw = client.chat.completions.with_raw_response.create(model=MODEL, messages=user("Say hello"))
    assert raw.parse().choices[0].message.content == "Hello there."
    assert raw.request_id


@check
def an_answer_read_line_by_line() -> None:
    with client.chat.completions.with_streaming_response.create(
        model=MODEL, messages=user("Say hello"), stream=True
    ) as answer:
        assert [line for line in answer.iter_lines() if line][-1] == "data: [DONE]"


@check
def what_the_agent_decides_is_taken() -> None:
    more = {"temperature": 0.2, "top_p": 0.9, "seed": 7, "presence_penalty": 0.1, "frequency_penalty": 0.1}
    more |= {"user": "ines", "store": False, "metadata": {"a": "b"}, "service_tier": "auto", "n": 1}
    same(said("Say hello", logit_bias={}, reasoning_effort="low", verbosity="low", **more), "Hello there.")


@check
def two_answers_at_once_are_refused_by_name() -> None:
    same(raises(openai.BadRequestError, lambda: asked("Say hello", n=2)).param, "n")


@check
def log_probabilities_are_refused_by_name() -> None:
    same(raises(openai.BadRequestError, lambda: asked("Say hello", logprobs=True)).param, "logprobs")


@check
def a_stop_ends_it() -> None:
    same(said("Say hello", stop=["there"]), "Hello ")
    chunks = asked("Say hello", stop="there", stream=True)
    same("".join(chunk.choices[0].delta.content or "" for chunk in chunks), "Hello ")


@check
def one_token_alone() -> None:
    same(asked("Run out of tokens", max_tokens=1).choices[0].finish_reason, "length")


@check
def the_newer_name_of_max_tokens() -> None:
    same(asked("Run out of tokens", max_completion_tokens=5).choices[0].finish_reason, "length")


@check
def a_refusal() -> None:
    assert "I would rather not." in asked("Refuse this").choices[0].message.refusal


@check
def an_answer_broken_off_by_a_filter() -> None:
    same(asked("Filter this").choices[0].finish_reason, "content_filter")


@check
def a_model_that_fails() -> None:
    error = raises(openai.APIStatusError, lambda: asked("Break down"))
    assert error.status_code >= 500
    assert error.body["message"]


@check
def a_model_that_fails_in_a_stream() -> None:
    raises(openai.APIError, lambda: list(asked("Break down", stream=True)))


@check
def roles_of_all_kinds() -> None:
    turns: Any = [
        {"role": "developer", "content": "Be brief."},
        {"role": "system", "content": [{"type": "text", "text": "Be kind."}]},
        {"role": "user", "content": "I am Ines.", "name": "ines"},
        {"role": "assistant", "content": "Hello Ines."},
        {"role": "user", "content": [{"type": "text", "text": "Say hello"}]},
    ]
    same(client.chat.completions.create(model=MODEL, messages=turns).choices[0].message.content, "Hello there.")


@check
def the_last_message_is_the_assistants() -> None:
    turns: Any = [*user("Say hello"), {"role": "assistant", "content": "Hel"}]
    assert client.chat.completions.create(model=MODEL, messages=turns).choices[0].message.content


@check
def the_last_message_is_the_systems() -> None:
    turns: Any = [*user("Say hello"), {"role": "system", "content": "Be brief."}]
    assert client.chat.completions.create(model=MODEL, messages=turns).choices[0].message.content


@check
def a_picture() -> None:
    picture = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}", "detail": "low"}}
    turns: Any = [{"role": "user", "content": [{"type": "text", "text": "Say hello"}, picture]}]
    same(client.chat.completions.create(model=MODEL, messages=turns).choices[0].message.content, "Hello there.")


@check
def a_tool_is_called_and_answered() -> None:
    first = asked("Where is parcel 42?", tools=[TOOL]).choices[0]
    same(first.finish_reason, "tool_calls")
    (call,) = first.message.tool_calls
    same((call.function.name, json.loads(call.function.arguments)), ("look_up", {"number": "42"}))
    turns = [*user("Where is parcel 42?"), *results(first.message)]
    done = client.chat.completions.create(model=MODEL, messages=turns, tools=[TOOL])
    same(done.choices[0].message.content, "It is in Oslo.")


@check
def two_calls_at_once() -> None:
    first = asked("Where are both parcels?", tools=[TOOL]).choices[0].message
    same(len(first.tool_calls), 2)
    turns = [*user("Where are both parcels?"), *results(first)]
    done = client.chat.completions.create(model=MODEL, messages=turns, tools=[TOOL])
    same(done.choices[0].message.content, "It is in Oslo.")


@check
def one_call_at_a_time() -> None:
    assert asked("Where is parcel 42?", tools=[TOOL], parallel_tool_calls=False).choices[0].message.tool_calls


@check
def calls_in_a_stream() -> None:
    chunks = list(asked("Where is parcel 42?", tools=[TOOL], stream=True))
    calls = [piece for chunk in chunks for piece in chunk.choices[0].delta.tool_calls or ()]
    same([call.function.name for call in calls if call.function.name], ["look_up"])
    same(json.loads("".join(call.function.arguments or "" for call in calls)), {"number": "42"})
    same(chunks[-1].choices[0].finish_reason, "tool_calls")


@check
def calls_in_the_stream_helper() -> None:
    tool = openai.pydantic_function_tool(Place, name="look_up")
    asking = user("Which place? Use look_up.")
    with client.chat.completions.stream(model=MODEL, messages=asking, tools=[tool]) as stream:
        kinds = {event.type for event in stream}
        done = stream.get_final_completion()
    assert "tool_calls.function.arguments.done" in kinds, kinds
    same(done.choices[0].message.tool_calls[0].function.parsed_arguments, Place(city="Oslo", country="Norway"))


@check
def choices_of_tools() -> None:
    named = {"type": "function", "function": {"name": "look_up"}}
    for choice in ("auto", "required", named):
        assert asked("Where is parcel 42?", tools=[TOOL], tool_choice=choice).choices[0].message.tool_calls
    assert not asked("Where is parcel 42?", tools=[TOOL], tool_choice="none").choices[0].message.tool_calls


@check
def results_in_parts() -> None:
    first = asked("Where is parcel 42?", tools=[TOOL]).choices[0].message
    turns = [*user("Where is parcel 42?"), *results(first)]
    turns[-1]["content"] = [{"type": "text", "text": "It is in Oslo."}]
    done = client.chat.completions.create(model=MODEL, messages=turns, tools=[TOOL])
    same(done.choices[0].message.content, "It is in Oslo.")


@check
def results_without_the_tools() -> None:
    first = asked("Where is parcel 42?", tools=[TOOL]).choices[0].message
    turns = [*user("Where is parcel 42?"), *results(first)]
    done = client.chat.completions.create(model=MODEL, messages=turns)
    same(done.choices[0].message.content, "It is in Oslo.")


@check
def a_json_object() -> None:
    same(json.loads(said("Which place? As JSON.", response_format={"type": "json_object"}))["city"], "Oslo")


@check
def a_json_schema() -> None:
    form = {"type": "json_schema", "json_schema": {"name": "place", "schema": PLACE, "strict": True}}
    same(json.loads(said("Which place?", response_format=form)), {"city": "Oslo", "country": "Norway"})


@check
def a_json_schema_streamed() -> None:
    form = {"type": "json_schema", "json_schema": {"name": "place", "schema": PLACE, "strict": True}}
    chunks = asked("Which place?", response_format=form, stream=True)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    same(json.loads(text), {"city": "Oslo", "country": "Norway"})


@check
def parsed() -> None:
    done = client.chat.completions.parse(model=MODEL, messages=user("Which place?"), response_format=Place)
    same(done.choices[0].message.parsed, Place(city="Oslo", country="Norway"))


@check
def parsed_in_the_stream_helper() -> None:
    with client.chat.completions.stream(model=MODEL, messages=user("Which place?"), response_format=Place) as stream:
        done = stream.until_done().get_final_completion()
    same(done.choices[0].message.parsed, Place(city="Oslo", country="Norway"))


@check
def a_body_that_is_wrong_names_the_parameter() -> None:
    wrong: Any = [{"role": "nobody", "content": "x"}]
    error = raises(openai.BadRequestError, lambda: client.chat.completions.create(model=MODEL, messages=wrong))
    same(error.param, "messages.0.role")


@check
def the_same_request_once() -> None:
    headers = {"Idempotency-Key": "the-same-request-once"}
    same(asked("Say hello", extra_headers=headers).id, asked("Say hello", extra_headers=headers).id)


@check
def embeddings() -> None:
    found = client.embeddings.create(model="use-multilingual-v3", input=["a cat", "a dog"])
    same([len(row.embedding) for row in found.data], [512, 512])
    one = client.embeddings.create(model="use-multilingual-v3", input="a cat", encoding_format="float").data[0]
    assert abs(one.embedding[0] - found.data[0].embedding[0]) < 1e-6


@check
def a_response() -> None:
    answer = responded("Say hello")
    same((answer.output_text, answer.status, answer.model), ("Hello there.", "completed", MODEL))
    assert answer.usage.total_tokens > 0
    assert answer.usage.output_tokens_details.reasoning_tokens is not None


@check
def a_response_streamed() -> None:
    events = list(responded("Say hello", stream=True))
    same((events[0].type, events[-1].type), ("response.created", "response.completed"))
    same("".join(event.delta for event in events if event.type == "response.output_text.delta"), "Hello there.")
    same(events[-1].response.output_text, "Hello there.")
    same([event.sequence_number for event in events], list(range(len(events))))


@check
def the_stream_helper_of_responses() -> None:
    with client.responses.stream(model=MODEL, input="Say hello") as stream:
        for _ in stream:
            pass
        same(stream.get_final_response().output_text, "Hello there.")


@check
def a_response_is_kept() -> None:
    made = responded("Say hello")
    same(client.responses.retrieve(made.id).output_text, "Hello there.")
    same([item.content[0].text for item in client.responses.input_items.list(made.id)], ["Say hello"])


@check
def a_response_is_deleted() -> None:
    made = responded("Say hello")
    client.responses.delete(made.id)
    raises(openai.NotFoundError, lambda: client.responses.retrieve(made.id))


@check
def a_response_that_is_not_kept() -> None:
    made = responded("Say hello", store=False)
    raises(openai.NotFoundError, lambda: client.responses.retrieve(made.id))


@check
def a_response_follows_another() -> None:
    first = responded("My name is Zora.")
    second = responded("What is my name?", previous_response_id=first.id)
    same((second.output_text, second.previous_response_id), ("You are Zora.", first.id))
    error = raises(openai.APIStatusError, lambda: responded("Hello", previous_response_id="resp_" + "0" * 32))
    same(error.code, "previous_response_not_found")


@check
def a_response_with_instructions() -> None:
    same(responded("Say hello", instructions="Be brief.").instructions, "Be brief.")


@check
def a_response_to_items() -> None:
    items = [
        {"role": "developer", "content": "Be brief."},
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "I am Ines."}]},
        {"role": "assistant", "content": "Hello Ines."},
        {"role": "user", "content": [{"type": "input_text", "text": "Say hello"},
                                     {"type": "input_image", "image_url": f"data:image/png;base64,{PNG}"}]},
    ]  # fmt: skip
    same(responded(items).output_text, "Hello there.")


@check
def a_response_with_a_tool() -> None:
    first = responded("Where is parcel 42?", tools=[FLAT])
    (call,) = [item for item in first.output if item.type == "function_call"]
    same((call.name, json.loads(call.arguments)), ("look_up", {"number": "42"}))
    result = {"type": "function_call_output", "call_id": call.call_id, "output": "It is in Oslo."}
    same(responded([result], previous_response_id=first.id, tools=[FLAT]).output_text, "It is in Oslo.")
    whole = [*user("Where is parcel 42?"), *(item.model_dump(exclude_none=True) for item in first.output), result]
    same(responded(whole, tools=[FLAT], store=False).output_text, "It is in Oslo.")


@check
def a_response_with_a_tool_streamed() -> None:
    kinds = [event.type for event in responded("Where is parcel 42?", tools=[FLAT], stream=True)]
    assert "response.function_call_arguments.done" in kinds, kinds


@check
def a_response_in_a_form() -> None:
    done = client.responses.parse(model=MODEL, input="Which place?", text_format=Place)
    same(done.output_parsed, Place(city="Oslo", country="Norway"))


@check
def a_response_that_runs_out_of_tokens() -> None:
    answer = responded("Run out of tokens", max_output_tokens=16)
    same((answer.status, answer.incomplete_details.reason), ("incomplete", "max_output_tokens"))


@check
def a_response_that_fails() -> None:
    raises(openai.APIStatusError, lambda: responded("Break down"))
    kinds = [event.type for event in responded("Break down", stream=True)]
    same(kinds[-1], "response.failed")


@check
def what_responses_do_not_do_is_refused_by_name() -> None:
    same(raises(openai.BadRequestError, lambda: responded("Say hello", background=True)).param, "background")
    hosted = [{"type": "web_search"}]
    same(raises(openai.BadRequestError, lambda: responded("Say hello", tools=hosted)).param, "tools.0.type")


@check
async def a_response_asynchronously() -> None:
    same((await later().responses.create(model=MODEL, input="Say hello")).output_text, "Hello there.")


main()
