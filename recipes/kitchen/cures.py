"""What somebody of the workspace can do about a step that failed: where to go, and what to do there."""

from dataclasses import dataclass

from recipes.models import ExecutionStep, StepKind


@dataclass(frozen=True, slots=True)
class Cure:
    """One way to mend it. route: the page it is done on, as the templates name it."""

    icon: str
    title: str
    text: str
    route: str


CREDENTIALS = "credentials"
AGENT = "agent"
RECIPE = "recipe"
APPS = "apps"
BY_CODE = {
    "model_key_refused": Cure("key-round", "Check the key", "Its provider refused it: replace it.", CREDENTIALS),
    "model_no_credit": Cure("credit-card", "Add credit, or another key", "Its account has none left.", CREDENTIALS),
    "model_not_configured": Cure("key-round", "Add a key for this model", "Its provider has none here.", CREDENTIALS),
    "model_not_found": Cure("bot", "Choose another model", "The provider knows none of this name.", AGENT),
    "model_refused": Cure("bot", "Change the prompt or the model", "The model declined to answer.", AGENT),
    "context_too_long": Cure("bot", "Choose a model that reads more", "The prompt does not fit into this one.", AGENT),
    "model_overloaded": Cure("bot", "Set a fallback model", "It is asked when the first one is overloaded.", AGENT),
    "model_rate_limited": Cure("list-restart", "Let it try again later", "Set its error handling to retry.", RECIPE),
    "model_timeout": Cure("timer", "Give the step more time", "Or let it try again.", RECIPE),
    "model_unavailable": Cure("list-restart", "Let the step try again", "Set its error handling to retry.", RECIPE),
    "not_connected": Cure("plug", "Connect the app", "Its account is missing or has to be renewed.", APPS),
}  # fmt: skip


def cures_of(step: ExecutionStep) -> list[Cure]:
    """The likely cure first, then what always helps."""
    code = str((step.error or {}).get("code") or "")
    found = [BY_CODE[code]] if code in BY_CODE else []
    if step.kind == StepKind.AGENT and not any(one.route == AGENT for one in found):
        found.append(Cure("pencil", "Edit the agent", "Its model, its prompt, its tools.", AGENT))
    if not any(one.route == RECIPE for one in found):
        found.append(Cure("list-tree", "Edit the recipe", "This step, or how it handles errors.", RECIPE))
    return found
