"""What hooks of packages come to: which listen, which are inert and why, and what they decide."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from marketplace.hooks.calling import answered, signature_of
from marketplace.hooks.deciding import Happening, PluginHooks, Ruling, ruling_of
from marketplace.hooks.events import CLAUDE, EVENTS
from marketplace.hooks.reading import hooks_of, names, why_inert
from marketplace.packages.notes import Notes
from marketplace.packages.wiring import EVENTS as CLAUDE_EVENTS
from marketplace.packages.wiring import read_hooks
from tools.sources import Found

URL = "https://hooks.example.com/x"


def read(event: str, **handler: Any) -> dict[str, Any]:
    """A hook as intake reads it from hooks.json."""
    group = {"matcher": handler.pop("matcher", ""), "hooks": [handler]}
    (hook,) = read_hooks({"hooks": {event: [group]}}, "hooks/hooks.json", Notes())
    return {name: getattr(hook, name) for name in ("event", "matcher", "kind", "action", "timeout", "extra")}


def plugin(*rows: dict[str, Any], calls: bool = True) -> PluginHooks:
    key = str(uuid4())
    return PluginHooks.of(Found([[key, "p", "1.0.0", hooks_of({"hooks": list(rows)})]], [[key, calls]]))


def said(hooks: PluginHooks, event: str, **told: Any) -> Ruling:
    async def nobody(*_: Any) -> Ruling:
        raise AssertionError("no address is asked")

    happening = Happening(event, "Quill", **told)
    return asyncio.run(ruling_of(hooks.concerned(happening), happening, nobody))


def test_every_event_of_claude_code_has_its_place_or_says_why_not() -> None:
    assert set(CLAUDE) == set(CLAUDE_EVENTS)
    assert len(CLAUDE) == 33
    for place in CLAUDE.values():
        assert (place.event in EVENTS) != bool(place.why)
    assert {place.event for place in CLAUDE.values() if place.event} == set(EVENTS)


@pytest.mark.parametrize(
    ("hook", "why"),
    [
        (read("PreToolUse", type="command", command="rm -rf /"), "starts a program"),
        (read("Stop", type="prompt", prompt="Is it done?"), "a model of its own"),
        (read("Stop", type="agent", prompt="Is it done?"), "an agent of its own"),
        (read("Stop", type="mcp_tool", tool="x"), "MCP server"),
        (read("FileChanged", type="http", url=URL), "no working folder"),
        (read("Whatever", type="context", text="x"), "No such event"),
        (read("Stop", type="http", url="http://hooks.example.com/x"), "not https"),
        (read("Stop", type="http", url="https://a:b@hooks.example.com/x"), "not https"),
        (read("Stop", type="http", url="https://hooks.example.com:8443/x"), "a port of its own"),
        (read("Stop", type="http", url="https://[x"), "cannot be read"),
        (read("PreToolUse", type="ask", matcher="(a+)+$"), "a pattern"),
        (read("SessionEnd", type="refuse", text="no"), "is over"),
        (read("Stop", type="context", text="  "), "does not"),
        (read("Stop", type="http", url=URL), ""),
        (read("PreToolUse", type="refuse", matcher="Write|Edit"), ""),
        (read("before_tool_call", type="ask", text="Sure?", matcher="mcp__.*"), ""),
    ],
)
def test_what_does_not_work_here_says_why(hook: dict[str, Any], why: str) -> None:
    found = why_inert(hook)
    assert bool(found) == bool(why)
    assert why in found or (why == "does not" and found == "It says nothing.")
    assert len(hooks_of({"hooks": [hook]})) == (not why)


@pytest.mark.parametrize(
    ("matcher", "read_as"),
    [
        ("", []), ("*", []), ("Write|Edit", ["Write", "Edit"]), ("^Bash$", ["Bash"]), ("mcp__.*", ["mcp__*"]),
        ("(A|B)", ["A", "B"]), ("A, B", ["A", "B"]), ("a+", None), ("[ab]", None), ("a.b", None),
    ],
)  # fmt: skip
def test_matchers_that_list_names_are_read(matcher: str, read_as: list[str] | None) -> None:
    assert names(matcher) == read_as


def test_hooks_decide_by_event_tool_and_text() -> None:
    hooks = plugin(
        read("UserPromptSubmit", type="context", text="Be kind to {agent}. {unknown}"),
        read(
            "PreToolUse",
            type="refuse",
            text="Not {tool_name}.",
            matcher="Write",
            match={"tool_input": ["secret", "KEY"]},
        ),
        read("PreToolUse", type="ask", text="Sure?", matcher="Write|WebFetch"),
        read("PostToolUseFailure", type="context", text="It failed: {tool_output}"),
        read("Stop", type="http", url=URL),
    )
    assert said(hooks, "prompt_submitted").notes == (("plugin p 1.0.0", "Be kind to Quill. {unknown}"),)
    both = said(hooks, "before_tool_call", tool_name="file_write", tool_input='{"key": 1}')
    assert (both.refused, both.asks, both.by) == ("Not file_write.", "Sure?", "plugin p 1.0.0")
    assert said(hooks, "before_tool_call", tool_name="file_write").asks == "Sure?"
    assert said(hooks, "before_tool_call", tool_name="web_fetch").asks == "Sure?"
    assert said(hooks, "before_tool_call", tool_name="calculator").is_empty
    assert said(hooks, "after_tool_call", tool_output="x").is_empty
    assert said(hooks, "after_tool_call", tool_output="x", is_failed=True).notes[0][1] == "It failed: x"
    assert len(hooks.concerned(Happening("step_end", "Quill"))) == 1
    assert plugin(read("Stop", type="http", url=URL), calls=False).concerned(Happening("step_end", "Quill")) == []
    assert PluginHooks.of(Found([[str(uuid4()), "p", "1", [{"event": "step_end"}]]], [])).hooks == []
    assert Ruling.from_json(both.to_json()) == both


@pytest.mark.parametrize(
    ("answer", "ruling"),
    [
        ({}, Ruling()),
        ({"hookSpecificOutput": {"permissionDecision": "allow", "updatedInput": {"a": 1}}}, Ruling()),
        (
            {"hookSpecificOutput": {"permissionDecision": "deny", "permissionDecisionReason": "no"}},
            Ruling((), "no", "", "plugin p 1.0.0"),
        ),
        (
            {"hookSpecificOutput": {"permissionDecision": "ask"}},
            Ruling((), "", "It gives no reason.", "plugin p 1.0.0"),
        ),
        ({"decision": "block", "reason": "no"}, Ruling((), "no", "", "plugin p 1.0.0")),
        ({"continue": False, "stopReason": "stop"}, Ruling((), "stop", "", "plugin p 1.0.0")),
        ({"hookSpecificOutput": {"additionalContext": "x\x00y"}}, Ruling((("plugin p 1.0.0", "xy"),))),
        ({"hookSpecificOutput": "x", "reason": 7}, Ruling()),
    ],
)
def test_an_address_may_add_refuse_and_ask_but_never_allow(answer: dict[str, Any], ruling: Ruling) -> None:
    hook = plugin(read("Stop", type="http", url=URL)).hooks[0]
    assert answered(hook, answer) == ruling


def test_a_signature_is_of_time_and_body() -> None:
    one = signature_of("s", 1, b"{}")
    assert one.startswith("t=1,v1=")
    assert len({one, signature_of("s", 2, b"{}"), signature_of("t", 1, b"{}"), signature_of("s", 1, b"[]")}) == 4
