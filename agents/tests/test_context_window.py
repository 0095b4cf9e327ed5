"""A long conversation is made to fit by shortening what tools said long ago, and nothing else."""

from agents.context_window import fitted
from automatos.llm.parts import ToolCall, ToolResult
from automatos.llm.types import Message


def conversation(rounds: int) -> list[Message]:
    messages = [Message("system", "Be brief."), Message("user", "Go.")]
    for number in range(rounds):
        messages.append(Message("assistant", [ToolCall(f"c{number}", "web_fetch", {})]))
        messages.append(Message("tool", [ToolResult(f"c{number}", f"{number} " + "word " * 2000)]))
    return messages


def test_what_fits_is_sent_as_it_is() -> None:
    messages = conversation(3)
    assert fitted(messages, 100_000, ()) == tuple(messages)


def test_the_oldest_results_are_shortened_first_and_the_last_one_never() -> None:
    messages = conversation(4)
    sent = fitted(messages, 8_000, ())
    lengths = [len(message.content) for message in sent if message.role == "tool"]
    assert lengths[0] < 1000
    assert lengths[-1] == len(messages[-1].content)
    assert "characters left out" in sent[3].content
    assert [message for message in sent if message.role != "tool"] == [one for one in messages if one.role != "tool"]


def test_it_changes_nothing_in_the_original() -> None:
    messages = conversation(4)
    fitted(messages, 1_000, ())
    assert messages == conversation(4)
