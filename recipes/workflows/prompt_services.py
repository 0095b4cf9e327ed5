"""The prompts of the stages that ask a model, as a workspace words them."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction

from automatos.checking import Problems
from recipes.models import StagePrompt
from recipes.workflows.names import AGGREGATION, DECOMPOSITION, RESPONSE, STAGE, STAGES, StageName
from recipes.workflows.planning import DEFAULT_PROMPT, MOST_SUBTASKS
from recipes.workflows.services import LONGEST_PROMPT
from recipes.workflows.stages.answering import ANSWER_PROMPT, REPORT_PROMPT
from workspaces.audit import log as audit
from workspaces.models import User, Workspace

# What is sent where nobody wrote anything else. The goal, the capabilities, the results and the form of the answer are
# joined to it in any case.
USUAL = {
    DECOMPOSITION: DEFAULT_PROMPT.format(most=MOST_SUBTASKS).strip(),
    AGGREGATION: REPORT_PROMPT,
    RESPONSE: ANSWER_PROMPT,
}


@dataclass(frozen=True, slots=True)
class Worded:
    """A stage that asks a model. prompt: the workspace's words, empty for the usual ones."""

    stage: StageName
    prompt: str
    usual: str


def prompts_of(workspace: Workspace) -> dict[str, str]:
    """The workspace's words by stage; stages with the usual ones are left out."""
    rows = StagePrompt.objects.filter(workspace=workspace, stage__in=list(USUAL))
    return dict(rows.values_list("stage", "prompt"))


def worded(workspace: Workspace) -> list[Worded]:
    """Every stage that asks a model, in order."""
    own = prompts_of(workspace)
    return [Worded(one, own.get(one.key, ""), USUAL[one.key]) for one in STAGES if one.has_prompt]


@transaction.atomic
def set_prompts(*, workspace: Workspace, user: User, prompts: Mapping[str, str]) -> dict[str, str]:
    """The workspace's words after these were taken over, by stage. An empty text goes back to the usual words.

    Stages that are not named keep theirs. Runs under way go on as they began. Raises InvalidInput with the stages.
    """
    problems, kept = Problems(), {}
    for key, text in prompts.items():
        stage = STAGE.get(key)
        if stage is None:
            problems.add(key[:60], f"There is no such stage. There are: {', '.join(USUAL)}.")
        elif not stage.has_prompt:
            problems.add(key, "No model is asked in this stage, so it has no prompt.")
        else:
            kept[key] = problems.text(key, text.replace("\r\n", "\n"), longest=LONGEST_PROMPT)
    problems.raise_any()
    before = prompts_of(workspace)
    for key, text in kept.items():
        if text and text != USUAL[key]:
            if before.get(key) != text:
                StagePrompt.objects.update_or_create(
                    workspace=workspace, stage=key, defaults={"prompt": text, "edited_by": user}
                )
        else:
            StagePrompt.objects.filter(workspace=workspace, stage=key).delete()
    after = prompts_of(workspace)
    if after != before:
        target = ("workspace", workspace.pk, workspace.name)
        audit.record("workflow.prompts_changed", workspace_id=workspace.pk, target=target, before=before, after=after)
    return after
