"""The names of models as people write them."""

from agents.model_choice.catalogue import cards
from automatos.checking import Problems
from automatos.errors import InvalidInput
from automatos.llm.registry import LABELS
from workspaces.credentials.provider_keys import server_names
from workspaces.models import Workspace

LONGEST = 160


def checked_model(workspace: Workspace, name: str, field: str = "model") -> str:
    """The name, when answers may come from it; empty for the agent's own. Raises InvalidInput with the cure."""
    if not name:
        return ""
    provider, _, model = name.partition(":")
    known = [*LABELS, *server_names(workspace.pk)]
    if provider not in known or not model or len(name) > LONGEST:
        text = f"{name[:60]!r} is not a model. Write provider:model with one of {', '.join(known)}."
        raise InvalidInput(text, fields={field: [text]})
    cure = next((card.cure for card in cards(workspace) if card.name == name and not card.ready), "")
    if cure:
        raise InvalidInput(f"{name} cannot answer. {cure}", fields={field: [f"{name} cannot answer. {cure}"]})
    return name


def problems_of_model(workspace: Workspace, name: str, field: str, problems: Problems) -> None:
    """Note what hinders answers from this model."""
    try:
        checked_model(workspace, name, field)
    except InvalidInput as error:
        problems.add(field, error.message)
