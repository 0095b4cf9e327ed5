"""What stands in an agent's prompt of its apps: the names of the dozen actions that fit the task, and what they take.

Names alone, letters and digits: nothing of it is prose that somebody outside wrote, so reading it makes no call wait
for a person. What actions do in their apps' own words comes by `find_app_action`, and taints.
"""

import re
from collections.abc import Sequence
from uuid import UUID

from tools.hints.service import ComposioHintService, Hint

ACTION, PARAMETER = (
    re.compile(r"[A-Za-z0-9_]{1,100}"),
    re.compile(r"[A-Za-z0-9_.-]{1,40} \([a-z ,]{1,60}\)|[0-9]+ more"),
)
INTRODUCTION = (
    "Apps: these actions fit the task, the best first. Carry one out with use_app_action; describe what else you need "
    "to find_app_action."
)


def brief(workspace_id: UUID, agent_id: UUID, task: str) -> str:
    """The lines for the agent's system prompt; empty where no action of its apps fits, or it has none."""
    return told(ComposioHintService(workspace_id, agent_id).hint(task).hints)


def told(hints: Sequence[Hint]) -> str:
    """These hints without a word of others."""
    lines = [_line(hint) for hint in hints if ACTION.fullmatch(hint.action)]
    return "\n".join([INTRODUCTION, *lines]) if lines else ""


def _line(hint: Hint) -> str:
    takes = [one for one in hint.parameters if PARAMETER.fullmatch(one)]
    return f"- {hint.action}{': ' if takes else ''}{', '.join(takes)}"
