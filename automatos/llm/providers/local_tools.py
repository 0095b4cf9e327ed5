"""Tools for the small embedded model, which cannot call them by itself.

Left alone, the 135M model calls no tool, or any tool: shown six and asked to choose, it was right for 0 to 2 of 19
requests, whatever the prompt, chat template or grammar. What it can do is copy values out of a request when a grammar
keeps it to the tool's schema: right for 11 of 13. So the tool is chosen here, by the words and shapes in the request
(right for 18 of 31, wrong for none of 11 that wanted no tool), and the model fills in the arguments; afterwards it
answers from the results. One round of calls for each text of the user.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from automatos.llm.capabilities import BUNDLED_OUTPUT
from automatos.llm.parts import Json, Text
from automatos.llm.types import Message, ModelRequest, ToolSpec

ARGUMENT_TOKENS = 200
# Of ten greetings at 0 one was answered with 4,000 tokens; of six each at 0.3 and 0.6 none with more than six.
AGAINST_LOOPS = 0.5
STEM = 5
WORD = re.compile(r"[a-z]{3,}")
COMMON = frozenset({
    "the", "and", "for", "what", "that", "this", "with", "from", "are", "was", "were", "you", "your", "can", "could",
    "would", "will", "how", "who", "why", "when", "where", "which", "please", "tell", "show", "give", "some", "any",
    "all", "one", "use", "used", "using", "does", "has", "have", "had", "not", "its", "their", "them", "then", "than",
    "into", "about", "answer", "question", "text", "string", "such", "name", "value", "list", "result",
})  # fmt: skip
# Shapes that tell what an argument is, by the words in the property's name.
SHAPES = (
    (re.compile(r"https?://|\bwww\.", re.I), ("url", "address", "uri")),
    (re.compile(r"\d\s*[-+*/^]\s*\d|\d+\s*(plus|minus|times|divided by)\s*\d", re.I), ("expression", "formula")),
)
ENOUGH = 2
INSTRUCTION = "Extract values from the request as JSON."
EXAMPLES = (
    ("name", "Say hello to Anna.", '{"name": "Anna"}'),
    ("amount", "Convert 20 euros into dollars, please.", '{"amount": "20 euros"}'),
    ("subject", "Write a mail about the holiday.", '{"subject": "the holiday"}'),
)


def needs_help(request: ModelRequest) -> bool:
    """Whether this is a turn on which a tool may be called: the user has spoken, and no tool has answered yet."""
    return bool(request.tools) and request.tool_choice != "none" and request.messages[-1].role == "user"


def chosen_tool(request: ModelRequest) -> ToolSpec | None:
    """The tool the user's last text asks for, or None to answer in words."""
    tools = {tool.name: tool for tool in request.tools}
    if request.tool_choice in tools:
        return tools[request.tool_choice]
    text = request.messages[-1].content
    best = max(request.tools, key=lambda tool: _score(tool, text))
    if request.tool_choice == "required" or _score(best, text) >= ENOUGH:
        return best
    return None


def arguments_request(request: ModelRequest, tool: ToolSpec) -> ModelRequest:
    """Asks for the arguments of a tool alone."""
    messages = [Message("system", INSTRUCTION)]
    for field, text, answer in EXAMPLES:
        messages += [_asked(field, text), Message("assistant", answer)]
    messages.append(_asked(", ".join(_fields(tool.schema)), request.messages[-1].content))
    return replace(
        request,
        messages=tuple(messages),
        max_tokens=ARGUMENT_TOKENS,
        temperature=0.0,
        tools=(),
        response_schema=tool.schema,
    )


def plain_request(request: ModelRequest) -> ModelRequest:
    """The conversation without tools: its calls are left out and their results told in words.

    From results it answers without chance (temperature 0), which kept 8 of 8 facts; with it the model soon makes up
    others. Elsewhere words that were used often weigh less, so that it does not say one sentence again and again.
    """
    plain = replace(
        request,
        messages=tuple(_plain(request.messages)),
        tools=(),
        tool_choice="auto",
        max_tokens=min(request.max_tokens, BUNDLED_OUTPUT),
    )
    if request.messages[-1].role == "tool":
        return replace(plain, temperature=0.0)
    if request.response_schema is not None:
        return plain
    return replace(plain, frequency_penalty=max(request.frequency_penalty or 0.0, AGAINST_LOOPS))


def _plain(turns: tuple[Message, ...]) -> Iterator[Message]:
    asked, names = "", {call.id: call.name for turn in turns for call in turn.tool_calls}
    for turn in turns:
        if turn.role == "tool":
            told = "\n\n".join(
                f"Result of {names.get(result.call_id, 'the tool')}: {result.content}" for result in turn.tool_results
            )
            yield Message("user", f"{asked}\n\n{told}\n\nAnswer with this result.")
        elif turn.tool_calls:
            if turn.content:
                yield Message("assistant", [Text(turn.content)])
        else:
            asked = turn.content if turn.role == "user" else asked
            yield turn


def _asked(fields: str, text: str) -> Message:
    return Message("user", f"Fields: {fields}\nRequest: {text}")


def _fields(schema: Json) -> Iterator[str]:
    for name, part in (schema.get("properties") or {}).items():
        options = part.get("enum") if isinstance(part, dict) else None
        yield f"{name} ({', '.join(map(str, options))})" if options else name


def _score(tool: ToolSpec, text: str) -> int:
    """Words of the tool's name in the text count twice, words of its description once, a fitting shape as enough."""
    said = _stems(text)
    named = _stems(tool.name)
    properties = (tool.schema.get("properties") or {}).keys()
    shapes = sum(
        ENOUGH + 1
        for shape, names in SHAPES
        if shape.search(text) and any(name in key.lower() for name in names for key in properties)
    )
    return ENOUGH * len(said & named) + len(said & _stems(tool.description) - named) + shapes


def _stems(text: str) -> set[str]:
    words = WORD.findall(text.lower().replace("_", " "))
    return {word[:STEM] for word in words if word not in COMMON}
