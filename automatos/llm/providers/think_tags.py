"""Thinking that a server leaves in the text of an answer, between tags at its beginning.

Only what stands before the first word of the answer is taken for thinking: further on, such tags are what the answer is
about. Templates that write the opening tag into the prompt leave an answer with a closing tag alone.
"""

import re

TAGS = {
    "<think>": "</think>",
    "<thinking>": "</thinking>",
    "<thought>": "</thought>",
    "<reasoning>": "</reasoning>",
    "[THINK]": "[/THINK]",
    # So begin models with channels, where their server does not sort those out.
    "<|channel|>analysis<|message|>": "<|end|>",
}
# What stands between their channels.
BETWEEN = ("<|start|>assistant", "<|channel|>final<|message|>")
# A closing tag without an opening one, on a line of its own.
CLOSING_ALONE = re.compile(
    r"\A(.*?)(?:\A|\n)[ \t]*(?:</(?:think|thinking|thought|reasoning)>|\[/THINK\])[ \t]*(?:\n|\Z)", re.S
)


class ThinkTags:
    """Sorts a text that arrives in pieces into (answer, thinking)."""

    def __init__(self) -> None:
        self._pending = ""
        self._end = ""
        self._is_answer = False
        self._has_thought = False

    def feed(self, piece: str) -> tuple[str, str]:
        """What of the text so far is answer, and what thinking."""
        if self._is_answer:
            return piece, ""
        self._pending += piece
        thinking = ""
        while True:
            if not self._end and not self._opens():
                break
            before, closing, after = self._pending.partition(self._end)
            if not closing:
                kept = _half(self._pending, self._end)
                cut = len(self._pending) - kept
                thinking, self._pending = thinking + self._pending[:cut], self._pending[cut:]
                return "", thinking
            thinking += before
            self._pending, self._end = after, ""
        return self._answer(), thinking

    def rest(self) -> tuple[str, str]:
        """What was waiting when the text ended; thinking that was never closed stays thinking."""
        pending, self._pending = self._pending, ""
        if self._end:
            return "", pending
        return (pending.lstrip() if self._has_thought else pending), ""

    def _opens(self) -> bool:
        """Whether an opening tag comes now; it is taken off."""
        text = self._pending.lstrip()
        for mark in BETWEEN if self._has_thought else ():
            text = text.removeprefix(mark)
        for start, end in TAGS.items():
            if text.startswith(start):
                self._pending, self._end, self._has_thought = text[len(start) :], end, True
                return True
        return False

    def _answer(self) -> str:
        """The first words of the answer, once it is sure that no tag begins with them."""
        text = self._pending.lstrip()
        marks = (*TAGS, "".join(BETWEEN)) if self._has_thought else tuple(TAGS)
        if not text or any(mark.startswith(text) for mark in marks):
            return ""
        if self._has_thought:
            for mark in BETWEEN:
                self._pending = text = text.removeprefix(mark)
        answer, self._pending, self._is_answer = self._pending, "", True
        return answer.lstrip() if self._has_thought else answer


def split_closing_tag(text: str) -> tuple[str, str]:
    """(answer, thinking) of a whole text in which a closing tag stands alone."""
    found = CLOSING_ALONE.match(text)
    if found is None or "```" in found[1]:
        return text, ""
    return text[found.end() :].lstrip(), found[1]


def _half(text: str, tag: str) -> int:
    """How many characters at the end may be the beginning of the tag."""
    return next((size for size in range(min(len(tag) - 1, len(text)), 0, -1) if text.endswith(tag[:size])), 0)
