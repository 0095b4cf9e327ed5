"""How well the right text is found on small labelled sets: by meaning, by words, and by both together.

How the two are fused was chosen on the first set; the others show what that is worth on texts of other kinds. The last
one is of skills. Nothing chooses among an agent's skills before its model does: the prompt names all of them, and what
is measured is how a search would have ranked them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType

import pytest

from agents.knowledge import ingest as knowledge_ingest
from agents.knowledge import search as knowledge_search
from agents.knowledge.search import Asked, Scope, Way
from agents.models import Document
from agents.tests import retrieval_held_out, retrieval_set, skill_set
from automatos.skill_format.catalogue import catalogue_text, offered
from automatos.skill_format.skill import Skill, tokens
from workspaces.models import User, Workspace
from workspaces.services import create_workspace

pytestmark = pytest.mark.django_db

WAYS: tuple[Way, ...] = ("meaning", "words", "fused")


@dataclass
class Score:
    """first, fifth: share of questions whose passage came first, or among five; mrr: mean of 1 / place."""

    first: float
    fifth: float
    mrr: float


def handbook(passages: Mapping[str, tuple[str, str]]) -> Workspace:
    """The passages as one document, each under its heading."""
    owner = User.objects.create_user("hanna@example.org")
    workspace = create_workspace(name="Norwind", owner=owner)
    text = "\n\n".join(f"# {heading}\n{passage}" for heading, passage in passages.values())
    document = Document.objects.create(workspace=workspace, title="Handbook", kind="paste", text=text)
    knowledge_ingest.run_read(workspace.pk, document.pk)
    document.refresh_from_db()
    assert (document.status, document.chunk_count) == ("ready", len(passages)), document.error
    return workspace


def measured(labelled: ModuleType, scope: Scope, asked: Sequence[Asked], way: Way) -> Score:
    places = []
    for (key, _), query in zip(labelled.QUESTIONS, asked, strict=True):
        hits = knowledge_search.search(scope, query, 20, way)
        found = [hit.text for hit in hits]
        right = labelled.PASSAGES[key][1].replace(". ", ".\n")
        places.append(found.index(right) + 1 if right in found else None)
    number = len(places)
    return Score(
        sum(place == 1 for place in places) / number,
        sum(place is not None and place <= 5 for place in places) / number,
        sum(1 / place for place in places if place) / number,
    )


@pytest.mark.parametrize(
    ("labelled", "least"),
    [
        (retrieval_set, Score(0.7, 0.88, 0.79)),
        (retrieval_held_out, Score(0.63, 0.88, 0.75)),
        (skill_set, Score(0.5, 0.7, 0.6)),
    ],
)
def test_meaning_and_words_together_find_at_least_what_either_finds(labelled: ModuleType, least: Score) -> None:
    scope = knowledge_search.scope_of(handbook(labelled.PASSAGES).pk)
    asked = [knowledge_search.asked(question, scope) for _, question in labelled.QUESTIONS]
    scores = {way: measured(labelled, scope, asked, way) for way in WAYS}
    print(f"\n{labelled.__name__}: {len(labelled.QUESTIONS)} questions, {len(labelled.PASSAGES)} passages")
    for way, score in scores.items():
        print(f"{way:8} recall@1 {score.first:.3f}  recall@5 {score.fifth:.3f}  MRR {score.mrr:.3f}")
    fused = scores.pop("fused")
    for kind in ("first", "fifth", "mrr"):
        assert getattr(fused, kind) >= max(getattr(least, kind), *(getattr(one, kind) for one in scores.values()))


def test_each_of_a_hundred_skills_is_named_in_the_prompt_with_its_whole_summary() -> None:
    skills = [Skill(name=name, description=summary, body="Steps.") for name, summary in skill_set.PASSAGES.values()]
    text = catalogue_text(skills)
    right = {skill_set.PASSAGES[key] for key, _ in skill_set.QUESTIONS}
    there = [name for name, summary in right if f"- {name}: {summary}\n" in text]
    print(f"\n{len(offered(skills))} skills, {tokens(text):,} tokens; right one named: {len(there)} of {len(right)}")
    assert len(there) == len(right) == 30
    assert tokens(text) < 4_000
