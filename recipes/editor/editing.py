"""What a press of a button in the editor does: the part is kept as it was typed, then the order is carried out."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse

from automatos.checking import Problems
from automatos.errors import InvalidInput
from recipes.editor import body as bodies
from recipes.editor import files_services as files
from recipes.editor import moves, trying_services
from recipes.editor import services as drafts
from recipes.editor.basics_forms import read_basics, read_settings
from recipes.editor.forms import read_step
from recipes.editor.page import START
from recipes.editor.services import Writing
from recipes.models import Recipe
from recipes.triggers import config_services as starts
from recipes.triggers.config_shape import MANUAL
from recipes.validation import MOST_STEPS
from workspaces.models import User
from workspaces.scope.permissions import Access

# Orders that change where steps stand: how, and in words for undo.
MOVES: dict[str, tuple[Callable[..., moves.Moved], str]] = {
    "copy": (moves.copy, "duplicated a step"),
    "remove": (moves.remove, "removed a step"),
    "up": (moves.up, "moved a step up"),
    "down": (moves.down, "moved a step down"),
    "drop": (moves.drop, "moved a step"),
}
PART_WORDS = {"basics": "changed the basics", "settings": "changed the settings"}


def without_starts(body: bodies.Body) -> bodies.Body:
    """The draft without a word of what starts the recipe, which leaves that as it is."""
    return {name: value for name, value in body.items() if name != bodies.STARTS}


class Editing:
    """One POST of the editor. step: which part the page shows afterwards; said: what to tell the person."""

    def __init__(self, recipe: Recipe, user: User, post: QueryDict, access: Access) -> None:
        self.recipe, self.user, self.post, self.access = recipe, user, post, access
        self.step = post.get("step", "")
        self.said = ""
        self.query: dict[str, str] = {}
        self.published: Recipe | None = None
        self.secrets: Mapping[str, str] = {}

    @property
    def order(self) -> str:
        """The button's command."""
        return self.post.get("do", "")

    def save(self) -> None:
        """Keep the part that was sent. Raises PartConflict where somebody else wrote it meanwhile."""
        part = self.post.get("part", "")
        if not part:
            return
        body = drafts.body_now(self.recipe, drafts.draft_of(self.recipe))
        if bodies.part(body, part) is None:
            return
        sent = self.post.get("sent", "")
        writing = Writing(
            user=self.user,
            was="" if self.order == "overwrite" else self.post.get("was", ""),
            page=self.post.get("page", "").replace("\x00", "")[:60],
            sent=int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 10 else 0,
            what=PART_WORDS.get(part) or f"changed step {bodies.place_of(body, part.removeprefix('step:')) + 1}",
        )
        drafts.save_part(recipe=self.recipe, part=part, values=self.typed(body), writing=writing)

    def typed(self, body: bodies.Body) -> dict[str, Any]:
        """The part's values as they were sent."""
        part = self.post.get("part", "")
        if part == "basics":
            return read_basics(self.post)
        now = bodies.part(body, part) or {}
        return read_settings(now, self.post) if part == "settings" else read_step(now, self.post)

    def carry_out(self) -> None:
        """Do what the button says. Raises AppError where it cannot be done."""
        name, _, rest = self.order.partition(":")
        words = rest.split(":")
        if name in MOVES:
            self._move(name, words)
        elif name in ("add", "add-in"):
            self._add(name, words)
        elif name in ("entry-add", "entry-remove") and words[0] in bodies.SCHEMAS:
            self._entry(name, words)
        elif name == "cure" and len(words) == 2:
            self._change(lambda body: (moves.cure(body, self.step, *words), self.step), "corrected a name")
        elif name in ("undo", "redo"):
            what = drafts.undo(recipe=self.recipe, user=self.user, back=name == "undo")
            self.said = (
                f"{'Taken back' if name == 'undo' else 'Made again'}: {what}." if what else "There is nothing more."
            )
        else:
            self._act(name)

    def _act(self, name: str) -> None:
        if name == "publish":
            over = self.post.get("over", "")
            self.published, self.secrets = starts.publish(
                recipe=self.recipe, user=self.user, access=self.access, changelog=self.post.get("changelog", ""),
                over=int(over) if over.isascii() and over.isdigit() and len(over) < 9 else None,
            )  # fmt: skip
        elif name == "discard":
            drafts.discard_draft(recipe=self.recipe, user=self.user)
            self.said = "The draft is gone; this is what is published."
        elif name == "code":
            self._code()
        elif name == "keep-starts":
            self._change(lambda body: (without_starts(body), self.step), "left out what starts the recipe")
            self.said = "The draft leaves what starts the recipe as it is."
        elif name == "try":
            trying_services.start_trial(recipe=self.recipe, user=self.user, step_id=self.step, values=self._values())
        elif name in ("pin", "unpin"):
            values = self._values() if name == "pin" else {}
            trying_services.pin(recipe=self.recipe, user=self.user, values=values)
            self.said = (
                "These values are kept for trials." if values else "Trials take the values of the last run again."
            )

    def _values(self) -> dict[str, str]:
        """What was typed for the names of the prompt."""
        prefix = "value-"
        values = {name.removeprefix(prefix): str(self.post[name]) for name in self.post if name.startswith(prefix)}
        problems = Problems()
        problems.json("values", values)
        problems.raise_any()
        return values

    def _move(self, name: str, words: list[str]) -> None:
        move, what = MOVES[name]
        arguments = words[: 2 if name == "drop" else 1]
        if name == "drop" and len(arguments) < 2:
            raise InvalidInput("Drop the step on another one.")
        self._change(lambda body: move(body, *arguments), what)

    def _add(self, name: str, words: list[str]) -> None:
        kind, *rest = words
        if name == "add-in" and len(rest) == 2:
            self._change(lambda body: moves.add(body, kind, under=rest[0], branch=rest[1]), "added a step")
        else:
            self._change(lambda body: moves.add(body, kind, after=self.step), "added a step")

    def _entry(self, name: str, words: list[str]) -> None:
        kind = words[0]
        if name == "entry-add":
            add = moves.entry_add(kind)
            self._change(lambda body: (add(body), START), f"added an {kind.removesuffix('s')}")
        elif len(words) > 1 and words[1].isascii() and words[1].isdigit():
            place = int(words[1][:6])
            what = f"removed an {kind.removesuffix('s')}"
            self._change(lambda body: (moves.entry_remove(body, kind, place), START), what)

    def _change(self, change: Callable[[bodies.Body], moves.Moved], what: str) -> None:
        body = drafts.body_now(self.recipe, drafts.draft_of(self.recipe))
        changed, self.step = change(body)
        if len(changed["steps"]) > MOST_STEPS:
            raise InvalidInput(f"A recipe has at most {MOST_STEPS} steps.")
        drafts.replace_body(recipe=self.recipe, body=changed, writing=Writing(user=self.user, what=what))

    def _code(self) -> None:
        body, _ = files.read_code(self.recipe.workspace, self.post.get("yaml", "").replace("\r\n", "\n"))
        live = starts.file_config(self.recipe)
        if live and not body.get(bodies.STARTS):  # it was shown, and is gone from the text
            body[bodies.STARTS] = {"type": MANUAL}
        if starts.is_live(self.recipe, body.get(bodies.STARTS) or {}):
            body = without_starts(body)
        drafts.replace_body(recipe=self.recipe, body=body, writing=Writing(user=self.user, what="changed the code"))
        self.said = "The draft reads as the code says."

    def address(self) -> str:
        """Where the editor goes on."""
        view = {"view": self.post["view"]} if self.post.get("view") else {}
        step = {"step": self.step} if self.step else {}
        path = reverse("recipe_edit", args=[self.recipe.workspace.slug, self.recipe.template_id])
        return f"{path}?{urlencode({**step, **view, **self.query})}"
