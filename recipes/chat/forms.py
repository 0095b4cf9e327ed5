"""The forms of the playground: what is said, and what a conversation is called."""

from typing import Any
from uuid import UUID

from automatos.fields import TypedForm, choice_field, hidden_field, text_field
from recipes.chat.services import LONGEST_TITLE


class MessageForm(TypedForm):
    """What is said next."""

    message = text_field("Message", rows=4, placeholder="Ask it something", spellcheck="true")
    model = choice_field("Model for this answer", [])
    parent = hidden_field()
    # The files themselves come beside the form; this is where a problem with them is shown.
    attachments = text_field("Files")

    def __init__(self, models: list[tuple[str, str]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["model"].widget.choices = models

    @property
    def follows(self) -> UUID | None:
        """The answer it follows."""
        try:
            return UUID(self.text("parent"))
        except ValueError:
            return None


class TitleForm(TypedForm):
    """What a conversation is called."""

    title = text_field("Name of the conversation", autocomplete="off", maxlength=LONGEST_TITLE)
