"""How the kinds of steps without an agent look."""

from recipes.models import StepKind

# In place of the agent's face.
KIND_ICONS: dict[str, str] = {
    StepKind.CONDITION: "split",
}
