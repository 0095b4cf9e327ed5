"""The one door: unknown tools, arguments that do not fit, limits, failures, and calls answered from the record."""

import asyncio
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from automatos.errors import NotAllowed
from tools.builtin import BUILTIN
from tools.contract import Arguments, Made, Tool, ToolContext, ToolResult, object_schema
from tools.executor import UnifiedToolExecutor, call_key
from tools.tests.kit import context

SCHEMA = object_schema(
    {
        "city": {"type": "string", "minLength": 2, "maxLength": 10},
        "days": {"type": "integer", "minimum": 1, "maximum": 7},
        "unit": {"type": "string", "enum": ["C", "F"]},
        "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 2},
        "more": object_schema({"a": {"type": "integer"}}),
    },
    ["city"],
)


def tool(run: Any, **changes: Any) -> UnifiedToolExecutor:
    made = Tool("weather", "Weather", "Tells the weather.", SCHEMA, "reads", run, **changes)
    return UnifiedToolExecutor({"weather": made})


async def sunny(arguments: Arguments, given: ToolContext) -> ToolResult:
    return ToolResult(f"Sunny in {arguments['city']}.")


@pytest.mark.parametrize("made", BUILTIN.values(), ids=BUILTIN)
def test_every_tool_has_a_closed_schema_and_says_what_it_is(made: Tool) -> None:
    Draft202012Validator.check_schema(made.schema)
    assert made.schema["additionalProperties"] is False
    assert made.name == made.name.lower().replace(" ", "_")
    assert made.description.endswith(".")
    assert made.title
    assert all("description" in field or "enum" in field for field in made.schema["properties"].values())
    assert BUILTIN[made.name] is made


async def test_a_fitting_call_is_run() -> None:
    result = await tool(sunny).run("weather", '{"city": "Bern", "days": 2}', context())
    assert result == ToolResult("Sunny in Bern.")


async def test_an_unknown_tool_is_named_with_those_there_are() -> None:
    result = await tool(sunny).run("wether", "{}", context())
    assert result.is_error
    assert result.content == "There is no tool named 'wether'. Did you mean weather? There are: weather."


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ('{"city": "Bern"', "not valid JSON"),
        ("[1]", "have to be one JSON object; this is [1]"),
        ("", "lack city. Required: city."),
        ('{"city": 7}', "city is 7; it has to be a string."),
        ('{"city": "x"}', "city has 1 characters; it has to have at least 2 and at most 10."),
        ('{"city": "Bern", "days": 9}', "days is 9; it has to be from 1 to 7."),
        ('{"city": "Bern", "days": "2"}', 'days is "2"; it has to be an integer.'),
        ('{"city": "Bern", "unit": "K"}', 'unit is "K"; allowed are C, F.'),
        ('{"city": "Bern", "town": 1}', "arguments cannot have town. There are: city, days, unit, tags, more."),
        ('{"city": "Bern", "tags": ["a", "b", "c"]}', "tags has 3 items; it has to have at most 2."),
        ('{"city": "Bern", "tags": ["a", 2]}', "tags.1 is 2; it has to be a string."),
        ('{"city": "Bern", "more": {"b": 1}}', "more cannot have b. There are: a."),
        ('{"city": "Be\\u0000rn"}', "NUL"),
        ('{"city": ' + "[" * 100 + "]" * 100 + "}", "nested deeper"),
        ('{"city": NaN}', "not valid JSON"),
    ],
)
async def test_arguments_that_do_not_fit_are_told_field_by_field(arguments: str, text: str) -> None:
    result = await tool(sunny).run("weather", arguments, context())
    assert result.is_error
    assert text in result.content


async def test_all_problems_are_told_at_once() -> None:
    result = await tool(sunny).run("weather", '{"days": 0, "unit": 1}', context())
    assert [word in result.content for word in ("city", "days", "unit")] == [True, True, True]


async def test_a_call_that_takes_too_long_is_stopped() -> None:
    async def slow(arguments: Arguments, given: ToolContext) -> ToolResult:
        await asyncio.sleep(5)
        return ToolResult("late")

    result = await tool(slow, seconds=0.05).run("weather", {"city": "Bern"}, context())
    assert (result.is_error, result.retryable) == (True, True)
    assert "longer than 0.05 seconds" in result.content


async def test_a_failure_inside_is_told_without_its_insides() -> None:
    async def broken(arguments: Arguments, given: ToolContext) -> ToolResult:
        raise KeyError("postgresql://user:secret@db/x")

    result = await tool(broken).run("weather", {"city": "Bern"}, context())
    assert result.is_error
    assert "weather failed for a reason of its own" in result.content
    assert "secret" not in result.content


async def test_an_expected_refusal_is_told_as_it_is() -> None:
    async def refusing(arguments: Arguments, given: ToolContext) -> ToolResult:
        raise NotAllowed("This takes an editor.")

    assert (await tool(refusing).run("weather", {"city": "Bern"}, context())).content == "This takes an editor."


async def test_cancelling_goes_through() -> None:
    async def slow(arguments: Arguments, given: ToolContext) -> ToolResult:
        await asyncio.sleep(5)
        return ToolResult("late")

    task = asyncio.create_task(tool(slow).run("weather", {"city": "Bern"}, context()))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_call_broken_off_is_logged_however_long_the_log_takes_and_the_breaking_goes_on_at_once() -> None:
    begun, may_write, kept = asyncio.Event(), asyncio.Event(), asyncio.Queue[str]()

    async def endless(arguments: Arguments, given: ToolContext) -> ToolResult:
        begun.set()
        await asyncio.Event().wait()
        return ToolResult("never")

    async def slow_log(made: Made) -> None:
        await may_write.wait()
        kept.put_nowait(made.status)

    task = asyncio.create_task(tool(endless).run("weather", {"city": "Bern"}, context(note=slow_log)))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    may_write.set()
    assert await asyncio.wait_for(kept.get(), 30) == "failed"


async def test_long_and_unstorable_content_is_made_fit() -> None:
    async def long(arguments: Arguments, given: ToolContext) -> ToolResult:
        return ToolResult("x\x00\ud800" + "y" * 30_000)

    content = (await tool(long).run("weather", {"city": "Bern"}, context())).content
    assert len(content) == 20_000
    assert content.startswith("x\ufffd\ufffdy")
    assert content.endswith("[Cut: 30,003 characters, of which the first part is shown.]")


async def test_the_same_call_is_answered_from_the_record() -> None:
    done = 0

    async def counting(arguments: Arguments, given: ToolContext) -> ToolResult:
        nonlocal done
        done += 1
        return ToolResult(f"call {done}")

    record = {call_key("weather", '{"days": 1, "city": "Bern"}'): ToolResult("call 0")}
    again = {"city": "Bern", "days": 1}
    result = await tool(counting).run("weather", again, context(), record)
    assert (result.content, result.repeated, done) == ("call 0", True, 0)
    assert (await tool(counting).run("weather", {"city": "Bonn"}, context(), record)).content == "call 1"
    assert (await tool(counting, changing=True).run("weather", again, context(), record)).content == "call 2"
    record[call_key("weather", again)] = ToolResult("busy", is_error=True, retryable=True)
    assert (await tool(counting).run("weather", again, context(), record)).content == "call 3"


def test_call_keys_see_values_and_not_how_they_are_written() -> None:
    assert call_key("a", '{"x": 1, "y": [2, 3]}') == call_key("a", {"y": [2, 3], "x": 1})
    assert call_key("a", "") == call_key("a", "{}") == call_key("a", {})
    assert len({call_key("a", "{}"), call_key("b", "{}"), call_key("a", '{"x": 1}'), call_key("a", '{"x":')}) == 4


@pytest.mark.parametrize(
    ("name", "arguments", "again", "sent"),
    [
        ("http_request", {"method": "POST", "url": "https://a.example/"}, False, "https://a.example/"),
        ("http_request", {"method": "GET", "url": "https://a.example/"}, True, "https://a.example/"),
        ("http_request", {"method": "GET", "url": "https://a.example/", "query": {"q": "1"}}, True, '{"q": "1"}'),
        ("http_request", {"method": "GET", "url": "https://a.example/", "headers": {"X": "1"}}, True, '{"X": "1"}'),
        ("web_fetch", {"url": "https://a.example/"}, True, "https://a.example/"),
        ("file_write", {"name": "a", "content": "x"}, True, ""),
        ("file_write", {"name": "a", "content": "x", "append": True}, False, ""),
        ("remember", {"text": "x"}, True, ""),
    ],
)
def test_what_may_be_made_again_and_what_reading_tells(
    name: str, arguments: dict[str, Any], again: bool, sent: str
) -> None:
    tool = BUILTIN[name]
    assert tool.is_repeatable(arguments) is again
    assert sent in tool.sends(arguments)
    assert bool(sent) is bool(tool.sends(arguments))
