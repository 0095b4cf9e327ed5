"""Conversations of every kind through the real worker, on both vendors' wires, all at once: each ends as designed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from automatos.llm.parts import ToolCall
from automatos.testing import Stack
from recipes.models import Execution
from recipes.tests.chat_kit import call, with_tools
from recipes.tests.kit import Cast, assert_numbered_without_gap, ended, final_output

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
WIRES = ("openai", "anthropic")
SUM = call("calculator", expression="6*7")
SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}


@dataclass(frozen=True)
class Talk:
    """What is asked and answered, round after round; the error it ends with, or the answer.

    trouble: what happens to the agent's own model before. fallback: whether there is another one. calls: of tools.
    said: the answer, where it is not the last words of the model.
    """

    name: str
    rounds: Sequence[Mapping[str, Any]] = ()
    trouble: Mapping[str, Any] = field(default_factory=dict)
    fallback: bool = False
    calls: int = 0
    error: str = ""
    said: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    step: Mapping[str, Any] = field(default_factory=dict)


DONE = {"reply": "Done."}
BROKEN = ToolCall.read("c", "calculator", '{"expression": ')
TEN = [{"tool_calls": [call("calculator", expression=f"{n}*2")]} for n in range(10)]
CUT = {"chunks": ["one ", "two "], "cut_after": 1}
AGAIN = {"error_handling": "retry"}
TALKS = (
    Talk("plain", [DONE]),
    Talk("one-tool", [{"tool_calls": [SUM]}, DONE], calls=1),
    Talk("words-before-a-call", [{"reply": "Let me see.", "tool_calls": [SUM]}, DONE], calls=1),
    Talk("parallel", [{"tool_calls": [call("calculator", n, expression=f"{n}+1") for n in range(4)]}, DONE], calls=4),
    Talk("ten-rounds", [*TEN, DONE], calls=10),
    Talk("malformed", [{"tool_calls": [BROKEN]}, {"tool_calls": [SUM]}, DONE], calls=2),
    Talk("no-such-tool", [{"tool_calls": [call("abacus", x=1)]}, DONE], calls=1),
    Talk("tool-fails", [{"tool_calls": [call("calculator", expression="1/0")]}, DONE], calls=1),
    Talk("schema-mended", [{"reply": "four"}, {"reply": '{"n": 4}'}], settings={"response_schema": SCHEMA}),
    Talk("schema-fenced", [{"reply": '```json\n{"n": 4}\n```'}], settings={"response_schema": SCHEMA}, said='{"n": 4}'),
    Talk("schema-never", [{"reply": '{"n": "x"}'}], settings={"response_schema": SCHEMA}, error="limit_reached"),
    Talk("refusal", trouble={"refusal": "I would rather not."}, error="model_refused"),
    Talk("refusal-fallback", [DONE], trouble={"refusal": "I would rather not."}, fallback=True),
    Talk("filtered", trouble={"reply": "Hal", "finish": "content_filter"}, error="model_refused"),
    Talk("overload-fallback", [{"tool_calls": [SUM]}, DONE], trouble={"overloaded": True}, fallback=True, calls=1),
    Talk("rate-limit", trouble={"status": 429, "retry_after": 3600}, error="model_rate_limited"),
    Talk("rate-limit-fallback", [DONE], trouble={"status": 429, "retry_after": 3600}, fallback=True),
    Talk("too-long", trouble={"context_error": True}, error="context_too_long"),
    Talk("too-long-fallback", [DONE], trouble={"context_error": True}, fallback=True),
    Talk("cut", trouble=CUT, error="model_cut_short"),
    Talk("cut-politely", trouble={**CUT, "cut_politely": True}, error="model_cut_short"),
    Talk("cut-then-tried-again", [DONE], trouble={**CUT, "times": 1}, step=AGAIN),
    Talk("cut-in-a-call", trouble={"tool_calls": [SUM], "cut_after": 1}, error="model_cut_short"),
    Talk("error-in-the-stream", trouble={**CUT, "stream_error": "Internal."}, error="model_"),
    Talk("no-answer", trouble={"reply": ""}, error="model_bad_reply"),
)  # fmt: skip


def begun(stack: Stack, cast: Cast, wire: str, talk: Talk) -> Execution:
    """The conversation's rules in place, its agent made, its run started."""
    word = f"{talk.name}-on-{wire}."
    other = WIRES[1 - WIRES.index(wire)]
    model = f"{talk.name}.{wire}"
    agent = cast.add_agent(word, model=f"{wire}:{model}", fallback=f"{other}:test-model" if talk.fallback else "")
    with_tools(agent, "calculator")
    if talk.settings:
        type(agent.agent_model_config).objects.filter(agent=agent).update(**talk.settings)
    if talk.trouble:
        stack.models.on(model, **talk.trouble)
    if "response_schema" in talk.settings and len(talk.rounds) > 1:
        stack.models.on(word, times=1, **talk.rounds[0])
        stack.models.on(model, **talk.rounds[1])
    elif talk.rounds:
        stack.models.conversation(word, *talk.rounds)
    recipe = cast.recipe(word, step={"timeout": 60, **talk.step}, execution_config={"retry_delay": 0})
    recipe.steps.update(agent=agent)
    return cast.cook(recipe)


def test_all_end_as_designed_on_both_wires(stack: Stack) -> None:
    stack.models.clear()
    cast = Cast()
    runs = [(wire, talk, begun(stack, cast, wire, talk)) for wire in WIRES for talk in TALKS]
    wrong = [f"{wire} {talk.name}: {found}" for wire, talk, run in runs if (found := surprise(talk, ended(run)))]
    assert not wrong, "\n".join(wrong)
    print(f"\n{len(runs)} conversations, {len(TALKS)} on each wire, ended as designed")


def surprise(talk: Talk, run: Execution) -> str:
    """What is other than designed."""
    assert_numbered_without_gap(run)
    code = (run.error or {}).get("code", "")
    if talk.error:
        return "" if run.status == "failed" and code.startswith(talk.error) else f"{run.status} {run.error}"
    if run.status != "completed":
        return f"{run.status} {run.error}"
    model = run.steps.get().model
    if model.endswith("test-model") is not talk.fallback:
        return f"answered by {model}"
    if run.tool_calls != talk.calls:
        return f"{run.tool_calls} tool calls"
    return "" if final_output(run) == (talk.said or talk.rounds[-1]["reply"]) else f"said {final_output(run)!r}"
