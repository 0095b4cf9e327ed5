"""Changes: the draft of a recipe, kept as it is typed, and publishing it.

A recipe has one draft, which everybody who may edit it shares. It is written part by part (basics, settings, each
step), and a part carries a digest of what the writer had seen of it: where somebody else wrote meanwhile, nothing is
overwritten. Publishing makes the draft the recipe's next version; runs and schedules go on with what is published.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from agents.models import Agent
from automatos.checking import Problems
from automatos.errors import Conflict, InvalidInput, NotFound
from automatos.fields import number, whole
from automatos.ids import as_uuid
from automatos.rows import added
from automatos.slugs import candidates, insert_with_slug
from recipes import services
from recipes.editor import body as bodies
from recipes.editor.body import Body
from recipes.models import Recipe, RecipeDraft
from recipes.quality.suggestion_services import follow_draft
from recipes.queries import recipes_of
from recipes.services import RecipeInput
from recipes.validation import NO_SUCH_AGENT, StepInput, body_of
from workspaces.audit import log as audit
from workspaces.limits import plans
from workspaces.models import User, Workspace

LONGEST = 4_000_000
# Undo goes back so far.
MOST_UNDO, LONGEST_UNDO = 30, 2_000_000
# Changes of one part by one person within so many seconds are undone together.
TOGETHER = 20
NUMBERS = {"max_retries": whole, "max_iterations": whole, "timeout": number}
USUAL_ITERATIONS = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """Who writes and what they had seen. was: the digest of the part; page, sent: which page, and the number it gave.

    what: in words what is done, for undo: "changed the prompt of step 4".
    """

    user: User | None
    was: str = ""
    page: str = ""
    sent: int = 0
    what: str = "changed the recipe"


class PartConflict(Conflict):
    """Somebody else wrote the same part meanwhile. theirs: the part as it is now; who, when: of their writing."""

    def __init__(self, theirs: Any, who: str, when: str) -> None:
        super().__init__(
            f"{who or 'Somebody'} changed this meanwhile. Nothing was overwritten.", code="changed_meanwhile"
        )
        self.theirs, self.who, self.when = theirs, who, when


def published_body(recipe: Recipe) -> Body:
    """What is published, as a body; blank where nothing is."""
    if recipe.version == 0:
        return {**bodies.blank(), "name": "" if recipe.name == bodies.UNTITLED else recipe.name}
    return bodies.of_saved(body_of(recipe, list(recipe.steps.all())))


def draft_of(recipe: Recipe) -> RecipeDraft | None:
    """The recipe's draft with who wrote it last; None where there is none."""
    return RecipeDraft.objects.select_related("updated_by").filter(recipe=recipe).first()


def body_now(recipe: Recipe, draft: RecipeDraft | None) -> Body:
    """What an editor shows: the draft, or what is published."""
    return dict(json.loads(draft.body)) if draft else published_body(recipe)


@transaction.atomic
def create_unpublished(*, workspace: Workspace, user: User | None, body: Body) -> Recipe:
    """A recipe at version 0 with this draft. It is in the list, and cannot be cooked before it is published."""
    plans.require_room(workspace, "recipes", recipes_of(workspace).count)
    _check_agents(workspace.pk, body)
    text = _as_text(body)
    name = _name_of(body)

    def create(slug: str) -> Recipe | None:
        recipe = Recipe(
            workspace=workspace, template_id=slug, name=name, version=0, created_by=user,
            description=str(body.get("description") or "")[:10_000],
        )  # fmt: skip
        return added(recipe)

    recipe = insert_with_slug(create, name=name, longest=80, otherwise="recipe", reserved=services.RESERVED)
    RecipeDraft.objects.create(recipe=recipe, workspace=workspace, body=text, base_version=0, updated_by=user)
    audit.record_row("recipe.drafted", recipe, after={"name": name})
    return recipe


@transaction.atomic
def save_part(*, recipe: Recipe, part: str, values: Mapping[str, Any], writing: Writing) -> RecipeDraft:
    """The draft with this part as typed, right or wrong.

    Raises PartConflict when another page wrote the part since `writing.was`; NotFound when the part is gone. A sending
    that a later one of the same page overtook changes nothing.
    """
    draft = opened(recipe, writing.user)
    body = json.loads(draft.body)
    now = bodies.part(body, part)
    if now is None:
        raise NotFound("This step was removed meanwhile.")
    last = draft.touched.get(part, {})
    if writing.page and last.get("page") == writing.page:
        if writing.sent and writing.sent <= last.get("sent", 0):
            return draft
    elif writing.was and writing.was != bodies.digest(now):
        raise PartConflict(now, str(last.get("who", "")), str(last.get("at", "")))
    changed = bodies.with_part(body, part, values)
    if changed == body:
        return draft
    return _keep(draft, changed, writing, part=part)


@transaction.atomic
def replace_body(*, recipe: Recipe, body: Body, writing: Writing, revision: int | None = None) -> RecipeDraft:
    """The draft as a whole. revision: the one it was made from; Conflict when the draft is at another."""
    draft = opened(recipe, writing.user)
    if revision is not None and revision != draft.revision:
        raise Conflict(
            f"The draft of {recipe.name} is at revision {draft.revision}, and this change was made from {revision}. "
            "Load it again."
        )
    return _keep(draft, body, writing) if json.loads(draft.body) != body else draft


@transaction.atomic
def undo(*, recipe: Recipe, user: User | None, back: bool = True) -> str:
    """One change taken back, or made again where `back` is false; in words what it was, empty where there is none."""
    draft = _locked(recipe)
    if draft is None:
        return ""
    names = ("past", "future") if back else ("future", "past")
    here, there = (json.loads(getattr(draft, name)) for name in names)
    if not here:
        return ""
    entry = here.pop()
    there.append({**entry, "body": draft.body})
    setattr(draft, names[0], json.dumps(here))
    setattr(draft, names[1], json.dumps(_bounded(there)))
    _write(draft, entry["body"], user)
    follow_draft(recipe, published_body(recipe)["steps"], json.loads(draft.body)["steps"], user=user)
    return str(entry["what"])


@transaction.atomic
def discard_draft(*, recipe: Recipe, user: User | None) -> None:
    """The draft away: the editor begins from what is published again. An unpublished recipe keeps its draft."""
    draft = _locked(recipe)
    if draft is None:
        return
    if recipe.version == 0:
        raise Conflict("Nothing of this recipe is published yet, so its draft is all there is. Delete the recipe.")
    draft.delete()
    steps = published_body(recipe)["steps"]
    follow_draft(recipe, steps, steps, user=user)
    audit.record_row("recipe.draft_discarded", recipe, before={"revision": draft.revision})


@transaction.atomic
def publish(*, recipe: Recipe, user: User | None, changelog: str = "", over: int | None = None) -> Recipe:
    """The draft as the recipe's next version; the draft is gone then.

    Raises InvalidInput with every problem, by the fields of the API; Conflict when somebody published since the draft
    began, unless `over` names the version that is known and shall be followed.
    """
    draft = _locked(recipe)
    if draft is None:
        raise Conflict("There is no draft to publish: nothing was changed since the last version.", code="no_draft")
    body = json.loads(draft.body)
    problems = Problems()
    for field, text in bodies.doubles(body):
        problems.add(field, text)
    problems.raise_any()
    data = as_input(body)
    expected = over if over is not None else draft.base_version
    is_first = recipe.version == 0
    before = published_body(recipe)["steps"]
    saved = services.update_recipe(
        recipe=recipe, user=user, data=data, changelog=changelog or ("Created" if is_first else ""),
        expected_version=expected,
    )  # fmt: skip
    follow_draft(recipe, before, body["steps"], user=user, version=saved.version)
    draft.delete()
    if is_first and not data.template_id:
        _rename(saved)
    return saved


def as_input(body: Body) -> RecipeInput:
    """The body as services take it. What is not of the right kind is passed on so that they refuse it by name."""
    saved = bodies.to_saved(body)
    steps = [_step_input(step, key) for step, key in zip(saved["steps"], bodies.output_keys(body), strict=True)]
    texts = {name: _words(saved[name]) for name in bodies.TEXTS}
    tags = [_words(tag) for tag in saved["tags"]]
    return RecipeInput(
        **{**texts, "template_id": texts["template_id"].strip()}, tags=tags, inputs=saved["inputs"],
        outputs=saved["outputs"], execution_config=saved["execution_config"], steps=steps,
    )  # fmt: skip


def _step_input(step: Mapping[str, Any], key: str) -> StepInput:
    given = {name: value for name, value in step.items() if value not in (None, "")}
    agent_id = as_uuid(given.pop("agent_id", ""))
    for name, read in NUMBERS.items():
        if isinstance(given.get(name), (str, bool)):
            given[name] = read(str(given[name]))
    texts = ("prompt_template", "kind", "under", "branch", "step_id", "name", "error_handling")
    given |= {name: _words(given[name]) for name in texts if name in given}
    given.setdefault("max_iterations", USUAL_ITERATIONS)
    return StepInput(**{**given, "agent_id": agent_id, "output_key": key})


def _words(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


def _name_of(body: Body) -> str:
    return _words(body.get("name")).strip()[:160] or bodies.UNTITLED


def _is_taken(workspace: Workspace, slug: str) -> bool:
    return Recipe.objects.filter(workspace=workspace, template_id=slug, deleted_at=None).exists()


def _locked(recipe: Recipe) -> RecipeDraft | None:
    services.lock_recipe(recipe)
    return RecipeDraft.objects.select_for_update(of=("self",)).filter(recipe=recipe).first()


def opened(recipe: Recipe, user: User | None) -> RecipeDraft:
    """The draft, ours until the transaction ends; a new one of what is published where there is none."""
    draft = _locked(recipe)
    if draft is not None:
        return draft
    fresh = services.lock_recipe(recipe)
    return RecipeDraft.objects.create(
        recipe=fresh, workspace_id=fresh.workspace_id, body=_as_text(published_body(fresh)), updated_by=user,
        base_version=fresh.version,
    )  # fmt: skip


def _keep(draft: RecipeDraft, body: Body, writing: Writing, *, part: str = "") -> RecipeDraft:
    """The new body, and the old one for undo; several changes of one part shortly after one another are one."""
    _check_agents(draft.workspace_id, body)
    text, now = _as_text(body), timezone.now()
    past: list[dict[str, Any]] = json.loads(draft.past)
    last = past[-1] if past else {}
    by = str(writing.user.pk) if writing.user else ""
    goes_on = part and last.get("part") == part and last.get("by") == by
    if not (goes_on and now.timestamp() - last.get("at", 0) < TOGETHER):
        past.append({"what": writing.what, "part": part, "by": by, "body": draft.body})
    past[-1]["at"] = now.timestamp()
    draft.past, draft.future = json.dumps(_bounded(past)), "[]"
    if part:
        who = writing.user.display_name if writing.user else ""
        draft.touched[part] = {
            "by": by, "who": who, "at": now.isoformat(), "page": writing.page, "sent": writing.sent,
        }  # fmt: skip
    _write(draft, text, writing.user)
    return draft


def _check_agents(workspace_id: UUID, body: Body) -> None:
    """InvalidInput for an agent that never was one of this workspace; a deleted one may stay until it is replaced."""
    named: dict[str, int] = {}
    for place, step in enumerate(body["steps"]):
        if step.get("agent_id"):
            named.setdefault(str(step["agent_id"]), place)
    known = {
        str(pk) for pk in Agent.objects.filter(workspace=workspace_id, pk__in=uuids(named)).values_list("pk", flat=True)
    }
    wrong = {f"steps.{place}.agent_id": [NO_SUCH_AGENT] for key, place in named.items() if key not in known}
    if wrong:
        raise InvalidInput(NO_SUCH_AGENT, fields=wrong)


def uuids(texts: Iterable[str]) -> list[UUID]:
    """Those of the texts that are ids."""
    return [key for text in texts if (key := as_uuid(text))]


def _write(draft: RecipeDraft, text: str, user: User | None) -> None:
    draft.body, draft.updated_by, draft.updated_at = text, user, timezone.now()
    draft.revision += 1
    draft.save(update_fields=["body", "past", "future", "touched", "revision", "updated_by", "updated_at"])
    recipe = draft.recipe
    if recipe.version == 0:
        body = json.loads(text)
        recipe.name, recipe.description = _name_of(body), _words(body.get("description"))[:10_000]
        recipe.save(update_fields=["name", "description", "updated_at"])


def _bounded(entries: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The newest of them, as many as undo keeps."""
    kept: list[dict[str, Any]] = []
    room = LONGEST_UNDO
    for entry in reversed(entries[-MOST_UNDO:]):
        room -= len(entry["body"])
        if kept and room < 0:
            break
        kept.insert(0, entry)
    return kept


def _as_text(body: Body) -> str:
    """The body as the row keeps it; InvalidInput for what no database holds."""
    problems = Problems()
    problems.json("draft", body)
    problems.raise_any()
    text = json.dumps(body, ensure_ascii=False)
    if len(text) > LONGEST:
        raise InvalidInput(
            f"The draft has {len(text):,} characters; {LONGEST:,} are kept.",
            fields={"draft": [f"Shorten it to {LONGEST:,} characters."]},
        )
    return text


def _rename(recipe: Recipe) -> None:
    """The address of a recipe that is published for the first time, after its name."""

    def move(slug: str) -> Recipe:
        recipe.template_id = slug
        recipe.save(update_fields=["template_id"])
        return recipe

    def taken(slug: str) -> bool:
        return slug != recipe.template_id and _is_taken(recipe.workspace, slug)

    named: Any = {"name": recipe.name, "longest": 80, "otherwise": "recipe", "reserved": services.RESERVED}
    if not _says_its_name(recipe, next(candidates(**named))):
        insert_with_slug(move, taken=taken, **named)


def _says_its_name(recipe: Recipe, base: str) -> bool:
    """Whether its address is its name with a number, or a random end, as others have those before it."""
    ends = re.compile(rf"{re.escape(base[:73])}.{{0,7}}-([2-6]|[0-9a-f]{{6}})")
    return bool(ends.fullmatch(recipe.template_id)) and _is_taken(recipe.workspace, base)
