"""The nine stages of a workflow's run: their names, their numbers, and what of them a person may change."""

from dataclasses import dataclass
from typing import Literal

OnError = Literal["abort", "skip", "retry"]
ON_ERROR: tuple[OnError, ...] = ("abort", "skip", "retry")


@dataclass(frozen=True, slots=True)
class StageName:
    """A stage. key: as programs and steps name it. about: what it does, in a sentence.

    has_prompt: a model may be asked in it, with a prompt that a person can change.
    """

    number: int
    key: str
    label: str
    about: str
    has_prompt: bool = False
    on_error: OnError = "abort"


DECOMPOSITION, SELECTION, CONTEXT, EXECUTION = (
    "task_decomposition",
    "agent_selection",
    "context_engineering",
    "agent_execution",
)
AGGREGATION, LEARNING, QUALITY, MEMORY, RESPONSE = (
    "result_aggregation",
    "learning_update",
    "quality_assessment",
    "memory_storage",
    "response_generation",
)
STAGES = (
    StageName(1, DECOMPOSITION, "Task Decomposition", "The goal becomes subtasks, each with what it waits for.", True),
    StageName(2, SELECTION, "Agent Selection", "Each subtask gets the agent that fits it best."),
    StageName(
        3, CONTEXT, "Context Engineering", "Documents, lessons and memories are found for each subtask.", False, "skip"
    ),
    StageName(4, EXECUTION, "Agent Execution", "The agents work on the subtasks, at once where they can."),
    StageName(5, AGGREGATION, "Result Aggregation", "The results of the subtasks become one report.", True),
    StageName(6, LEARNING, "Learning Update", "What the run teaches is noted.", False, "skip"),
    StageName(7, QUALITY, "Quality Assessment", "The run is measured in five dimensions.", False, "skip"),
    StageName(8, MEMORY, "Memory Storage", "What was learned is remembered for later runs.", False, "skip"),
    StageName(9, RESPONSE, "Response Generation", "The goal is answered, with sources.", True),
)
STAGE = {stage.key: stage for stage in STAGES}
# What a dry run does.
PLANNED = (DECOMPOSITION, SELECTION)
